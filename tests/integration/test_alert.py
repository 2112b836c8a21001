"""The alert stage: which new detections open an incident, and how often."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from include.stages.alert import alert
from include.store.attempts import add_figures, publish_attempt, start_attempt
from include.store.connection import Connection, transaction
from include.store.detections import Holding, fold, lock_episodes, mark_loaded
from include.store.evaluations import Evaluation, record_evaluation
from include.store.incidents import open_incident
from include.store.runs import Scope, open_run

pytestmark = pytest.mark.usefixtures("database")

DAY = date(2026, 3, 1)


def reached(stage: str, *runs: int) -> None:
    """The stage of these runs is published."""
    with transaction() as conn:
        for run_id in runs:
            publish_attempt(conn, start_attempt(conn, run_id, stage), {}, output=None, operations=[])


def run(number: int, *, dry_run: bool = False, profile: str = "default", **thresholds: int) -> int:
    with transaction() as conn:
        opened = open_run(
            conn,
            dataset="transactions",
            dag_id="transactions",
            dag_run_id=f"manual__{number}",
            started_at=datetime(2026, 3, 5, number, tzinfo=UTC),
            dry_run=dry_run,
            profile=profile,
            scope=Scope(max_chunks=1, max_bytes=1, alert_thresholds=thresholds),
        )
    return opened.run_id


def found(
    run_id: int, *merchants: str, rule: str = "child", day: date = DAY, profile: str = "default"
) -> None:
    """The run's evaluation at the end of this day: these merchants hold, and nothing else."""
    with transaction() as conn:
        found_by(conn, run_id, *merchants, rule=rule, day=day, profile=profile)


def found_by(
    conn: Connection,
    run_id: int,
    *merchants: str,
    rule: str = "child",
    day: date = DAY,
    profile: str = "default",
) -> None:
    """The same in a transaction that is open."""
    evaluation = Evaluation(
        rule=rule,
        rule_version=1,
        profile=profile,
        parameters={},
        cut=day + timedelta(days=1),
        through_seq=run_id,
        reference="",
        digest="0" * 64,
        path="",
        holds=len(merchants),
        run_id=run_id,
    )
    holding = [Holding({"customer": "C1", "merchant": name}, {}, day, day) for name in merchants]
    record_evaluation(conn, "transactions", evaluation)
    fold(conn, "transactions", evaluation, lambda _: holding, datetime.now(UTC))
    mark_loaded(conn, evaluation, superseded=False)


def wait_for_a_lock() -> None:
    """Until somebody waits for an advisory lock; fails after ten seconds."""
    end = time.monotonic() + 10
    while time.monotonic() < end:
        with transaction() as conn:
            if conn.execute("select 1 from pg_locks where locktype = 'advisory' and not granted").fetchone():
                return
        time.sleep(0.02)
    raise AssertionError("nobody waits")


def rows(table: str) -> list[dict[str, Any]]:
    with transaction() as conn:
        return conn.execute(f"select * from {table} order by 1, 2").fetchall()


@pytest.mark.parametrize(("threshold", "alerts"), [(2, 1), (3, 1), (4, 0)])
def test_a_day_alerts_from_its_threshold_on(threshold: int, alerts: int) -> None:
    first = run(1, child=threshold)
    found(first, "M1", "M2", "M3")

    assert len(alert(first)["incidents"]) == alerts

    assert len(rows("incidents")) == alerts
    assert [row["channel"] for row in rows("outbox")] == ["log"] * alerts


def test_one_is_enough_for_a_rule_without_a_threshold() -> None:
    first = run(1, upgrade=5)
    found(first, "M1")

    alert(first)

    (incident,) = rows("incidents")
    assert incident["kind"] == "detections"
    assert incident["run_id"] == first
    assert incident["body"]["found"] == 1
    assert incident["body"]["entities"] == [{"customer": "C1", "merchant": "M1"}]
    assert incident["body"]["event_day"] == "2026-03-01"


def test_a_day_that_comes_in_pieces_alerts_once_when_their_sum_is_enough() -> None:
    first, second, third = (run(number, child=3) for number in (1, 2, 3))
    found(first, "M1", "M2")
    assert alert(first) == {"incidents": [], "repeated": 0}

    found(second, "M1", "M2", "M3")
    opened = alert(second)
    assert opened["repeated"] == 0

    found(third, "M1", "M2", "M3", "M4")
    assert alert(third) == {"incidents": opened["incidents"], "repeated": 1}

    (incident,) = rows("incidents")
    assert (incident["repeats"], incident["body"]["found"], incident["body"]["added_by_run"]) == (1, 3, 1)
    assert len(rows("outbox")) == 1


