"""What is in quarantine: counts from the ledger, and the rows as a file in which they can be corrected."""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from include.datasets import contract
from include.datasets.contract import CORRECTED
from include.errors import ConfigError
from include.lake import lake
from include.store import quarantine
from include.store.connection import transaction
from include.store.corrections import corrections_of
from include.store.quarantine import Quarantined, Stopped
from include.store.removals import taken_away

# The columns of the file: who corrects changes `raw` alone.
COLUMNS = ("chunk_id", "line", "reason", "raw")


@dataclass(frozen=True)
class BadRow:
    """A quarantined line of a chunk, and the bytes that it had."""

    chunk_id: str
    line: int
    reason: str
    raw: bytes

    @property
    def place(self) -> tuple[str, int]:
        """Which row it is."""
        return self.chunk_id, self.line

    @property
    def text(self) -> str:
        """Its bytes as text; what is no UTF-8 is replaced."""
        return self.raw.decode(errors="replace")


@dataclass(frozen=True)
class Contents:
    """Counts of quarantined rows, and the chunks that are held or unreadable."""

    rows: list[Quarantined]
    stopped: list[Stopped]


def contents(dataset: str, *, chunk: str = "", reason: str = "") -> Contents:
    """What the quarantine of a dataset holds; `chunk`: of chunks whose id begins so.

    Raises ConfigError for an unknown dataset, a reason that the dataset does not have, and a chunk of which
    nothing was stopped.
    """
    choices = [*contract(dataset).reasons, CORRECTED]
    if reason and reason not in choices:
        raise ConfigError(f"{dataset} has no reason {reason!r}; there are {', '.join(choices)}")
    with transaction() as conn:
        found = Contents(
            quarantine.quarantined(conn, dataset, chunk, reason), quarantine.stopped(conn, dataset, chunk)
        )
        known = found.rows or found.stopped or quarantine.quarantine_paths(conn, dataset, chunk)
    if chunk and not known:
        raise ConfigError(
            f"no chunk of {dataset} whose id begins with {chunk!r} has quarantined rows, or is held or "
            f"unreadable; `make quarantine DATASET={dataset}` lists those that are"
        )
    return found


def write_rows(dataset: str, out: Path, *, chunk: str = "", reason: str = "") -> tuple[int, list[str]]:
    """Writes the quarantined rows that nobody has corrected as CSV of COLUMNS, in the order of landing.

    Gives their number, and the chunks whose rows are not in the lake any more.
    """
    with transaction() as conn:
        paths = quarantine.quarantine_paths(conn, dataset, chunk)
        corrected = corrections_of(conn, dataset, list(paths))
        removed = taken_away(conn, paths.values())
    written, gone = 0, []
    out.parent.mkdir(parents=True, exist_ok=True)
    with out.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(COLUMNS)
        for ids, rows in read_rows(paths, removed):
            gone += ids if rows is None else []
            for row in rows or ():
                if row.place not in corrected and reason in ("", row.reason):
                    table.writerow((row.chunk_id, row.line, row.reason, row.text))
                    written += 1
    return written, gone


def read_rows(
    paths: Mapping[str, str], removed: Collection[str]
) -> Iterator[tuple[list[str], list[BadRow] | None]]:
    """Chunks of {chunk id: lake path} that lie together, and their rows by chunk and line.

    None: they are not in the lake any more; `removed` paths are going.
    """
    for path in dict.fromkeys(paths.values()):
        places = {chunk_id: n for n, (chunk_id, its) in enumerate(paths.items()) if its == path}
        if path in removed:
            yield list(places), None
            continue
        try:
            rows = _read(path, list(places))
        except FileNotFoundError:
            yield list(places), None
        else:
            yield list(places), sorted(rows, key=lambda row: (places[row.chunk_id], row.line))


def _read(path: str, chunk_ids: Sequence[str]) -> list[BadRow]:
    import pyarrow.compute as pc

    mine = pc.field("chunk_id").isin(chunk_ids)
    table = lake().read_parquet(path, columns=list(COLUMNS), where=mine)
    return [BadRow(**row) for row in table.to_pylist()]
