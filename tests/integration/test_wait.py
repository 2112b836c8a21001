"""What `make wait` waits for, and what it calls stuck, on a real ledger and bucket."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest
from botocore.exceptions import EndpointConnectionError

from include.errors import StackError
from include.stages.pending import pending
from include.store.attempts import publish_attempt, start_attempt
from include.store.connection import transaction
from include.store.incidents import open_incident
from stack.outage import in_words
from stack.process import free_port
from stack.wait import in_one_line, look, wait_until_through
from tests.flow import close_flow, open_flow, put, stage

pytestmark = pytest.mark.usefixtures("database", "bucket")
CHUNK = b"step,customer,age,gender,zipcodeOri,merchant,zipMerchant,category,amount,fraud\n"


@pytest.fixture(autouse=True)
def settled_at_once(configure: Callable[..., object]) -> None:
    configure(settle_seconds=0)


def test_an_empty_stack_is_through() -> None:
    wait_until_through(0)


def test_an_object_that_nobody_has_taken_is_waited_for() -> None:
    put("transactions", "chunk_0.csv", CHUNK)
    assert look().waiting == ["transactions: 1 objects on S3 that no run has taken"]
    with pytest.raises(StackError, match="not through after 0 seconds:\ntransactions: 1 objects"):
        wait_until_through(0)


def test_an_object_still_being_written_is_waited_for(configure: Callable[..., object]) -> None:
    configure(settle_seconds=3600)
    put("transactions", "chunk_0.csv", CHUNK)
    assert look().waiting == ["transactions: 1 objects on S3 that no run has taken"]


def test_a_run_and_its_chunks_are_waited_for() -> None:
    put("transactions", "chunk_0.csv", CHUNK)
    stage("land")(open_flow(number=900))
    assert look().waiting == ["transactions: 1 runs in progress", "transactions: 1 chunks between two stages"]
    with pytest.raises(StackError) as stuck:
        wait_until_through(0)
    assert "transactions: run 1 is between two stages for " in str(stuck.value)
    assert "logs/airflow/dag_id=transactions/run_id=flow-900/\n" in str(stuck.value)


def test_a_run_that_hangs_is_named_with_its_stage_and_log() -> None:
    put("transactions", "chunk_0.csv", CHUNK)
    run_id = open_flow(number=903)
    stage("land")(run_id)
    dry_run = open_flow(number=904, dry_run=True)
    with transaction() as conn:
        for run, name in ((run_id, "check"), (run_id, "check"), (dry_run, "land")):
            start_attempt(conn, run, name)
    with pytest.raises(StackError) as stuck:
        wait_until_through(0)
    assert f"transactions: run {run_id} is in check, attempt 2, for " in str(stuck.value)
    assert "logs/airflow/dag_id=transactions/run_id=flow-903/task_id=check/" in str(stuck.value)
    assert "flow-904" not in str(stuck.value)


def test_what_a_failed_run_left_is_waited_for_and_its_log_named() -> None:
    put("transactions", "chunk_0.csv", CHUNK)
    stage("land")(open_flow(number=901))
    with transaction() as conn:
        conn.execute("update runs set status = 'failed'")
    with pytest.raises(StackError) as stuck:
        wait_until_through(0)
    assert "1 chunks that a failed run left behind" in str(stuck.value)
    assert "the newest run failed" in str(stuck.value)
    assert "logs/airflow/dag_id=transactions/run_id=flow-901/" in str(stuck.value)


@pytest.mark.parametrize("status", ["held", "unreadable"])
def test_a_stopped_chunk_is_not_waited_for_and_is_an_error(status: str) -> None:
    put("transactions", "chunk_0.csv", CHUNK)
    stage("land")(open_flow(number=902))
    close_flow("transactions", 902)
    with transaction() as conn:
        conn.execute("update chunks set status = %s, reason = 'one category only'", [status])
    with pytest.raises(StackError, match=f"chunk_0.csv is {status}: one category only"):
        wait_until_through(600)
    with transaction() as conn:
        conn.execute("update chunks set landed_at = landed_at - interval '1 hour'")
        conn.execute("update runs set finished_at = finished_at - interval '1 hour'")
    (older,) = wait_until_through(600)
    assert in_one_line([older]).endswith(
        f"transactions: chunk transaction_chunks/chunk_0.csv is {status}: one category only"
    )
    with pytest.raises(StackError):
        wait_until_through(4000)
    with transaction() as conn:
        conn.execute("update chunks set checked_at = now()")
    with pytest.raises(StackError):
        wait_until_through(600)


def test_a_failed_run_counts_until_a_newer_one_succeeded() -> None:
    for number in (905, 906):
        open_flow(number=number)
        with transaction() as conn:
            conn.execute("update runs set status = 'failed', finished_at = now() - interval '1 day'")
        with pytest.raises(StackError, match="the newest run failed"):
            wait_until_through(0)
    open_flow(number=907)
    close_flow("transactions", 907)
    assert wait_until_through(0) == []


def test_past_days_that_a_run_left_are_waited_for_until_a_run_judged_them() -> None:
    for number, left in ((908, 9), (909, 0), (910, 3)):
        run_id = open_flow(number=number)
        with transaction() as conn:
            attempt = start_attempt(conn, run_id, "detect")
            publish_attempt(conn, attempt, {"cuts_left": left}, output=None, operations=[])
        close_flow("transactions", number)
        expected = [f"transactions: {left} past days left to the next run to judge"] if left else []
        assert look().waiting == expected
        assert len(pending("transactions")) == left
    with transaction() as conn:
        conn.execute("update runs set status = 'failed' where run_id = %s", [run_id])
    assert look().waiting == [], "a run that failed is told of, and not begun again and again"


def test_an_alert_is_waited_for_until_it_is_sent_or_dead() -> None:
    with transaction() as conn:
        open_incident(
            conn,
            kind="detections",
            dataset="transactions",
            severity="info",
            fingerprint="a",
            title="2 CHILD",
            body={},
            run_id=None,
        )
    assert look().waiting == ["alert_delivery: 1 deliveries not yet accepted"]
    with transaction() as conn:
        conn.execute("update outbox set status = 'dead', last_error = 'refused'")
    with pytest.raises(StackError, match=r"alert not deliverable over log: 2 CHILD \(refused\)"):
        wait_until_through(600)
    with transaction() as conn:
        conn.execute("update outbox set next_try_at = now() - interval '1 hour'")
    (older,) = wait_until_through(600)
    assert older.what == "alert not deliverable over log: 2 CHILD (refused)"
    with transaction() as conn:
        conn.execute("update outbox set status = 'sent'")
    assert wait_until_through(600) == []


def test_a_service_out_of_reach_is_named_at_once_with_its_log(configure: Callable[..., object]) -> None:
    nowhere = f"http://127.0.0.1:{free_port()}"
    configure(s3_endpoint=nowhere, s3_tries=1)
    with pytest.raises(EndpointConnectionError) as unreachable:
        wait_until_through(600)
    assert (in_words(unreachable.value) or "").startswith("S3 cannot be used: ")
    assert nowhere in str(in_words(unreachable.value))
    configure(postgres_dsn=f"postgresql://vigil@127.0.0.1:{free_port()}/vigil", postgres_patience=0)
    with pytest.raises(psycopg.OperationalError) as refused:
        wait_until_through(600)
    words = in_words(refused.value) or ""
    assert words.startswith("Postgres cannot be used: ")
    assert "logs/postgres.log; `make up` starts it" in words


def test_an_error_that_is_no_services_has_no_such_words() -> None:
    assert in_words(psycopg.DataError("a value")) is None
    assert in_words(ConnectionError("elsewhere")) is None
