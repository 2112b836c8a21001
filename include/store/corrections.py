"""Corrections: quarantined rows that were corrected, each at most once, and what they landed as (ADR 8)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from psycopg.types.json import Jsonb

from include.store.chunks import Delivery, Status
from include.store.connection import Connection, execute, fetch_all, storable


@dataclass(frozen=True)
class Source:
    """A chunk whose quarantined rows are to be corrected, and where those lie (None: it has none)."""

    chunk_id: str
    status: Status
    quarantine_path: str | None


@dataclass(frozen=True)
class Correction:
    """A quarantined row, why and where it lies there, and the line that its correction has in its chunk."""

    chunk_id: str
    line: int
    reason: str
    quarantine_path: str
    into_line: int


def lock_sources(conn: Connection, dataset: str, chunk_ids: Sequence[str]) -> dict[str, Source]:
    """The chunks that the ledger has of these, by id; they keep their status until the transaction ends."""
    rows = fetch_all(conn, "corrections/sources", dataset=dataset, chunk_ids=list(chunk_ids))
    return {row["chunk_id"]: Source(**row) for row in rows}


def corrections_of(
    conn: Connection, dataset: str, chunk_ids: Sequence[str]
) -> dict[tuple[str, int], tuple[str, int]]:
    """{(chunk, line): (chunk, line) that it landed as} of all rows of these chunks that were corrected."""
    rows = fetch_all(conn, "corrections/of_chunks", dataset=dataset, chunk_ids=list(chunk_ids))
    return {(row["chunk_id"], row["line"]): (row["into_chunk"], row["into_line"]) for row in rows}


def corrected_lines(conn: Connection, dataset: str, chunk_ids: Sequence[str]) -> dict[str, list[int]]:
    """The lines of these chunks that were corrected, by chunk; chunks without any are left out."""
    found: dict[str, list[int]] = defaultdict(list)
    for chunk_id, line in corrections_of(conn, dataset, chunk_ids):
        found[chunk_id].append(line)
    return dict(found)


def land_corrections(
    conn: Connection, dataset: str, landed: Delivery, source: str, rows: Sequence[Correction]
) -> None:
    """Records the rows as corrected, and the chunk that holds their corrections as landed.

    The next run takes it, as it takes chunks that a failed run left. The caller holds the dataset's landing
    lock and the locks of `lock_sources`.
    """
    sources = sorted({row.chunk_id for row in rows})
    execute(conn, "corrections/land", dataset=dataset, sources=sources, **asdict(landed))
    execute(
        conn,
        "corrections/record",
        dataset=dataset,
        into_chunk=landed.chunk_id,
        source=storable(source),
        rows=Jsonb([asdict(row) for row in rows]),
    )
