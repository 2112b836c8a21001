"""Datasets that come to a stop, daily runs that do not come and runs that hang, told and taken back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from psycopg.types.json import Jsonb

from include.errors import ConfigError
from include.stages.freshness import look_at_freshness
from include.store.attempts import publish_attempt, start_attempt
from include.store.connection import transaction
from tests.integration.aggregated import aggregated
from tests.integration.ledger import open_test_run

pytestmark = pytest.mark.usefixtures("database")

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
DAY = date(2026, 3, 1)
NOTHING = {"opened": 0, "repeated": 0, "resolved": 0}


def incidents() -> list[dict[str, Any]]:
    with transaction() as conn:
        return conn.execute("select * from incidents order by incident_id").fetchall()


def sql(query: str, *values: Any) -> None:
    with transaction() as conn:
        conn.execute(query, values)


def over() -> None:
    """Every run has ended."""
    sql("update runs set status = 'succeeded'")


def evaluated(at: datetime) -> None:
    run_id = open_test_run()
    with transaction() as conn:
        publish_attempt(conn, start_attempt(conn, run_id, "load"), {}, output=None, operations=[])
        conn.execute("update attempts set finished_at = %s", (at,))
    over()


def daily(cut: int, status: str, **columns: Any) -> None:
    """A daily run of a cut in March 2026, begun at noon of that day."""
    run_id = open_test_run(dag_run_id=f"scheduled__{cut}_{status}")
    scope = {"kind": "interval", "cut": f"2026-03-{cut:02}", "max_chunks": 1, "max_bytes": 1}
    began = datetime(2026, 3, cut, 12, tzinfo=UTC) + timedelta(seconds=run_id)
    changed = {"status": status, "scope": Jsonb(scope), "dag_id": "transactions_daily", "started_at": began}
    changed |= columns
    names = ", ".join(f"{name} = %s" for name in changed)
    sql(f"update runs set {names} where run_id = %s", *changed.values(), run_id)


def test_nothing_is_watched_unless_it_is_asked_for() -> None:
    aggregated({DAY: 1}, at=NOW - timedelta(days=300))
    over()
    assert look_at_freshness(NOW) == NOTHING


def test_a_dataset_that_does_not_exist_is_refused(configure: Callable[..., Any]) -> None:
    configure(freshness_hours={"weather": 1})
    with pytest.raises(ConfigError, match="no dataset weather; there are clickstream, "):
        look_at_freshness(NOW)


def test_a_dataset_that_stops_is_told_until_it_goes_on(configure: Callable[..., Any]) -> None:
    configure(freshness_hours={"transactions": 26, "importance": 1})
    aggregated({DAY: 1}, at=NOW - timedelta(hours=26))
    evaluated(NOW)
    # Of importance no run ever began.
    assert look_at_freshness(NOW) == NOTHING

    later = NOW + timedelta(minutes=36)
    assert look_at_freshness(later) == {"opened": 1, "repeated": 0, "resolved": 0}
    assert look_at_freshness(later) == {"opened": 0, "repeated": 1, "resolved": 0}
    (told,) = incidents()
    assert (told["kind"], told["fingerprint"]) == ("stale", "stale:transactions:landed")
    assert told["title"] == "transactions: nothing has landed for 26.6 hours"
    assert told["body"] == {
        "station": "landed",
        "last": "2026-03-09T10:00:00+00:00",
        "limit": "26 hours",
        "rerun": "make wait TIMEOUT=60",
        "runbook": "docs/runbooks/stale.md",
    }

    aggregated({DAY: 1}, at=later)
    over()
    assert look_at_freshness(later) == {"opened": 0, "repeated": 0, "resolved": 1}
    (told,) = incidents()
    assert told["resolution"] == {"reason": "transactions was landed again within 26 hours"}


def test_a_dataset_that_is_not_evaluated_is_told_and_forgotten_with_its_setting(
    configure: Callable[..., Any],
) -> None:
    configure(freshness_hours={"transactions": 2})
    aggregated({DAY: 1}, at=NOW)
    evaluated(NOW - timedelta(hours=3))
    look_at_freshness(NOW)
    assert [one["fingerprint"] for one in incidents()] == ["stale:transactions:evaluated"]

    configure(freshness_hours={})
    assert look_at_freshness(NOW) == {"opened": 0, "repeated": 0, "resolved": 1}


def test_daily_runs_are_expected_from_when_the_first_one_began() -> None:
    assert look_at_freshness(NOW) == NOTHING
    daily(7, "succeeded")
    daily(9, "succeeded")
    daily(6, "succeeded", dry_run=True)
    daily(5, "succeeded", profile="default~12345678")

    assert look_at_freshness(NOW) == {"opened": 2, "repeated": 0, "resolved": 0}
    first, second = incidents()
    assert [first["fingerprint"], second["fingerprint"]] == [
        "missing_run:transactions:2026-03-08",
        "missing_run:transactions:2026-03-10",
    ]
    assert first["title"] == "transactions: the daily run of 2026-03-07 has not begun"
    assert first["run_id"] is None
    start = "2026-03-07T00:00:00+05:30"
    assert first["body"] == {
        "state": "has not begun",
        "interval": f"{start} to 2026-03-08T00:00:00+05:30",
        "due": "2026-03-08T06:00:00+05:30",
        "rerun": "make backfill DATASET=transactions FROM=2026-03-07",
        "runbook": "docs/runbooks/missing_run.md",
    }


def test_a_failed_daily_run_is_missing_until_another_succeeds() -> None:
    daily(9, "succeeded")
    daily(10, "failed")
    look_at_freshness(NOW)
    (told,) = incidents()
    assert told["title"] == "transactions: the daily run of 2026-03-09 has failed"
    assert "scheduled__10_failed" in told["body"]["airflow_run"]
    assert told["body"]["rerun"] == "make backfill DATASET=transactions FROM=2026-03-09"

    daily(10, "running")
    assert look_at_freshness(NOW)["repeated"] == 1
    daily(10, "succeeded")
    assert look_at_freshness(NOW) == {"opened": 0, "repeated": 0, "resolved": 1}
    assert incidents()[0]["resolution"] == {"reason": "run scheduled__10_succeeded has succeeded"}


@pytest.mark.parametrize(("minutes", "opened"), [(-1, 0), (0, 1)])
def test_a_daily_run_is_late_some_hours_after_its_days_end(minutes: int, opened: int) -> None:
    """The day ends at 18:30 UTC; six hours later its run is late."""
    daily(9, "succeeded")
    daily(10, "succeeded")
    daily(11, "running")
    now = datetime(2026, 3, 11, 0, 30, tzinfo=UTC) + timedelta(minutes=minutes)
    assert look_at_freshness(now)["opened"] == opened
    assert [one["body"]["rerun"] for one in incidents()] == [""] * opened


def test_a_run_that_never_comes_is_given_up_some_day() -> None:
    daily(9, "succeeded")
    look_at_freshness(NOW)
    for cut in range(11, 26):
        daily(cut, "succeeded")
    look_at_freshness(datetime(2026, 3, 23, 12, tzinfo=UTC))
    assert [one["resolved_at"] for one in incidents()] == [None]
    look_at_freshness(datetime(2026, 3, 24, 12, tzinfo=UTC))
    assert incidents()[0]["resolution"]["reason"].startswith("given up")


def test_a_run_hangs_from_the_end_of_its_lease_until_it_is_over() -> None:
    run_id, dry = open_test_run(dag_run_id="manual__1"), open_test_run(dry_run=True)
    sql("update runs set lease_until = %s", NOW)
    assert look_at_freshness(NOW) == NOTHING

    later = NOW + timedelta(hours=1)
    assert look_at_freshness(later) == {"opened": 1, "repeated": 0, "resolved": 0}
    (told,) = incidents()
    assert told["fingerprint"] == f"hanging_run:transactions:{run_id}"
    assert told["fingerprint"] != f"hanging_run:transactions:{dry}"
    assert told["title"] == "test: run manual__1 hangs, 1.0 hours beyond its lease"
    assert told["run_id"] == run_id
    assert told["body"]["rerun"] == "make rerun DAG=test RUN=manual__1"

    over()
    assert look_at_freshness(later) == {"opened": 0, "repeated": 0, "resolved": 1}
