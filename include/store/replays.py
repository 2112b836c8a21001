"""Replays: what each found, apart from everything that is in force."""

from __future__ import annotations

from psycopg.types.json import Jsonb

from include.store.attempts import Attempt, Figures
from include.store.connection import Connection, execute, fetch_one


def record_replay(conn: Connection, attempt: Attempt, figures: Figures) -> None:
    """Keeps what an attempt found; it counts once the attempt is published."""
    execute(conn, "replays/record", run_id=attempt.run_id, attempt=attempt.number, figures=Jsonb(figures))


def replay_figures(conn: Connection, *, dag_id: str, dag_run_id: str) -> Figures | None:
    """What the replay of this Airflow run found, or None if it has published nothing."""
    row = fetch_one(conn, "replays/of_airflow_run", dag_id=dag_id, dag_run_id=dag_run_id)
    return row["figures"] if row else None
