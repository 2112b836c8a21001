"""Attempts: a stage of a run being tried. Each new one fences those before it; at most one is published."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb
from pydantic import BaseModel, ConfigDict

from include.errors import Expired, Superseded
from include.settings import get_settings
from include.store.connection import Connection, execute, fetch_all, fetch_one

Figures = dict[str, Any]


class Attempt(BaseModel):
    """One row of `attempts`: the `number`-th try of `stage` in run `run_id`."""

    model_config = ConfigDict(frozen=True)

    run_id: int
    stage: str
    number: int

    @property
    def folder(self) -> str:
        """The part of a lake path that belongs to this attempt alone."""
        return f"run={self.run_id}/attempt={self.number}"

    @property
    def key(self) -> dict[str, int | str]:
        """Its primary key in the ledger, by the names that queries bind."""
        return {"run_id": self.run_id, "stage": self.stage, "attempt": self.number}


def start_attempt(conn: Connection, run_id: int, stage: str) -> Attempt:
    """The next attempt of this stage; extends the run's lease, and the run is running, even if it was over.

    From now on no older attempt can publish. Raises Expired for a dry run whose outputs were collected.
    """
    execute(conn, "runs/lock", run_id=run_id)
    if collected := fetch_one(conn, "attempts/collected", run_id=run_id):
        raise Expired(
            f"run {run_id} was a dry run, and what its {collected['stage']} had computed was collected on "
            f"{collected['collected_at']:%Y-%m-%d} (VIGIL_RETENTION_UNPUBLISHED_DAYS); start a new run"
        )
    row = fetch_one(
        conn, "attempts/start", run_id=run_id, stage=stage, lease=get_settings().run_lease_seconds
    )
    assert row is not None
    return Attempt(run_id=run_id, stage=stage, number=row["attempt"])


def published_figures(conn: Connection, run_id: int, stage: str) -> Figures | None:
    """The figures of the stage's published attempt, or None if there is none yet."""
    row = fetch_one(conn, "attempts/published", run_id=run_id, stage=stage)
    return row["figures"] if row else None


def publish_attempt(
    conn: Connection, attempt: Attempt, figures: Figures, *, output: str | None, operations: list[str]
) -> None:
    """Marks the attempt as the one that counts, and notes its Spark operations on its run too.

    Raises Superseded if a newer one was started or one is published.
    """
    execute(conn, "runs/lock", run_id=attempt.run_id)
    changed = execute(
        conn,
        "attempts/publish",
        **attempt.key,
        figures=Jsonb(figures),
        output=output,
        operations=operations,
    )
    if changed != 1:
        raise Superseded(
            f"run {attempt.run_id}, {attempt.stage}: attempt {attempt.number} may not publish: it is "
            "not the newest, or its outputs were collected"
        )


def add_figures(conn: Connection, attempt: Attempt, figures: Figures) -> None:
    """Adds to the figures of an attempt, in the transaction that publishes it."""
    execute(conn, "attempts/add_figures", **attempt.key, figures=Jsonb(figures))


def note_session(conn: Connection, attempt: Attempt, session: UUID) -> None:
    """Records the Spark session that the attempt works in, so that a successor can end it."""
    execute(conn, "attempts/note_session", **attempt.key, session=session)


def abandoned_sessions(conn: Connection, attempt: Attempt) -> list[UUID]:
    """Spark sessions of the older, unpublished attempts of the same stage and run."""
    rows = fetch_all(conn, "attempts/abandoned_sessions", **attempt.key)
    return [row["spark_session"] for row in rows]
