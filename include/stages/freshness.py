"""Freshness: datasets that are not as far as they should be, daily runs that are late, runs that hang."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta

from include.datasets import contract, contracts
from include.datasets.contract import Contract
from include.errors import ConfigError
from include.health.freshness import Station, due_cuts, interval_of, late_cuts, stale
from include.settings import get_settings
from include.spark_jobs.rules import rules
from include.stages.health import Report, tell
from include.stages.links import about_run, backfill_command, wait_command
from include.store.attempts import Figures
from include.store.connection import Connection, transaction
from include.store.health import daily_runs, hanging_runs, progress

# Days for which a daily run that did not come is looked for.
WATCHED_DAYS = 14

WORDS: dict[Station, str] = {
    "landed": "nothing has landed",
    "aggregated": "chunks land, but none was aggregated",
    "evaluated": "chunks are aggregated, but nothing was evaluated",
}


def look_at_freshness(now: datetime) -> Figures:
    """Judges every dataset at this instant; gives how many incidents were opened, repeated and resolved.

    Raises ConfigError if VIGIL_FRESHNESS_HOURS names a dataset that does not exist.
    """
    if unknown := sorted(set(get_settings().freshness_hours) - set(contracts())):
        raise ConfigError(
            f"the setting VIGIL_FRESHNESS_HOURS: no dataset {', '.join(unknown)}; "
            f"there are {', '.join(contracts())}"
        )
    counts: Counter[str] = Counter(opened=0, repeated=0, resolved=0)
    for dataset in contracts():
        with transaction() as conn:
            for look in (_look_at_progress, _look_at_daily_runs, _look_at_silent_runs):
                counts.update(look(conn, contract(dataset), now))
    return dict(counts)


def stations(kind: Contract) -> tuple[Station, ...]:
    """Where a dataset's data comes by; without rules nothing is evaluated."""
    return ("landed", "aggregated", "evaluated") if rules(kind.name) else ("landed", "aggregated")


def _look_at_progress(conn: Connection, kind: Contract, now: datetime) -> Figures:
    hours = get_settings().freshness_hours.get(kind.name)
    reached = progress(conn, kind.name)
    reports = []
    if hours is not None:
        limit = timedelta(hours=hours)
        if found := stale(reached, stations(kind), limit, now):
            station, since = found
            title = f"{kind.name}: {WORDS[station]} for {_hours(now - since)}"
            body = {
                "station": station,
                "last": since.isoformat(),
                "limit": f"{hours:g} hours",
                "rerun": wait_command(),
            }
            reports.append(Report("stale", station, title, body))

    def over(station: str) -> str | None:
        if hours is None:
            return f"VIGIL_FRESHNESS_HOURS does not name {kind.name} any more"
        late = [name for name in stations(kind) if stale(reached, (name,), limit, now)]
        return None if station in late else f"{kind.name} was {station} again within {hours:g} hours"

    return tell(conn, kind.name, "stale", reports, over)


def _look_at_daily_runs(conn: Connection, kind: Contract, now: datetime) -> Figures:
    late = timedelta(hours=get_settings().daily_late_hours)
    due = due_cuts(now, zone=kind.zone, late=late, days=WATCHED_DAYS)
    runs = daily_runs(conn, kind.name, since=due[0])
    reports = []
    for cut in late_cuts(due, runs, since=progress(conn, kind.name).daily_since, zone=kind.zone):
        run = runs.get(cut)
        first, last = interval_of(cut, kind.zone)
        states = {"failed": "has failed", "running": "is not through yet"}
        state = states[run.status] if run else "has not begun"
        body = {
            "state": state,
            "interval": f"{first.isoformat()} to {last.isoformat()}",
            "due": (last + late).isoformat(),
            # What is at work would be refused.
            "rerun": "" if run and run.status == "running" else backfill_command(kind.name, first.date()),
        }
        if run:
            body = about_run(run.dag_id, run.dag_run_id) | body
        title = f"{kind.name}: the daily run of {first.date()} {state}"
        reports.append(Report("missing_run", cut.isoformat(), title, body, run.run_id if run else None))

    def over(about: str) -> str | None:
        cut = date.fromisoformat(about)
        if cut in runs and runs[cut].status == "succeeded":
            return f"run {runs[cut].dag_run_id} has succeeded"
        return None if cut >= due[0] else f"given up: it is looked for {WATCHED_DAYS} days, and never came"

    return tell(conn, kind.name, "missing_run", reports, over)


def _look_at_silent_runs(conn: Connection, kind: Contract, now: datetime) -> Figures:
    reports = [
        Report(
            "hanging_run",
            str(run.run_id),
            f"{run.dag_id}: run {run.dag_run_id} hangs, {_hours(now - run.lease_until)} beyond its lease",
            {
                "started": run.started_at.isoformat(),
                "lease_until": run.lease_until.isoformat(),
                **about_run(run.dag_id, run.dag_run_id),
            },
            run.run_id,
        )
        for run in hanging_runs(conn, kind.name, now)
    ]
    return tell(conn, kind.name, "hanging_run", reports, lambda _: "the run is over, or at work again")


def _hours(time: timedelta) -> str:
    return f"{time / timedelta(hours=1):.1f} hours"
