"""How a readable chunk of a JSON dataset is written.

The client asks; unlike the reader (json_lines), this does not travel to Spark's workers.
"""

from __future__ import annotations

from collections.abc import Sequence

from include.spark_jobs import csv_layout
from include.spark_jobs.csv_lines import read_blocks, unpacked
from include.spark_jobs.json_lines import BEGINNING, Form, find_form

_IN_WORDS: dict[Form, str] = {"array": "JSON array", "lines": "JSON lines"}


def column_order(path: str, columns: Sequence[str]) -> list[str]:
    """The dataset's columns in the order in which a correction of a row has them, if it is CSV."""
    return csv_layout.column_order(path, columns) if _form(path, columns) == "csv" else list(columns)


def layout(path: str, columns: Sequence[str]) -> str:
    """How a readable chunk is written, in words: see csv_layout for CSV.

    Its keys are not told: in messy data they change from element to element.
    """
    form = _form(path, columns)
    return csv_layout.layout(path, columns) if form == "csv" else _IN_WORDS[form]


def _form(path: str, columns: Sequence[str]) -> Form:
    beginning = bytearray()
    for block in unpacked(read_blocks(path, BEGINNING)):
        beginning += block
        if len(beginning) >= BEGINNING:
            break
    return find_form(bytes(beginning[:BEGINNING]), columns)
