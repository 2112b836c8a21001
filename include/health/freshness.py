"""Whether a dataset is as far as it should be by now, and whether its daily runs are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

Station = Literal["landed", "aggregated", "evaluated"]


@dataclass(frozen=True)
class Progress:
    """When a dataset's first run and first daily run began, and when it last came so far; None: never."""

    began_at: datetime | None
    daily_since: datetime | None
    landed_at: datetime | None
    aggregated_at: datetime | None
    evaluated_at: datetime | None

    def reached(self, station: Station) -> datetime | None:
        """When the station was last reached; if never, when the first run began."""
        times = {
            "landed": self.landed_at,
            "aggregated": self.aggregated_at,
            "evaluated": self.evaluated_at,
        }
        return times[station] or self.began_at


@dataclass(frozen=True)
class DailyRun:
    """What became of the daily run of a cut."""

    cut: date
    run_id: int
    dag_id: str
    dag_run_id: str
    status: str


def stale(
    progress: Progress, stations: tuple[Station, ...], limit: timedelta, now: datetime
) -> tuple[Station, datetime] | None:
    """The first station that was not reached for longer than the limit, and when it last was.

    What comes after it is late for that reason alone, so only the first is named. A dataset of which no run
    ever began is not late.
    """
    for station in stations:
        reached = progress.reached(station)
        if reached is not None and now - reached > limit:
            return station, reached
    return None


def due_cuts(now: datetime, *, zone: str, late: timedelta, days: int) -> list[date]:
    """The newest so many cuts of which the daily run should be through by now, oldest first.

    A cut is the midnight that ends its interval, in the dataset's zone; its run has `late` to get through.
    """
    newest = (now - late).astimezone(ZoneInfo(zone)).date()
    return [newest - timedelta(days=back) for back in range(days - 1, -1, -1)]


def late_cuts(
    due: list[date], runs: Mapping[date, DailyRun], *, since: datetime | None, zone: str
) -> list[date]:
    """Of the cuts that are due, those without a run that succeeded.

    Expected are the cuts that came after `since`, when the first daily run ever began, whatever day it was
    of: a backfill of last year does not mean that the runs of last week are missing.
    """
    if since is None:
        return []
    first = since.astimezone(ZoneInfo(zone)).date()
    return [cut for cut in due if cut > first and (cut not in runs or runs[cut].status != "succeeded")]


def interval_of(cut: date, zone: str) -> tuple[datetime, datetime]:
    """The day that ends at the cut: its two midnights in the zone."""
    of_zone = ZoneInfo(zone)
    return (
        datetime.combine(cut - timedelta(days=1), time(), of_zone),
        datetime.combine(cut, time(), of_zone),
    )
