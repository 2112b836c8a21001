"""Digits as people type them: Persian and Arabic ones say the same as 0 to 9."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyspark.sql import Column

PERSIAN = "۰۱۲۳۴۵۶۷۸۹"
ARABIC = "٠١٢٣٤٥٦٧٨٩"
WESTERN = "0123456789"

# What people put between digits, and marks of writing direction that come along when they are copied.
BETWEEN = (
    " \t-()./\u00a0\u00ad\u200b\u200c\u200d\u200e\u200f\u2010\u2011\u2012\u2013\u2014\u202a\u202b\u202c"
    "\u202d\u202e\u202f\u2066\u2067\u2068\u2069\ufeff"
)


def western(raw: Column, without: str = "") -> Column:
    """The text with digits 0 to 9, and without these characters."""
    from pyspark.sql import functions as F

    return F.translate(raw, PERSIAN + ARABIC + without, WESTERN + WESTERN)
