"""Chunks: landed bytes, known by their SHA-256, each owned by one run, and how far they have come (ADR 2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Literal

from psycopg.types.json import Jsonb

from include.errors import Superseded
from include.store.connection import Connection, Row, execute, fetch_all, fetch_one

Status = Literal["landed", "checked", "held", "unreadable", "aggregated"]


@dataclass(frozen=True)
class Chunk:
    """One row of `chunks`; rows, days (in the dataset's zone) and paths are None before check found them."""

    dataset: str
    chunk_id: str
    bytes: int
    first_key: str
    deliveries: int
    status: Status
    reason: str | None
    run_id: int
    tries: int
    rows_in: int | None
    rows_loaded: int | None
    rows_quarantined: int | None
    rows_duplicate: int | None
    rows_held: int | None
    first_day: date | None
    last_day: date | None
    events_path: str | None
    quarantine_path: str | None
    seq: int | None


@dataclass(frozen=True)
class ChunkVerdict:
    """What check found, in rows: `rows_in` is the sum of the other four; all None: unreadable."""

    chunk_id: str
    status: Literal["checked", "held", "unreadable"]
    reason: str | None = None
    rows_in: int | None = None
    rows_loaded: int | None = None
    rows_quarantined: int | None = None
    rows_duplicate: int | None = None
    rows_held: int | None = None
    first_day: date | None = None
    last_day: date | None = None
    events_path: str | None = None
    quarantine_path: str | None = None


def chunks_of(conn: Connection, run_id: int, status: Status | None = None) -> list[Chunk]:
    """The chunks that this run owns, all or those of one status, in the order in which they landed."""
    return [_chunk(row) for row in fetch_all(conn, "chunks/of_run", run_id=run_id, status=status)]


def record_checked(conn: Connection, run_id: int, verdicts: Sequence[ChunkVerdict]) -> None:
    """Moves landed chunks on by their verdicts.

    Raises Superseded if one of them is not `landed` or no longer owned by this run: nothing may be published.
    """
    rows = [{**asdict(v), "first_day": _iso(v.first_day), "last_day": _iso(v.last_day)} for v in verdicts]
    moved = execute(conn, "chunks/record_checked", run_id=run_id, verdicts=Jsonb(rows))
    _insist(moved, [v.chunk_id for v in verdicts], run_id, "landed")


def record_aggregated(conn: Connection, run_id: int, dataset: str, chunk_ids: Sequence[str]) -> int:
    """Publishes a batch of checked chunks and gives it the dataset's next sequence number, which is returned.

    Holds the row lock on the dataset's clock until the transaction ends, so that numbers become visible in
    their order and without gaps (ADR 1). Raises Superseded as record_checked does, ValueError for no chunks.
    """
    if not chunk_ids:
        raise ValueError(f"run {run_id}, {dataset}: a batch without chunks has no sequence number")
    tick = fetch_one(conn, "chunks/next_seq", dataset=dataset)
    assert tick is not None
    seq: int = tick["seq"]
    moved = execute(conn, "chunks/record_aggregated", run_id=run_id, chunk_ids=list(chunk_ids), seq=seq)
    _insist(moved, chunk_ids, run_id, "checked")
    return seq


def newest_event_day(conn: Connection, dataset: str, through_seq: int) -> date | None:
    """The newest event day (in the dataset's zone) in batches up to `through_seq`; None without events."""
    row = fetch_one(conn, "chunks/newest_event_day", dataset=dataset, through_seq=through_seq)
    assert row is not None
    day: date | None = row["newest"]
    return day


def current_seq(conn: Connection, dataset: str) -> int:
    """The sequence number of the dataset's last published batch; 0 before the first."""
    row = fetch_one(conn, "chunks/current_seq", dataset=dataset)
    return row["seq"] if row else 0


def _chunk(row: Row) -> Chunk:
    return Chunk(**row)


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _insist(moved: int, chunk_ids: Sequence[str], run_id: int, status: str) -> None:
    if moved != len(chunk_ids):
        raise Superseded(
            f"run {run_id} may publish {moved} of its {len(chunk_ids)} chunks only: the others are not "
            f"'{status}' any more, or another run adopted them"
        )
