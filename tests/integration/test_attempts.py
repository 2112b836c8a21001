"""Attempts on a real Postgres: one counts, whoever comes late does not, and a repeated task costs nothing."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import psycopg
import pytest

from include.errors import ConfigError, Superseded
from include.stages.stage import Outcome, run_stage
from include.store.attempts import Attempt, publish_attempt, published_figures, start_attempt
from include.store.connection import Connection, transaction
from include.store.migrations import migrate
from include.store.runs import Run, Scope, finish_run, get_run, open_run, pin_position

pytestmark = pytest.mark.usefixtures("database")
STARTED = datetime(2026, 3, 1, 12, tzinfo=UTC)


def new_run(
    dag_run_id: str = "manual__1",
    *,
    dry_run: bool = False,
    generation: int = 0,
    started_at: datetime = STARTED,
) -> Run:
    with transaction() as conn:
        return open_run(
            conn,
            dataset="transactions",
            dag_id="transactions",
            dag_run_id=dag_run_id,
            started_at=started_at,
            dry_run=dry_run,
            profile="default",
            scope=Scope(max_chunks=5, max_bytes=100),
            generation=generation,
        )


def attempts_of(run_id: int) -> list[tuple[int, bool]]:
    with transaction() as conn:
        rows = conn.execute(
            "select attempt, finished_at is not null as done from attempts where run_id = %s order by 1",
            [run_id],
        )
        return [(row["attempt"], row["done"]) for row in rows]


def test_a_run_is_opened_once_and_keeps_its_first_scope() -> None:
    first = new_run()
    with transaction() as conn:
        again = open_run(
            conn,
            dataset="transactions",
            dag_id="transactions",
            dag_run_id="manual__1",
            started_at=datetime.now(UTC),
            dry_run=True,
            profile="sample",
            scope=Scope(max_chunks=99, max_bytes=99),
        )
    assert again == first
    assert again.scope.kind == "chunks"


def test_a_scope_that_was_stored_without_its_kind_is_one_of_chunks() -> None:
    run = new_run()
    with transaction() as conn:
        conn.execute("update runs set scope = scope - 'kind'")
        assert get_run(conn, run.run_id) == run


def test_a_failed_run_that_starts_again_is_running() -> None:
    run = new_run()
    with transaction() as conn:
        finish_run(conn, dag_id=run.dag_id, dag_run_id=run.dag_run_id, succeeded=False)
        assert get_run(conn, run.run_id).status == "failed"
    assert new_run().status == "running"


def test_a_run_cleared_while_it_is_at_work_is_opened_anew_under_a_start_of_its_own() -> None:
    first, second, again, third = (new_run(generation=number) for number in (0, 1, 1, 2))
    assert again == second
    assert len({first.run_id, second.run_id, third.run_id}) == 3
    assert first.started_at == STARTED < second.started_at < third.started_at
    with transaction() as conn:
        statuses = [get_run(conn, one.run_id).status for one in (first, second, third)]
    assert statuses == ["failed", "failed", "running"]


def test_a_run_cleared_when_it_was_over_starts_when_airflow_says() -> None:
    later = STARTED + timedelta(hours=1)
    new_run()
    assert new_run(generation=1, started_at=later).started_at == later


def test_a_failed_run_of_which_a_stage_is_worked_again_is_running_until_it_ends_again() -> None:
    run, seen = new_run(), []
    name = {"dag_id": run.dag_id, "dag_run_id": run.dag_run_id}
    with transaction() as conn:
        finish_run(conn, **name, succeeded=False)

    def work(run: Run, attempt: Attempt) -> Outcome:
        with transaction() as conn:
            seen.extend(conn.execute("select status, finished_at from runs").fetchall())
        return Outcome({})

    run_stage("detect", run.run_id, work)
    assert seen == [{"status": "running", "finished_at": None}]
    with transaction() as conn:
        ended = finish_run(conn, **name, succeeded=True)
    assert ended is not None and ended.status == "succeeded"


def test_an_unknown_run_is_named() -> None:
    with transaction() as conn, pytest.raises(ConfigError, match="no run 4711"):
        get_run(conn, 4711)


def test_the_position_is_pinned_by_the_first_caller() -> None:
    run = new_run()
    with transaction() as conn:
        pin_position(conn, run.run_id, datetime(2026, 3, 2).date(), 7)
        pin_position(conn, run.run_id, datetime(2026, 4, 2).date(), 8)
        pinned = get_run(conn, run.run_id)
    assert (str(pinned.cut), pinned.through_seq) == ("2026-03-02", 7)


def test_a_stage_that_is_published_is_not_worked_again() -> None:
    run, worked = new_run(), []

    def work(run: Run, attempt: Attempt) -> Outcome:
        worked.append(attempt.number)
        return Outcome({"rows": 3})

    assert run_stage("check", run.run_id, work) == {"rows": 3}
    assert run_stage("check", run.run_id, work) == {"rows": 3}
    assert worked == [1]


def test_a_runs_row_names_its_airflow_run_and_the_spark_operations_of_what_it_published() -> None:
    run = new_run()

    def overtaken(run: Run, attempt: Attempt) -> Outcome:
        if attempt.number == 1:
            run_stage("check", run.run_id, lambda run, newer: Outcome({}, operations=["c", "b"]))
        return Outcome({}, operations=["never published"])

    run_stage("land", run.run_id, lambda run, attempt: Outcome({}))
    run_stage("check", run.run_id, overtaken)
    run_stage("detect", run.run_id, lambda run, attempt: Outcome({}, operations=["a"]))

    with transaction() as conn:
        row = get_run(conn, run.run_id)
    assert (row.dag_id, row.dag_run_id) == ("transactions", "manual__1")
    assert row.spark_operations == ["c", "b", "a"]


def test_what_publishing_learns_joins_the_figures() -> None:
    run = new_run()
    figures = run_stage(
        "aggregate", run.run_id, lambda run, attempt: Outcome({"rows": 3}, lambda conn: {"seq": 9})
    )
    assert figures == {"rows": 3, "seq": 9}
    with transaction() as conn:
        assert published_figures(conn, run.run_id, "aggregate") == figures


def test_a_dry_run_publishes_only_its_figures() -> None:
    run = new_run(dry_run=True)

    def publish(conn: Connection) -> None:
        raise AssertionError("a dry run must not publish")

    assert run_stage("load", run.run_id, lambda run, attempt: Outcome({"opened": 1}, publish)) == {
        "opened": 1
    }


def test_a_failed_attempt_leaves_the_way_free() -> None:
    run = new_run()

    def breaks(run: Run, attempt: Attempt) -> Outcome:
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        run_stage("land", run.run_id, breaks)
    assert run_stage("land", run.run_id, lambda run, attempt: Outcome({"try": attempt.number})) == {"try": 2}


def test_a_failing_publish_takes_the_attempt_back() -> None:
    run = new_run()

    def publish(conn: Connection) -> None:
        conn.execute("insert into dataset_clock (dataset) values ('half done')")
        raise OSError("killed between two statements")

    with pytest.raises(OSError):
        run_stage("aggregate", run.run_id, lambda run, attempt: Outcome({}, publish))
    with transaction() as conn:
        assert conn.execute("select * from dataset_clock").fetchall() == []
    assert attempts_of(run.run_id) == [(1, False)]


def test_a_zombie_gives_way_to_its_successor() -> None:
    run = new_run()

    def overtaken(run: Run, attempt: Attempt) -> Outcome:
        if attempt.number == 1:
            run_stage("check", run.run_id, lambda run, newer: Outcome({"by": newer.number}))
        return Outcome({"by": attempt.number})

    assert run_stage("check", run.run_id, overtaken) == {"by": 2}
    assert attempts_of(run.run_id) == [(1, False), (2, True)]


def test_a_fenced_attempt_may_not_publish_even_first() -> None:
    run = new_run()
    with transaction() as conn:
        old = start_attempt(conn, run.run_id, "check")
        start_attempt(conn, run.run_id, "check")
    with pytest.raises(Superseded, match="attempt 1"), transaction() as conn:
        publish_attempt(conn, old, {}, output=None, operations=[])
    assert attempts_of(run.run_id) == [(1, False), (2, False)]


def test_of_eight_at_once_one_counts() -> None:
    run, barrier, published = new_run(), Barrier(8), []

    def work(run: Run, attempt: Attempt) -> Outcome:
        barrier.wait(timeout=60)
        return Outcome({"by": attempt.number}, lambda conn: published.append(attempt.number))

    def one(_: int) -> object:
        try:
            return run_stage("detect", run.run_id, work)
        except Superseded as refused:
            return refused

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(one, range(8)))
    with transaction() as conn:
        counts = published_figures(conn, run.run_id, "detect")
    assert published == [8] and counts == {"by": 8}
    assert all(result == counts or isinstance(result, Superseded) for result in results)


def test_the_stages_of_a_run_are_tried_apart() -> None:
    run = new_run()
    for stage in ("land", "check"):
        assert run_stage(stage, run.run_id, lambda run, attempt: Outcome({"n": attempt.number})) == {"n": 1}


def test_a_word_that_is_no_stage_is_refused() -> None:
    with pytest.raises(psycopg.errors.CheckViolation):
        run_stage("polish", new_run().run_id, lambda run, attempt: Outcome({}))


def test_migrating_twice_changes_nothing() -> None:
    assert migrate() == []


@pytest.mark.parametrize(
    ("tamper", "message"),
    [
        (
            "update migrations set checksum = repeat('0', 64) where name = '0001_ledger'",
            "0001_ledger.* changed",
        ),
        ("insert into migrations values ('0000_gone', repeat('0', 64))", "0000_gone"),
        ("delete from migrations where name = '0001_ledger'", "0001_ledger.* sorts before"),
    ],
)
def test_a_history_of_migrations_that_does_not_fit_is_refused(tamper: str, message: str) -> None:
    with transaction() as conn:
        conn.execute(tamper)
    with pytest.raises(ConfigError, match=message):
        migrate()
