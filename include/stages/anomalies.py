"""Anomalies: event days whose figures are unlike the same weekday's before."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta

from include.datasets import contract, contracts
from include.datasets.contract import Contract
from include.health.baseline import WEEKS, Limits
from include.health.days import Day, Finding, Judged, judge_figures
from include.health.mixes import judge_mixes
from include.settings import get_settings
from include.stages.health import Report, tell
from include.stages.links import backfill_command
from include.store.attempts import Figures
from include.store.connection import transaction
from include.store.health import days_in_figures
from include.store.incidents import Kind

# Decimals of a finding's numbers: shares and deviations.
DECIMALS = 4


def look_at_days(now: datetime) -> Figures:
    """Judges the newest complete days of every dataset; gives how many incidents were opened, repeated and
    resolved."""
    counts: Counter[str] = Counter(opened=0, repeated=0, resolved=0)
    for dataset in contracts():
        counts.update(_look(contract(dataset), now))
    return dict(counts)


def _look(kind: Contract, now: datetime) -> Figures:
    settings = get_settings()
    with transaction() as conn:
        days = days_in_figures(conn, kind.name, settings.anomaly_days + 7 * WEEKS)
        if not days:
            return {}
        watched = [max(days) - timedelta(days=back) for back in range(settings.anomaly_days, 0, -1)]
        judged = judge_days(days, watched, now)
        reports = [_report(kind, finding) for finding in judged.values() if finding]

        def over(about: str) -> str | None:
            if about in judged:
                return "it is as usual now"
            day = date.fromisoformat(about.rpartition(":")[2])
            if day >= watched[0]:
                return None
            return f"given up: the day is no longer among the {len(watched)} that are watched"

        counts: Counter[str] = Counter()
        kinds: tuple[Kind, ...] = ("anomaly", "schema_drift")
        for one in kinds:
            counts.update(tell(conn, kind.name, one, reports, over))
    return dict(counts)


def judge_days(days: dict[date, Day], watched: list[date], now: datetime) -> Judged:
    """The findings of these days that are complete by now; `<figure>:<day>` -> finding, None: as usual."""
    settings = get_settings()
    limits = Limits(settings.anomaly_score, settings.anomaly_min_days, settings.anomaly_min_rows)
    settled = now - timedelta(hours=settings.anomaly_settle_hours)
    judged: Judged = {}
    for day in watched:
        if day in days and days[day].complete(settled):
            found = judge_figures(days, day, limits) | judge_mixes(days, day, limits)
            judged |= {f"{figure}:{day}": finding for figure, finding in found.items()}
    return judged


def kind_of(figure: str, kind: Contract) -> Kind:
    """`schema_drift` for how values are written and which are new, `anomaly` for how many there are."""
    what, _, name = figure.partition(":")
    return "schema_drift" if what == "new" or (what == "mix" and name not in kind.mix) else "anomaly"


def _report(kind: Contract, finding: Finding) -> Report:
    body = {
        "event_day": finding.day.isoformat(),
        "figure": finding.figure,
        "value": round(finding.value, DECIMALS),
        "usual": round(finding.usual, DECIMALS),
        "deviations": round(finding.score, 1),
        "baseline_days": finding.baseline_days,
        "values": list(finding.details),
        "rerun": backfill_command(kind.name, finding.day),
    }
    about = f"{finding.figure}:{finding.day}"
    return Report(kind_of(finding.figure, kind), about, f"{kind.name}: {finding.sentence}", body)
