"""How a readable CSV chunk is written: the order of its columns, its header, its quotes.

The client asks; unlike the splitter (csv_lines), this does not travel to Spark's workers.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence

from include.spark_jobs.csv_lines import BOM, Layout, find_layout, physical_lines, read_blocks, unpacked

SAMPLE = 1 << 17  # two lines at their longest

# A field that begins with a quote, by the kind of quote.
_QUOTED = {name: re.compile(rb"(?:^|,)[ \t]*" + mark) for name, mark in (("single", b"'"), ("double", b'"'))}


def in_order(found: Layout, columns: Sequence[str]) -> list[str]:
    """The dataset's columns in the order in which the lines have them."""
    return [columns[found.order.index(place)] for place in range(len(columns))]


def column_order(path: str, columns: Sequence[str]) -> list[str]:
    """The dataset's columns in the order in which the lines of a readable chunk have them."""
    return in_order(_beginning(path, columns)[0], columns)


def _beginning(path: str, columns: Sequence[str]) -> tuple[Layout, bytes]:
    """A readable chunk's layout, and its first line of data."""
    lines = itertools.chain.from_iterable(physical_lines(unpacked(read_blocks(path, SAMPLE))))
    first = next(lines, b"").removeprefix(BOM)
    found = find_layout(first, columns)
    return found, next(lines, b"") if found.has_header else first


def layout(path: str, columns: Sequence[str]) -> str:
    """How a readable chunk is written, in words: its header, and how its first line of data is quoted.

    What only changes here is read as before; that it changed says that its producer did.
    """
    found, first = _beginning(path, columns)
    header = "no header"
    if found.has_header:
        names = in_order(found, columns)
        header = "header" if names == list(columns) else f"header in the order {','.join(names)}"
    quotes = [name for name, mark in _QUOTED.items() if mark.search(first)]
    return f"{header}, {' and '.join(quotes) or 'no'} quotes"
