"""How far what landed has come, for those who wait for it."""

from __future__ import annotations

from pydantic import BaseModel

from include.store.connection import Connection, fetch_all, fetch_one


class Unfinished(BaseModel):
    """What of one dataset is on its way: runs in progress, objects claimed, chunks between two stages."""

    dataset: str
    runs: int
    claimed: int
    chunks: int


class Hanging(BaseModel):
    """A run in progress: the attempt that it is at (None: between two stages) and for how many seconds."""

    dataset: str
    run_id: int
    dag_id: str
    dag_run_id: str
    stage: str | None
    attempt: int | None
    seconds: float


class Stuck(BaseModel):
    """Something that will not move by itself, and the Airflow run whose log tells why (None: no run)."""

    dataset: str
    run_id: int | None
    what: str
    dag_id: str | None
    dag_run_id: str | None
    recent: bool


def unfinished(conn: Connection) -> list[Unfinished]:
    """A row for every dataset that the ledger knows; dry runs do not count."""
    return [Unfinished.model_validate(row) for row in fetch_all(conn, "progress/unfinished")]


def hanging(conn: Connection) -> list[Hanging]:
    """Every run in progress; dry runs do not count."""
    return [Hanging.model_validate(row) for row in fetch_all(conn, "progress/hanging")]


def stuck(conn: Connection, *, within: float) -> list[Stuck]:
    """Chunks held or unreadable, newest runs that failed, and dead letters; the newest first.

    Recent is what stopped within the last `within` seconds. A dataset's newest run, if it failed, always is,
    until a newer one succeeded.
    """
    return [Stuck.model_validate(row) for row in fetch_all(conn, "progress/stuck", within=within)]


def pending_alerts(conn: Connection) -> int:
    """Deliveries that are still to be made."""
    row = fetch_one(conn, "progress/pending_alerts")
    assert row is not None
    return int(row["pending"])


def rows_through(conn: Connection, dataset: str) -> int:
    """Input rows of the dataset's chunks that are through aggregate, or held."""
    row = fetch_one(conn, "progress/rows", dataset=dataset)
    assert row is not None
    return int(row["rows"])
