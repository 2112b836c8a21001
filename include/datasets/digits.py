"""Digits as people type them: Persian and Arabic ones say the same as 0 to 9."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyspark.sql import Column

PERSIAN = "۰۱۲۳۴۵۶۷۸۹"
ARABIC = "٠١٢٣٤٥٦٧٨٩"
WESTERN = "0123456789"


def western(raw: Column, without: str = "") -> Column:
    """The text with digits 0 to 9, and without these characters."""
    from pyspark.sql import functions as F

    return F.translate(raw, PERSIAN + ARABIC + without, WESTERN + WESTERN)
