"""What Airflow's callbacks write: one incident per failed task, and the end of runs."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from include.errors import ChunksHeld
from include.store.attempts import publish_attempt, start_attempt
from include.store.connection import transaction
from include.store.incidents import open_incident
from include.store.runs import Scope, find_run, finish_run, open_run, running_runs

pytestmark = pytest.mark.usefixtures("database")


def open_transactions(dag_run_id: str = "manual__1", *, dry_run: bool = False) -> int:
    with transaction() as conn:
        run = open_run(
            conn,
            dataset="transactions",
            dag_id="transactions",
            dag_run_id=dag_run_id,
            started_at=datetime.now(UTC),
            dry_run=dry_run,
            profile="default",
            scope=Scope(max_chunks=1, max_bytes=1),
        )
    return run.run_id


def context(task: str = "check", dag_run_id: str = "manual__1", **more: Any) -> Any:
    """A callback's context, as far as the notifiers look at it."""
    ti = SimpleNamespace(dag_id="transactions", run_id=dag_run_id, task_id=task, try_number=6)
    dag = SimpleNamespace(dag_id="transactions")
    return {"ti": ti, "dag": dag, "run_id": dag_run_id, "params": {"dry_run": False}, **more}


def notify(context: Any) -> None:
    from plugins.notifiers import IncidentNotifier

    IncidentNotifier(dataset="transactions").notify(context)


def incidents() -> list[dict[str, Any]]:
    with transaction() as conn:
        return conn.execute("select * from incidents order by incident_id").fetchall()


def failed(error: Exception, cause: Exception | None = None) -> Exception:
    error.__cause__ = cause
    return error


def test_a_failed_task_is_one_incident_however_often_its_callback_runs(configure: Any) -> None:
    configure(airflow_url="http://127.0.0.1:8080/")
    run_id = open_transactions()
    for _ in range(2):
        notify(context(exception=failed(RuntimeError("no memory"))))

    (incident,) = incidents()
    assert (incident["kind"], incident["severity"], incident["repeats"]) == ("task_failed", "critical", 1)
    assert incident["run_id"] == run_id
    assert incident["body"]["error"] == "no memory"
    assert incident["body"]["airflow_run"] == "http://127.0.0.1:8080/dags/transactions/runs/manual__1"
    assert incident["body"]["data_docs"] == "http://127.0.0.1:8080/vigil/transactions/manual__1/docs"


def test_a_run_that_the_ledger_does_not_know_has_no_data_docs(configure: Any) -> None:
    configure(airflow_url="http://127.0.0.1:8080")
    notify(context("freshness"))

    (incident,) = incidents()
    assert incident["run_id"] is None
    assert "data_docs" not in incident["body"]


def test_tasks_and_runs_are_incidents_of_their_own() -> None:
    notify(context("land"))
    notify(context("check"))
    notify(context("check", "manual__2"))

    assert [(one["body"]["task"], one["run_id"]) for one in incidents()] == [
        ("land", None),
        ("check", None),
        ("check", None),
    ]


def test_a_lost_process_says_so() -> None:
    notify(context())
    notify(context("load", reason="Task did not emit heartbeat within time limit"))

    assert [one["body"]["error"] for one in incidents()] == [
        "the task's process was lost",
        "Task did not emit heartbeat within time limit",
    ]


def test_held_chunks_are_named() -> None:
    run_id = open_transactions()
    held = [{"chunk_id": "0", "key": "chunk_0.csv", "reason": "one category", "docs": "a.html"}]
    with transaction() as conn:
        attempt = start_attempt(conn, run_id, "check")
        publish_attempt(conn, attempt, {"held": held, "unreadable": []}, output=None, operations=[])

    notify(context("check_verdict", exception=failed(Exception("held"), ChunksHeld("chunk_0.csv is held"))))

    (incident,) = incidents()
    assert incident["kind"] == "held"
    assert incident["title"] == "transactions: chunks stopped by their checks, 1 held"
    assert incident["body"]["held"] == held
    assert "unreadable" not in incident["body"]


@pytest.mark.parametrize("aggregated", [True, False])
def test_what_waits_for_a_person_is_said_once_the_chunks_are_aggregated(aggregated: bool) -> None:
    run_id = open_transactions()
    stage = "aggregate" if aggregated else "check"
    with transaction() as conn:
        publish_attempt(conn, start_attempt(conn, run_id, stage), {}, output=None, operations=[])

    notify(context("detect", exception=failed(RuntimeError("no memory"))))

    (incident,) = incidents()
    assert ("next" in incident["body"]) is aggregated
    assert incident["fingerprint"] == "task_failed:transactions:transactions:detect:manual__1"


def test_a_dry_run_alerts_nobody() -> None:
    notify(context(params={"dry_run": True}, exception=failed(RuntimeError("no memory"))))

    assert incidents() == []


@pytest.mark.parametrize(("succeeded", "status"), [(True, "succeeded"), (False, "failed")])
def test_the_end_of_a_dag_run_ends_the_ledgers_run_once(succeeded: bool, status: str) -> None:
    from plugins.notifiers import RunNotifier

    open_transactions()
    other = open_transactions("manual__2")
    RunNotifier(succeeded=succeeded).notify(context())
    RunNotifier(succeeded=not succeeded).notify(context())

    with transaction() as conn:
        run = find_run(conn, dag_id="transactions", dag_run_id="manual__1")
        assert run is not None
        assert run.status == status
        assert [one.run_id for one in running_runs(conn, dataset="transactions")] == [other]


