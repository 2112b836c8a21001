"""Tables of figures, for the terminal and as Markdown."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version

import psutil
from rich.table import Table

from bench.measure import Cost


@dataclass(frozen=True)
class Figures:
    """One table, and a sentence or two on what it shows."""

    title: str
    note: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]

    def as_table(self) -> Table:
        """For the terminal."""
        table = Table(title=self.title, caption=self.note, title_justify="left", caption_justify="left")
        for number, name in enumerate(self.columns):
            table.add_column(name, justify="right" if number else "left")
        for row in self.rows:
            table.add_row(*row)
        return table

    def as_markdown(self) -> str:
        """For a file."""
        lines = [
            f"## {self.title}",
            "",
            _line(self.columns),
            _line(["---", *["---:"] * (len(self.columns) - 1)]),
        ]
        return "\n".join([*lines, *map(_line, self.rows), "", self.note, ""])


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def cells(cost: Cost) -> list[str]:
    """Wall and CPU in seconds, peak in MiB."""
    return [f"{cost.wall:.2f}", f"{cost.cpu:.2f}", f"{cost.peak / 2**20:,.0f}"]


def machine() -> str:
    """What this ran on, in a sentence."""
    memory = psutil.virtual_memory().total / 2**30
    packages = ", ".join(f"{name} {version(name)}" for name in ("pyspark", "duckdb"))
    load = os.getloadavg()[1]
    return (
        f"{os.cpu_count()} cores, {memory:.0f} GB of memory, {platform.system()}, "
        f"Python {platform.python_version()}, {packages}; "
        f"load average of the five minutes before: {load:.1f}."
    )
