"""`make quarantine`: what was quarantined or stopped and why; and the rows, in a file to correct them in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from include.datasets import contract
from include.datasets.contract import CORRECTED, CORRECTED_DOC
from include.stages.quarantine import Contents, contents, write_rows
from include.store.quarantine import Quarantined

# Chunks that a table shows; the newest.
MOST_CHUNKS = 20
SHOWN_DIGITS = 12


def quarantine(
    dataset: Annotated[str, typer.Option(help="the dataset")] = "transactions",
    reason: Annotated[str, typer.Option(help="only rows with this reason code")] = "",
    chunk: Annotated[str, typer.Option(help="only chunks whose id begins with these digits")] = "",
    out: Annotated[Path | None, typer.Option(help="a CSV file for the rows that are not corrected")] = None,
) -> None:
    """Count quarantined rows by reason and chunk, list stopped chunks, and write the rows to a file."""
    found = contents(dataset, chunk=chunk, reason=reason)
    show(Console(highlight=False), dataset, found)
    if out is None:
        return
    said = Console(stderr=True, highlight=False, soft_wrap=True)
    written, gone = write_rows(dataset, out, chunk=chunk, reason=reason)
    if gone:
        said.print(
            f"the rows of {len(gone)} chunks have expired or were erased, and are not in the file",
            style="red",
        )
    said.print(
        f"{written} rows in {out}. Correct the column raw, leave out what you do not correct, then\n"
        f"make redrive DATASET={dataset} FILE={out}"
    )


def show(console: Console, dataset: str, found: Contents) -> None:
    """Prints the counts as tables."""
    meanings = contract(dataset).reasons | {CORRECTED: CORRECTED_DOC}
    if not found.rows:
        console.print(f"No rows of {dataset} are in quarantine")
    else:
        reasons = _table("reason", "meaning")
        for reason, rows in _grouped((row.reason, row) for row in found.rows).items():
            reasons.add_row(reason, meanings.get(reason, ""), *_counts(rows))
        chunks = _table("chunk", "key")
        by_chunk = _grouped((row.chunk_id, row) for row in found.rows)
        for chunk_id, rows in list(by_chunk.items())[-MOST_CHUNKS:]:
            chunks.add_row(chunk_id[:SHOWN_DIGITS], rows[0].first_key, *_counts(rows))
        console.print(reasons, chunks)
        if (more := len(by_chunk) - MOST_CHUNKS) > 0:
            console.print(f"and {more} older chunks")
    if found.stopped:
        stopped = Table("chunk", "key", "state", "reason", box=box.SIMPLE_HEAD)
        for one in found.stopped[-MOST_CHUNKS:]:
            stopped.add_row(one.chunk_id[:SHOWN_DIGITS], one.first_key, one.status, one.reason)
        console.print(stopped)
        if (more := len(found.stopped) - MOST_CHUNKS) > 0:
            console.print(f"and {more} older chunks")


def _table(*headers: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD)
    for place, header in enumerate(headers):
        table.add_column(header, no_wrap=place == 0)
    for header in ("rows", "corrected", "open"):
        table.add_column(header, justify="right")
    return table


def _grouped(rows: Iterable[tuple[str, Quarantined]]) -> dict[str, list[Quarantined]]:
    found = defaultdict(list)
    for key, row in rows:
        found[key].append(row)
    return found


def _counts(rows: Iterable[Quarantined]) -> tuple[str, str, str]:
    counted = [(row.rows, row.corrected) for row in rows]
    all_of, corrected = (sum(numbers) for numbers in zip(*counted, strict=True))
    return f"{all_of:,}", f"{corrected:,}", f"{all_of - corrected:,}"
