"""Retention: what is old or unpublished, as the ledger knows it. Its own rows are never deleted."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass

from psycopg.types.json import Jsonb

from include.store.connection import Connection, execute, fetch_all, fetch_one
from include.store.removals import Store


@dataclass(frozen=True)
class Expiry:
    """A kind of file that goes by age: the setting of its days, the query for what is old, where it lies."""

    kind: str
    setting: str
    query: str
    store: Store = "lake"

    @property
    def variable(self) -> str:
        """The environment variable of the setting."""
        return f"VIGIL_{self.setting.upper()}"


EVENTS = Expiry("events", "retention_events_days", "retention/old_events")
EXPIRIES = (
    Expiry("chunks", "retention_chunks_days", "retention/old_chunks"),
    EVENTS,
    Expiry("quarantine", "retention_quarantine_days", "retention/old_quarantine"),
    Expiry("state", "retention_state_days", "retention/old_state"),
    Expiry("evaluations", "retention_state_days", "retention/old_evaluations"),
    Expiry("exports", "retention_exports_days", "retention/old_exports", "bucket"),
)


@dataclass(frozen=True)
class Tried:
    """An attempt by its key in the ledger: the `attempt`-th try of `stage` in run `run_id`."""

    run_id: int
    stage: str
    attempt: int


def lock_retention(conn: Connection) -> None:
    """Waits until nobody else deletes files or makes a backup, and keeps both out until this one ends."""
    execute(conn, "retention/lock")


def old(conn: Connection, expiry: Expiry, days: float) -> list[str]:
    """The paths of this kind that are older than so many days, are not needed, and not taken away yet."""
    return [row["path"] for row in fetch_all(conn, expiry.query, days=days)]


def collectable(conn: Connection, attempts: Collection[Tried], days: float) -> set[Tried]:
    """Those whose outputs nothing will ever read, since so many days."""
    rows = fetch_all(conn, "retention/collectable", attempts=_listed(attempts), days=days)
    return {Tried(row["run_id"], row["stage"], row["attempt"]) for row in rows}


def fence(conn: Connection, attempts: Collection[Tried], days: float) -> set[Tried]:
    """Of these, the attempts that are still collectable; from now on none of them can publish."""
    runs = sorted({one.run_id for one in attempts})
    execute(conn, "retention/lock_runs", run_ids=runs)
    fenced = collectable(conn, attempts, days)  # again, now that none of them can be publishing
    execute(conn, "retention/collect", attempts=_listed(fenced))
    return fenced


def known_runs(conn: Connection, run_ids: Collection[int]) -> set[int]:
    """Those of these runs that the ledger has."""
    rows = fetch_all(conn, "retention/known_runs", run_ids=sorted(run_ids))
    return {row["run_id"] for row in rows}


def landing(conn: Connection, dataset: str) -> bool:
    """Whether somebody may be about to record chunks of this dataset; the caller holds its landing lock."""
    row = fetch_one(conn, "retention/landing", dataset=dataset)
    assert row is not None
    found: bool = row["landing"]
    return found


def kept_chunks(conn: Connection, dataset: str, paths: Mapping[str, str]) -> dict[str, bool]:
    """Of these chunks' paths by id, those that the ledger knows: whether their bytes are wanted."""
    rows = fetch_all(conn, "retention/kept_chunks", dataset=dataset, paths=Jsonb(dict(paths)))
    return {row["chunk_id"]: row["kept"] for row in rows}


def named_paths(conn: Connection) -> list[str]:
    """Every path in the lake that the ledger names and retention has not taken away."""
    return [row["path"] for row in fetch_all(conn, "retention/named")]


def export_snapshot(conn: Connection) -> str:
    """What this transaction sees, by a name that pg_dump takes; it must be one of REPEATABLE READ."""
    row = fetch_one(conn, "retention/snapshot")
    assert row is not None
    name: str = row["snapshot"]
    return name


def _listed(attempts: Collection[Tried]) -> Jsonb:
    return Jsonb([asdict(one) for one in attempts])
