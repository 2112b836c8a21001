"""What `make wait` waits for, and what it calls stuck, on a real ledger and bucket."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from include.errors import StackError
from include.store.connection import transaction
from include.store.incidents import open_incident
from stack.wait import look, wait_until_through
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
        wait_until_through(0)


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
        wait_until_through(0)
    with transaction() as conn:
        conn.execute("update outbox set status = 'sent'")
    wait_until_through(0)
