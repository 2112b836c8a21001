"""Chunks: landed bytes, known by their SHA-256, each owned by one run, and how far they have come (ADR 2)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
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
    landed_at: datetime


@dataclass(frozen=True)
class ChunkVerdict:
    """What check found, in rows: `rows_in` is the sum of the other four; all None: unreadable.

    `reasons`: quarantined rows by reason.
    """

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
    reasons: dict[str, int] | None = None


@dataclass(frozen=True)
class Delivery:
    """Bytes that arrived: their SHA-256, how many, and the key under which they came."""

    chunk_id: str
    bytes: int
    first_key: str


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


def land_chunks(conn: Connection, dataset: str, run_id: int, landed: Sequence[Delivery]) -> set[str]:
    """Records deliveries in their order; gives the ids that are new. Every other delivery only counts.

    The caller holds the dataset's landing lock.
    """
    times = Counter(d.chunk_id for d in landed)
    first = {d.chunk_id: (position, d) for position, d in reversed(list(enumerate(landed)))}
    rows = [{**asdict(delivery), "position": position} for position, delivery in first.values()]
    new = fetch_all(conn, "chunks/land", dataset=dataset, run_id=run_id, chunks=Jsonb(rows))
    ids = {row["chunk_id"] for row in new}
    again = {i: n - (i in ids) for i, n in times.items() if n > (i in ids)}
    execute(conn, "chunks/redeliver", dataset=dataset, deliveries=Jsonb(again))
    return ids


def known_chunks(conn: Connection, dataset: str, chunk_ids: Sequence[str]) -> set[str]:
    """Which of these chunks have landed before."""
    rows = fetch_all(conn, "chunks/known", dataset=dataset, chunk_ids=list(chunk_ids))
    return {row["chunk_id"] for row in rows}


def adoptable(conn: Connection, dataset: str, run_id: int) -> list[Chunk]:
    """Unfinished chunks of other runs that are over or silent for too long, locked, in order of landing."""
    chunks = [_chunk(row) for row in fetch_all(conn, "chunks/adoptable", dataset=dataset, run_id=run_id)]
    return sorted(chunks, key=lambda chunk: (chunk.landed_at, chunk.chunk_id))


def adopt(conn: Connection, dataset: str, run_id: int, chunks: Sequence[Chunk]) -> None:
    """Makes the run the owner of chunks that `adoptable` gave in the same transaction."""
    execute(conn, "chunks/adopt", dataset=dataset, run_id=run_id, chunk_ids=[c.chunk_id for c in chunks])


def hold(conn: Connection, dataset: str, chunks: Sequence[Chunk], reason: str) -> None:
    """Holds chunks that `adoptable` gave in the same transaction."""
    ids = [c.chunk_id for c in chunks]
    execute(conn, "chunks/hold", dataset=dataset, chunk_ids=ids, reason=reason)


def passed_since(conn: Connection, run_id: int) -> set[str]:
    """Ids of the chunks that the run's check stopped and that are mended by now."""
    return {row["chunk_id"] for row in fetch_all(conn, "chunks/passed_since", run_id=run_id)}


def redrive(conn: Connection, dataset: str, chunk_id: str = "") -> list[str]:
    """Puts held and unreadable chunks back to `landed`, for the next run to take; gives their ids.

    For when what stopped them is mended. `chunk_id`: one, or the first digits of it; empty: all. Those whose
    run is still at work are left as they are.
    """
    rows = fetch_all(conn, "chunks/redrive", dataset=dataset, chunk_id=chunk_id)
    return [row["chunk_id"] for row in rows]


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
