"""What the platform's look at itself is made of: days in figures, how far datasets have come, silent runs."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime

from pydantic import BaseModel, ConfigDict

from include.health.days import Day
from include.health.freshness import DailyRun, Progress
from include.store.connection import Connection, fetch_all, fetch_one


class HangingRun(BaseModel):
    """A run that should be at work, and has been silent since its lease ran out."""

    model_config = ConfigDict(frozen=True)

    run_id: int
    dag_id: str
    dag_run_id: str
    started_at: datetime
    lease_until: datetime


def days_in_figures(conn: Connection, dataset: str, days: int) -> dict[date, Day]:
    """The newest event day and up to so many before it, without gaps, as far as they are aggregated."""
    rows = fetch_all(conn, "health/days", dataset=dataset, days=days)
    if not rows:
        return {}
    mixes: dict[date, dict[str, dict[str, int]]] = defaultdict(lambda: defaultdict(dict))
    span = {"first": rows[0]["day"], "last": rows[-1]["day"]}
    for row in fetch_all(conn, "health/mixes", dataset=dataset, **span):
        mixes[row["day"]][row["name"]][row["value"]] = row["rows"]
    return {row["day"]: Day(**row, mix=mixes[row["day"]]) for row in rows}


def progress(conn: Connection, dataset: str) -> Progress:
    """How far a dataset has come."""
    row = fetch_one(conn, "health/progress", dataset=dataset)
    assert row is not None
    return Progress(**row)


def daily_runs(conn: Connection, dataset: str, since: date) -> dict[date, DailyRun]:
    """The daily runs of cuts since then, by cut."""
    rows = fetch_all(conn, "health/daily_runs", dataset=dataset, since=since)
    return {row["cut"]: DailyRun(**row) for row in rows}


def hanging_runs(conn: Connection, dataset: str, now: datetime) -> list[HangingRun]:
    """Runs that have been silent for longer than their lease."""
    rows = fetch_all(conn, "health/hanging", dataset=dataset, now=now)
    return [HangingRun.model_validate(row) for row in rows]


def open_fingerprints(conn: Connection, kind: str, dataset: str) -> list[str]:
    """The fingerprints of open incidents of this kind."""
    rows = fetch_all(conn, "health/open_fingerprints", kind=kind, dataset=dataset)
    return [row["fingerprint"] for row in rows]