def test_a_failed_run_of_which_no_task_told_is_an_incident() -> None:
    from plugins.notifiers import RunNotifier

    run_id = open_transactions()
    for _ in range(2):
        RunNotifier(succeeded=False).notify(context())

    (incident,) = incidents()
    assert (incident["kind"], incident["run_id"], incident["repeats"]) == ("task_failed", run_id, 0)
    assert incident["fingerprint"] == "task_failed:transactions:transactions:-:manual__1"
    assert incident["body"]["airflow_run"].endswith("/dags/transactions/runs/manual__1")
    assert incident["body"]["runbook"] == "docs/runbooks/task_failed.md"


@pytest.mark.parametrize("told", ["failed", "held"])
def test_a_failed_run_of_which_a_task_told_is_no_other_incident(told: str) -> None:
    from plugins.notifiers import RunNotifier

    open_transactions()
    cause = ChunksHeld("chunk_0.csv is held") if told == "held" else None
    notify(context("check_verdict", exception=failed(Exception("stopped"), cause)))
    RunNotifier(succeeded=False).notify(context())

    assert [one["body"]["task"] for one in incidents()] == ["check_verdict"]


def test_what_a_run_said_of_a_chunk_does_not_tell_that_it_failed() -> None:
    from plugins.notifiers import RunNotifier

    run_id = open_transactions()
    with transaction() as conn:
        open_incident(
            conn,
            kind="held",
            dataset="transactions",
            severity="critical",
            fingerprint=f"held:transactions:{'0' * 64}:{run_id - 1}",
            title="held",
            body={},
            run_id=run_id,
        )
    RunNotifier(succeeded=False).notify(context())

    assert [one["kind"] for one in incidents()] == ["held", "task_failed"]


@pytest.mark.parametrize(("dry_run", "succeeded"), [(True, False), (False, True)])
def test_dry_runs_and_runs_that_succeeded_end_in_silence(dry_run: bool, succeeded: bool) -> None:
    from plugins.notifiers import RunNotifier

    open_transactions(dry_run=dry_run)
    RunNotifier(succeeded=succeeded).notify(context())

    assert incidents() == []


def test_the_end_of_a_run_that_never_began_is_nothing() -> None:
    with transaction() as conn:
        assert finish_run(conn, dag_id="transactions", dag_run_id="manual__9", succeeded=False) is None
        assert find_run(conn, dag_id="transactions", dag_run_id="manual__9") is None


def recover(
    task: str = "check", dag_run_id: str = "manual__2", *, upstream: tuple[str, ...] = (), **more: Any
) -> None:
    from plugins.notifiers import RecoveryNotifier

    given = context(task, dag_run_id, **more)
    given["task"] = SimpleNamespace(upstream_task_ids=set(upstream))
    given["ti"].start_date = more.get("start_date", datetime.now(UTC))
    RecoveryNotifier(dataset="transactions").notify(given)


def still_open() -> list[str]:
    return [one["fingerprint"] for one in incidents() if one["resolved_at"] is None]


def test_a_failed_task_is_over_when_it_succeeds_in_this_or_a_later_run() -> None:
    notify(context("check"))
    notify(context("check", "manual__2"))
    notify(context("detect"))

    recover("check", "manual__3")

    assert still_open() == ["task_failed:transactions:transactions:detect:manual__1"]
    resolution = incidents()[0]["resolution"]
    assert resolution["reason"] == "task check succeeded in run manual__3"
    assert resolution["airflow_run"].endswith("/dags/transactions/runs/manual__3")


def test_a_task_that_ended_in_the_triggerer_is_over_with_the_one_after_it() -> None:
    notify(context("wait_for_chunks"))

    recover("run_flow", upstream=("wait_for_chunks",))

    assert still_open() == []


def test_what_failed_since_a_task_began_is_not_made_up_for_by_it() -> None:
    began = datetime.now(UTC)
    notify(context("check"))

    recover("check", start_date=began)

    assert len(still_open()) == 1


def test_a_dry_run_ends_no_incident() -> None:
    notify(context("check"))

    recover("check", params={"dry_run": True})

    assert len(still_open()) == 1


def test_chunks_stay_stopped_when_later_ones_pass() -> None:
    notify(context("check_verdict", exception=failed(Exception("held"), ChunksHeld("chunk_0.csv is held"))))

    recover("check_verdict")

    assert len(still_open()) == 1


def test_a_failed_run_of_which_no_task_told_is_over_with_the_next_that_succeeds() -> None:
    from plugins.notifiers import RunNotifier

    open_transactions()
    open_transactions("manual__2")
    RunNotifier(succeeded=False).notify(context())
    assert len(still_open()) == 1

    RunNotifier(succeeded=True).notify(context(dag_run_id="manual__2"))

    assert still_open() == []
    assert incidents()[0]["resolution"]["reason"] == "run manual__2 of transactions succeeded"
