"""What is late by now: datasets, daily runs, on both sides of each limit."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from include.health.freshness import DailyRun, Progress, due_cuts, interval_of, late_cuts, stale

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
LIMIT = timedelta(hours=26)
STATIONS = ("landed", "aggregated", "evaluated")


def ago(hours: float | None) -> datetime | None:
    return None if hours is None else NOW - timedelta(hours=hours)


@pytest.mark.parametrize(
    ("began", "landed", "aggregated", "evaluated", "expected"),
    [
        (99, 1, 1, 1, None),
        (99, 26, 26, 26, None),
        (99, 26.01, 1, 1, ("landed", 26.01)),
        (99, 1, 26.01, 1, ("aggregated", 26.01)),
        (99, 1, 1, 26.01, ("evaluated", 26.01)),
        # What comes after a stop is late for that reason alone.
        (99, 30, 31, 32, ("landed", 30)),
        (99, 1, 31, 32, ("aggregated", 31)),
        # Never is counted from the first run's start.
        (27, None, None, None, ("landed", 27)),
        (25, None, None, None, None),
        (99, 1, None, None, ("aggregated", 99)),
        (None, None, None, None, None),
    ],
)
def test_the_first_station_that_is_late_is_named(
    began: float | None,
    landed: float | None,
    aggregated: float | None,
    evaluated: float | None,
    expected: tuple[str, float] | None,
) -> None:
    progress = Progress(ago(began), None, ago(landed), ago(aggregated), ago(evaluated))
    found = stale(progress, STATIONS, LIMIT, NOW)
    assert found == (expected and (expected[0], ago(expected[1])))


def test_where_nothing_is_evaluated_nothing_is_late() -> None:
    progress = Progress(ago(99), None, ago(1), ago(1), None)
    assert stale(progress, ("landed", "aggregated"), LIMIT, NOW) is None


@pytest.mark.parametrize(
    ("now", "newest"),
    [
        # Midnight in Kolkata is 18:30 UTC of the day before; six hours later it is due.
        ("2026-03-10T00:29:59+00:00", date(2026, 3, 9)),
        ("2026-03-10T00:30:00+00:00", date(2026, 3, 10)),
        ("2026-03-11T00:29:59+00:00", date(2026, 3, 10)),
    ],
)
def test_a_cut_is_due_some_hours_after_its_midnight_in_the_zone(now: str, newest: date) -> None:
    due = due_cuts(datetime.fromisoformat(now), zone="Asia/Kolkata", late=timedelta(hours=6), days=3)
    assert due == [newest - timedelta(days=back) for back in (2, 1, 0)]


def run(day: int, status: str = "succeeded") -> DailyRun:
    return DailyRun(date(2026, 3, day), day, "transactions_daily", f"r{day}", status)


DUE = [date(2026, 3, day) for day in range(4, 9)]


@pytest.mark.parametrize(
    ("runs", "since", "late"),
    [
        ([], None, []),
        ([run(day) for day in range(5, 9)], "2026-03-04T12:00+05:30", []),
        ([run(5), run(7)], "2026-03-04T12:00+05:30", [6, 8]),
        ([run(5), run(6, "failed"), run(7, "running"), run(8)], "2026-03-04T12:00+05:30", [6, 7]),
        # Whatever day the first one was of, the cuts after it began are expected: here midnight to the 7th.
        ([run(1)], "2026-03-06T00:00+05:30", [7, 8]),
        ([run(1)], "2026-03-05T18:29+00:00", [6, 7, 8]),
        ([run(1)], "2026-03-08T00:00+05:30", []),
        ([run(1)], "2026-02-01T00:00+05:30", [4, 5, 6, 7, 8]),
    ],
)
def test_cuts_without_a_run_that_succeeded_are_late(
    runs: list[DailyRun], since: str | None, late: list[int]
) -> None:
    began = since and datetime.fromisoformat(since)
    found = late_cuts(DUE, {one.cut: one for one in runs}, since=began or None, zone="Asia/Kolkata")
    assert found == [date(2026, 3, day) for day in late]


def test_an_interval_is_the_day_before_its_cut_in_the_zone() -> None:
    first, last = interval_of(date(2026, 3, 2), "Asia/Kolkata")
    assert (first.isoformat(), last.isoformat()) == ("2026-03-01T00:00:00+05:30", "2026-03-02T00:00:00+05:30")
