"""Days in figures from the ledger, and the incidents that unusual ones open, repeat and end."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from include.health.days import Day
from include.stages.anomalies import look_at_days
from include.store.connection import transaction
from include.store.health import days_in_figures
from tests.integration.aggregated import aggregated

pytestmark = pytest.mark.usefixtures("database")

MONDAY = date(2026, 3, 2)
NOON = datetime(2026, 3, 20, 12, tzinfo=UTC)
HEADER = {"chunk.layout": {"header, no quotes": 1000}}
FOOD = {"category": {"food": 850, "tech": 150}}


def day(number: int) -> date:
    return MONDAY + timedelta(days=number)


def figures(days: int = 63) -> dict[date, Day]:
    with transaction() as conn:
        return days_in_figures(conn, "transactions", days)


def incidents() -> list[dict[str, Any]]:
    with transaction() as conn:
        return conn.execute("select * from incidents order by incident_id").fetchall()


def weeks(number: int, **more: Any) -> None:
    """So many weeks of 1,000 rows a day, up to the day before MONDAY, aggregated well before NOON."""
    for back in range(7 * number, 0, -1):
        usual = {"at": NOON - timedelta(days=1), "quarantined": 10, "mix": FOOD | HEADER}
        aggregated({day(-back): 1000}, **usual | more)


def test_a_dataset_without_chunks_has_no_days() -> None:
    assert figures() == {}
    assert look_at_days(NOON) == {"opened": 0, "repeated": 0, "resolved": 0}


def test_days_are_counted_over_all_chunks_that_are_aggregated() -> None:
    first = NOON - timedelta(hours=3)
    second, third = first + timedelta(minutes=1), first + timedelta(minutes=2)
    aggregated({day(0): 10, day(1): 20}, at=first, quarantined=3, mix={"category": {"food": 4, "tech": 1}})
    aggregated({day(1): 30, day(3): 40}, at=second, mix={"category": {"food": 2}})
    # Its rows of day 1 come after a batch that had day 3, its rows of day 3 do not.
    aggregated({day(1): 5, day(3): 7}, at=third, quarantined=1)
    aggregated({day(1): 100}, at=third, status="checked")
    aggregated({day(1): 1000}, at=third, status="held")

    found = figures()

    assert list(found) == [day(n) for n in range(4)]
    assert found[day(0)] == Day(
        day(0), rows=10, touched_at=first, passed_at=first, mix={"category": {"food": 4, "tech": 1}}
    )
    assert found[day(1)] == Day(
        day(1), rows=55, late=5, rows_in=33, quarantined=3, chunk_rows=33, touched_at=third, passed_at=second,
        mix={"category": {"food": 6, "tech": 1}},
    )  # fmt: skip
    assert found[day(2)] == Day(day(2), passed_at=second)
    assert found[day(3)] == Day(
        day(3), rows=47, rows_in=83, quarantined=1, chunk_rows=41.5, touched_at=third,
        mix={"category": {"food": 2}},
    )  # fmt: skip


def test_rows_of_the_batch_that_passes_a_day_are_not_late() -> None:
    aggregated({day(0): 10, day(9): 10}, at=NOON)
    assert figures()[day(0)].late == 0
    aggregated({day(0): 1}, at=NOON)
    assert figures()[day(0)].late == 1


def test_no_more_days_than_asked_for_and_none_before_profiles_were_kept() -> None:
    aggregated({day(0): 1}, at=NOON)
    aggregated({day(2): 1, day(4): 1}, at=NOON, profiled=False)
    aggregated({day(4): 1, day(9): 1}, at=NOON)
    assert list(figures()) == [day(n) for n in range(5, 10)]
    assert list(figures(2)) == [day(n) for n in range(7, 10)]


def test_the_layout_of_corrections_is_nobodys_drift() -> None:
    original, correction = (aggregated({day(0): 10}, at=NOON, mix=FOOD | HEADER) for _ in range(2))
    with transaction() as conn:
        conn.execute(
            "insert into corrections (dataset, chunk_id, line, reason, quarantine_path, into_chunk,"
            " into_line, source) values ('transactions', %s, 2, 'bad_step', '', %s, 2, 'fixed.csv')",
            (original, correction),
        )
    assert figures()[day(0)].mix == {"category": {"food": 1700, "tech": 300}} | HEADER


def test_what_is_checked_again_is_counted_once() -> None:
    from include.health.days import ChunkDay
    from include.store.profiles import record_days

    chunk_id = aggregated({day(0): 10, day(1): 10}, at=NOON)
    with transaction() as conn:
        record_days(conn, "transactions", {chunk_id: [ChunkDay(day(1), 7, {})]})
    assert {one.day: one.rows for one in figures().values()} == {day(0): 0, day(1): 7}


def test_an_unusual_day_is_told_once_it_is_over_and_repeated() -> None:
    weeks(5)
    aggregated({day(0): 500}, at=NOON, quarantined=5, mix={"category": {"food": 425, "tech": 75}} | HEADER)
    aggregated({day(1): 1000}, at=NOON, quarantined=10, mix=FOOD | HEADER)
    judged = NOON + timedelta(hours=1)

    assert look_at_days(judged - timedelta(seconds=1)) == {"opened": 0, "repeated": 0, "resolved": 0}
    assert look_at_days(judged) == {"opened": 1, "repeated": 0, "resolved": 0}
    assert look_at_days(judged) == {"opened": 0, "repeated": 1, "resolved": 0}

    (rows,) = incidents()
    assert (rows["kind"], rows["severity"]) == ("anomaly", "warning")
    assert rows["fingerprint"] == "anomaly:transactions:rows:2026-03-02"
    assert rows["title"] == (
        "transactions: 2026-03-02 has 500 rows; usual on a Monday is 1,000 rows (median of 5 days)"
    )
    assert rows["body"]["runbook"] == "docs/runbooks/anomaly.md"
    assert rows["body"]["rerun"] == "make backfill DATASET=transactions FROM=2026-03-02"
    assert (rows["body"]["value"], rows["body"]["usual"], rows["body"]["deviations"]) == (500, 1000, -10)


def test_the_other_half_of_a_day_ends_its_incident(configure: Callable[..., Any]) -> None:
    configure(anomaly_settle_hours=0)
    weeks(5)
    aggregated({day(0): 500}, at=NOON, quarantined=5, mix=FOOD | HEADER)
    aggregated({day(1): 1000}, at=NOON, quarantined=10, mix=FOOD | HEADER)
    look_at_days(NOON)
    assert [one["fingerprint"] for one in incidents()] == ["anomaly:transactions:rows:2026-03-02"]

    aggregated({day(0): 500}, at=NOON, mix=FOOD | HEADER)
    look_at_days(NOON)

    rows, *others = incidents()
    assert rows["resolution"] == {"reason": "it is as usual now"}
    # It is made up for, and that half of it was late, in small chunks, stays true.
    assert [(one["fingerprint"].split(":")[2], one["resolved_at"]) for one in others] == [
        ("chunk_rows", None),
        ("late_share", None),
    ]


def test_a_day_that_is_no_longer_watched_is_given_up(configure: Callable[..., Any]) -> None:
    configure(anomaly_settle_hours=0, anomaly_days=2)
    weeks(5)
    aggregated({day(1): 1000}, at=NOON, quarantined=10, mix=FOOD | HEADER)
    assert look_at_days(NOON) == {"opened": 1, "repeated": 0, "resolved": 0}
    aggregated({day(2): 1000}, at=NOON, quarantined=10, mix=FOOD | HEADER)
    assert look_at_days(NOON) == {"opened": 0, "repeated": 1, "resolved": 0}
    aggregated({day(3): 1000}, at=NOON, quarantined=10, mix=FOOD | HEADER)
    assert look_at_days(NOON) == {"opened": 0, "repeated": 0, "resolved": 1}

    (missing,) = incidents()
    assert "0 rows" in missing["title"]
    assert missing["resolution"]["reason"].startswith("given up")


def test_another_layout_of_the_same_values_is_drift(configure: Callable[..., Any]) -> None:
    configure(anomaly_settle_hours=0)
    weeks(5)
    other = {"chunk.layout": {"no header, no quotes": 1000}}
    aggregated({day(0): 1000}, at=NOON, quarantined=10, mix=FOOD | other)
    aggregated({day(1): 1000}, at=NOON, quarantined=10, mix=FOOD | HEADER)

    look_at_days(NOON)

    assert [(one["kind"], one["fingerprint"].split(":", 2)[2]) for one in incidents()] == [
        ("schema_drift", "mix:chunk.layout:2026-03-02"),
        ("schema_drift", "new:chunk.layout:2026-03-02"),
    ]
    again = "make backfill DATASET=transactions FROM=2026-03-02"
    assert [one["body"]["rerun"] for one in incidents()] == [again, again]


@pytest.mark.parametrize(
    ("settings", "opened"),
    [
        ({"anomaly_score": 10}, 1),
        ({"anomaly_score": 10.1}, 0),
        ({"anomaly_min_days": 5}, 1),
        ({"anomaly_min_days": 6}, 0),
        ({"anomaly_min_rows": 1010}, 1),
        ({"anomaly_min_rows": 1011}, 0),
        ({"anomaly_days": 2}, 1),
        ({"anomaly_days": 1}, 0),
    ],
)
def test_what_is_unusual_is_a_matter_of_settings(
    configure: Callable[..., Any], settings: dict[str, Any], opened: int
) -> None:
    """500 rows (505 with bad ones) instead of 1,000 (1,010), five Mondays before and two days after."""
    configure(anomaly_settle_hours=0, **settings)
    weeks(5)
    aggregated({day(0): 500}, at=NOON, quarantined=5, mix=FOOD | HEADER)
    for number in (1, 2):
        aggregated({day(number): 1000}, at=NOON, quarantined=10, mix=FOOD | HEADER)
    assert look_at_days(NOON)["opened"] == opened


def test_usual_days_tell_nothing(configure: Callable[..., Any]) -> None:
    configure(anomaly_settle_hours=0)
    weeks(9)
    aggregated({day(0): 1000}, at=NOON, quarantined=10, mix=FOOD | HEADER)
    assert look_at_days(NOON) == {"opened": 0, "repeated": 0, "resolved": 0}
