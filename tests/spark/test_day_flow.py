"""Rules and summaries of a day, through the whole flow: every day is judged, late clicks correct theirs."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from psycopg.sql import SQL, Identifier

from include.spark_jobs.summaries import summaries
from include.store.connection import transaction
from tests.flow import put, run_flow

pytestmark = pytest.mark.spark

DAY = date(2026, 3, 1)
PEOPLE = 30


@pytest.fixture(autouse=True)
def services(database: str, bucket: str, spark_remote: str, configure: Callable[..., Any]) -> None:
    configure(settle_seconds=0)


def clicks(user: str, day: int, count: int, gap: float) -> list[dict[str, str]]:
    """Clicks from noon of a day on, with so many seconds between."""
    noon = datetime.combine(DAY + timedelta(days=day), datetime.min.time(), UTC) + timedelta(hours=12)
    times = [noon + timedelta(seconds=gap * number) for number in range(count)]
    return [
        {"user_id": user, "timestamp": time.isoformat(), "action": ("view", "buy")[n % 2], "amount": "1.00"}
        for n, time in enumerate(times)
    ]


def people(day: int) -> list[dict[str, str]]:
    """What ordinary users do."""
    return [click for number in range(PEOPLE) for click in clicks(f"u{number}", day, 4, 60)]


def feed(name: str, *made: list[dict[str, str]]) -> dict[str, Any]:
    rows = [click for part in made for click in part]
    put("clickstream", name, json.dumps(rows).encode())
    return run_flow("clickstream")


def episodes() -> dict[tuple[str, str], list[tuple[int, int | None, str | None]]]:
    """Of each (rule, user): first cut and closing cut, as days after DAY, and why it was closed."""
    with transaction() as conn:
        rows = conn.execute(
            "select rule, entity ->> 'user_id' as who, opened_cut, closed_cut, close_reason from detections"
            " order by opened_cut"
        ).fetchall()
    found: dict[tuple[str, str], list[tuple[int, int | None, str | None]]] = {}
    for row in rows:
        closed = (row["closed_cut"] - DAY).days if row["closed_cut"] else None
        found.setdefault((row["rule"], row["who"]), []).append(
            ((row["opened_cut"] - DAY).days, closed, row["close_reason"])
        )
    return found


def table(name: str) -> dict[int, list[tuple[Any, ...]]]:
    """A summary's rows by day."""
    with transaction() as conn:
        rows = conn.execute(SQL("select * from {}").format(Identifier(name))).fetchall()
    found: dict[int, list[tuple[Any, ...]]] = {}
    for row in rows:
        found.setdefault((row["day"] - DAY).days, []).append(tuple(row.values())[1:])
    return {day: sorted(found[day]) for day in sorted(found)}


def gaps(rows: list[tuple[Any, ...]]) -> list[tuple[datetime, int | None, bool]]:
    """Of rows of clickstream_events: when, microseconds since the click before, whether too fast."""
    return [(row[1], *row[-2:]) for row in rows]


def written(name: str) -> dict[int, set[str]]:
    """By which transactions a summary's rows were written, by day."""
    with transaction() as conn:
        query = SQL("select distinct day, xmin::text as by from {}").format(Identifier(name))
        rows = conn.execute(query).fetchall()
    found: dict[int, set[str]] = {}
    for row in rows:
        found.setdefault((row["day"] - DAY).days, set()).add(row["by"])
    return found


def test_every_day_is_judged_and_late_clicks_correct_theirs() -> None:
    """One chunk holds three days, of which a run would judge the last alone."""
    script = clicks("script", 0, 70, 0.5)
    first = feed("a.json", people(0), script, people(1), people(2), clicks("hasty", 2, 6, 1))
    assert set(first["detect"]["drained"]) == {"2026-03-02", "2026-03-03"}
    assert episodes() == {
        ("bot_rate", "script"): [(1, 2, "ended")],
        ("rapid_actions", "script"): [(1, 2, "ended")],
        ("rapid_actions", "hasty"): [(3, None, None)],
    }
    risk, hours = table("click_risk"), table("clicks_by_hour")
    assert {day: len(rows) for day, rows in risk.items()} == {0: PEOPLE + 1, 1: PEOPLE, 2: PEOPLE + 1}
    assert ("script", 100, 40, 40, 20, 70, 69, 69, 70) in risk[0]
    assert hours[1] == [("buy", "", "12", 60, PEOPLE, 6_000), ("view", "", "12", 60, PEOPLE, 6_000)]

    # A newcomer is hasty on the day before the last: its cut is judged again, and the last, which looks back.
    late = feed("late.json", clicks("late", 1, 9, 1))
    assert set(late["detect"]["drained"]) == {"2026-03-03"}
    assert episodes()["rapid_actions", "late"] == [(2, 3, "ended")]
    after = table("click_risk")
    assert (after[0], after[2]) == (risk[0], risk[2])
    assert {row[0] for row in after[1]} - {row[0] for row in risk[1]} == {"late"}
    assert table("clicks_by_hour")[1] != hours[1]

    before = {name: written(name) for name in summaries("clickstream")}
    again = run_flow("clickstream", interval_end=datetime(2026, 3, 2, tzinfo=UTC))
    assert again["aggregate"]["cut"] == "2026-03-02"
    assert again["detect"]["rules"]["bot_rate"]["holds"] == 1
    assert table("click_risk") == after
    for name, writers in before.items():
        assert {day: writers[day] == now for day, now in written(name).items()} == {
            0: False,
            1: True,
            2: True,
        }


def test_a_late_click_changes_what_is_said_of_the_next_over_midnight() -> None:
    noon, midnight = datetime(2026, 3, 1, 12, tzinfo=UTC), datetime(2026, 3, 2, tzinfo=UTC)
    one, late, after = noon, midnight - timedelta(seconds=0.25), midnight + timedelta(seconds=1.5)
    three = [clicks("u", 0, 1, 0)[0] | {"timestamp": time.isoformat()} for time in (one, late, after)]
    feed("a.json", [three[0], three[2]], people(2))
    quiet = table("clickstream_events")
    assert [gaps(quiet[day]) for day in (0, 1)] == [[(one, None, False)], [(after, 43_201_500_000, False)]]

    figures = feed("late.json", [three[1]])
    assert set(figures["detect"]["drained"]) == {"2026-03-02", "2026-03-03"}
    corrected = table("clickstream_events")
    assert [gaps(corrected[day]) for day in (0, 1)] == [
        [(one, None, False), (late, 43_199_750_000, False)],
        [(after, 1_750_000, True)],
    ]
    assert corrected[2] == quiet[2]