def test_days_rules_and_profiles_alert_apart() -> None:
    first, second = run(1), run(2, profile="sample")
    found(first, "M1")
    found(first, "M1", "M2", day=DAY + timedelta(days=1))
    found(first, "M1", rule="upgrade")
    found(second, "M1", profile="sample")

    assert len(alert(first)["incidents"]) == 3
    assert len(alert(second)["incidents"]) == 1

    assert {row["fingerprint"] for row in rows("incidents")} == {
        "detections:transactions:child:default:2026-03-01",
        "detections:transactions:child:default:2026-03-02",
        "detections:transactions:upgrade:default:2026-03-01",
        "detections:transactions:child:sample:2026-03-01",
    }


def test_what_a_run_loaded_and_never_alerted_on_is_alerted_once_by_the_next() -> None:
    failed, fine, later = run(1), run(2), run(3)
    found(failed, "M1", "M2")
    found(failed, "M1", rule="upgrade")
    reached("load", failed, fine, later)  # the failed run's upload never came through

    alerted = alert(fine)

    assert (len(alerted["incidents"]), alerted["repeated"]) == (2, 0)
    bodies = {row["body"]["rule"]: row["body"] for row in rows("incidents")}
    assert (bodies["child"]["found"], bodies["child"]["added_by_run"]) == (2, 2)
    assert alert(later) == {"incidents": [], "repeated": 0}
    assert alert(failed)["repeated"] == 2, "cleared at last: known already"
    assert len(rows("outbox")) == 2


def test_what_a_cleared_run_loads_after_others_alerted_is_alerted_by_the_next() -> None:
    failed, fine, later = run(1), run(2), run(3)
    reached("load", fine)
    alert(fine)
    found(failed, "M1")
    reached("load", failed)

    assert len(alert(later)["incidents"]) == 1


def test_what_was_being_loaded_while_another_run_alerted_is_alerted_by_the_next() -> None:
    failed, meanwhile, later = run(1), run(2), run(3)
    found(failed, "M1")
    with transaction() as conn:
        attempt = start_attempt(conn, failed, "load")
    with transaction() as conn:
        publish_attempt(conn, attempt, {}, output=None, operations=[])
        assert alert(meanwhile) == {"incidents": [], "repeated": 0}
        add_figures(conn, attempt, {"opened": {"child": 1}})

    assert len(alert(later)["incidents"]) == 1


def test_an_alert_waits_for_a_load_that_is_halfway() -> None:
    loading, this = run(1), run(2)
    with transaction() as conn:
        attempt = start_attempt(conn, loading, "load")
    with ThreadPoolExecutor(1) as pool:
        with transaction() as conn:
            publish_attempt(conn, attempt, {}, output=None, operations=[])
            lock_episodes(conn, "transactions", "default", ["child"])
            alerting = pool.submit(alert, this)
            wait_for_a_lock()
            found_by(conn, loading, "M1")
            conn.execute(
                "update detections set last_run = %s", [this]
            )  # as one that falls back to its values
        assert len(alerting.result()["incidents"]) == 1


@pytest.mark.parametrize("case", ["load unpublished", "dry", "another profile", "a later run"])
def test_what_other_runs_found_is_not_this_runs_to_alert_on(case: str) -> None:
    profile = "sample" if case == "another profile" else "default"
    first, second = run(1, dry_run=case == "dry", profile=profile), run(2)
    other, this = (second, first) if case == "a later run" else (first, second)
    found(other, "M1", profile=profile)
    if case != "load unpublished":
        reached("load", other)

    assert alert(this) == {"incidents": [], "repeated": 0}


def test_what_only_goes_on_holding_or_reopens_is_not_new() -> None:
    first, second, third = run(1), run(2), run(3)
    found(first, "M1", day=DAY)
    alert(first)
    found(second, day=DAY + timedelta(days=1))
    found(third, "M1", day=DAY + timedelta(days=1))

    assert alert(second) == {"incidents": [], "repeated": 0}
    assert alert(third) == {"incidents": [], "repeated": 0}

    (incident,) = rows("incidents")
    assert incident["repeats"] == 0


def test_running_the_task_again_repeats_nothing() -> None:
    first = run(1)
    found(first, "M1")

    assert alert(first) == alert(first)

    (incident,) = rows("incidents")
    assert incident["repeats"] == 0


def test_a_dry_run_alerts_nobody() -> None:
    first = run(1, dry_run=True)
    found(first, "M1")

    alert(first)

    assert rows("incidents") == rows("outbox") == []


def test_the_webhook_is_a_second_channel_when_it_is_set(configure: Any) -> None:
    configure(webhook_url="http://127.0.0.1:9/")
    with transaction() as conn:
        for _ in range(2):
            open_incident(
                conn,
                kind="held",
                dataset="transactions",
                severity="critical",
                fingerprint="held:1",
                title="held",
                body={},
                run_id=None,
            )

    assert [row["channel"] for row in rows("outbox")] == ["log", "webhook"]
    assert rows("incidents")[0]["repeats"] == 1
