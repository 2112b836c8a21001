"""Objects: each version of an S3 object that a run has claimed, and what became of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from psycopg.types.json import Jsonb

from include.errors import Superseded
from include.lake import S3Object
from include.store.connection import Connection, execute, fetch_all, fetch_one

Outcome = Literal["landed", "duplicate", "empty", "too_large", "refused"]


@dataclass(frozen=True)
class Settled:
    """What became of a claimed object; `chunk_id` where its bytes were read."""

    object: S3Object
    outcome: Outcome
    chunk_id: str | None = None


def lock_landing(conn: Connection, dataset: str) -> None:
    """Makes every other transaction that claims or lands objects of this dataset wait for this one."""
    execute(conn, "objects/lock", dataset=dataset)


def unseen(conn: Connection, dataset: str, listed: Sequence[S3Object]) -> list[S3Object]:
    """Those of the listed versions that no run has claimed or landed, in the given order."""
    if not listed:
        return []
    keys, versions = [o.key for o in listed], [o.version for o in listed]
    rows = fetch_all(conn, "objects/unseen", dataset=dataset, keys=keys, versions=versions)
    fresh = {(row["key"], row["version"]) for row in rows}
    return [o for o in listed if (o.key, o.version) in fresh]


def count_leftovers(conn: Connection, dataset: str) -> int:
    """Unfinished chunks, and objects claimed but not landed, of runs that are over or silent for too long."""
    row = fetch_one(conn, "objects/leftovers", dataset=dataset)
    assert row is not None
    count: int = row["leftovers"]
    return count


def claim(conn: Connection, dataset: str, run_id: int, objects: Iterable[S3Object]) -> None:
    """Claims these versions for the run, without those that another run claimed meanwhile."""
    rows = [{"key": o.key, "version": o.version, "bytes": o.bytes} for o in objects]
    execute(conn, "objects/claim", dataset=dataset, run_id=run_id, objects=Jsonb(rows))


def left_claimed(conn: Connection, dataset: str, run_id: int) -> list[S3Object]:
    """What other runs that are over, or silent for too long, claimed and did not land, the oldest first."""
    rows = fetch_all(conn, "objects/left_claimed", dataset=dataset, run_id=run_id)
    return [S3Object.known(row["key"], row["version"]) for row in rows]


def take_over(conn: Connection, dataset: str, run_id: int, objects: Iterable[S3Object]) -> None:
    """Moves claims that `left_claimed` gave, under the same landing lock, to this run."""
    rows = [{"key": o.key, "version": o.version} for o in objects]
    execute(conn, "objects/take_over", dataset=dataset, run_id=run_id, taken=Jsonb(rows))


def claimed(conn: Connection, dataset: str, run_id: int) -> list[S3Object]:
    """What the run has claimed and not landed yet, in no order."""
    rows = fetch_all(conn, "objects/claimed", dataset=dataset, run_id=run_id)
    return [S3Object.known(row["key"], row["version"]) for row in rows]


def settle(conn: Connection, dataset: str, run_id: int, settled: Sequence[Settled]) -> None:
    """Records what became of the run's claims. Raises Superseded if one of them is no longer this run's."""
    rows = [
        {"key": s.object.key, "version": s.object.version, "outcome": s.outcome, "chunk_id": s.chunk_id}
        for s in settled
    ]
    changed = execute(conn, "objects/settle", dataset=dataset, run_id=run_id, settled=Jsonb(rows))
    if changed != len(rows):
        raise Superseded(
            f"run {run_id}, {dataset}: {len(rows) - changed} claimed objects went to another run"
        )


def release(conn: Connection, dataset: str, run_id: int, objects: Iterable[S3Object]) -> None:
    """Gives back claims on objects that could not be read as listed."""
    rows = [{"key": o.key, "version": o.version} for o in objects]
    execute(conn, "objects/release", dataset=dataset, run_id=run_id, released=Jsonb(rows))
