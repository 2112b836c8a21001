"""Plans of a sequence: deltas of the days that count, facts kept at the same cut, what retention took."""

from __future__ import annotations

from collections.abc import Sequence as Many
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from include.errors import ContractError, Expired
from include.spark_jobs.sequences.sequence import Fact, Sequence
from include.state.plan import ROWS_FLOOR, Checkpoint, Delta, StatePlan
from include.store.connection import Connection, transaction
from include.store.removals import mark
from include.store.retention import EXPIRIES, old
from include.store.state import earliest_cut, plan_state, record_checkpoint, record_delta
from tests.batches import new_run
from tests.integration.test_state_plan import DAY0, PAIRS, aggregated, day, positions, spans

pytestmark = [pytest.mark.postgres, pytest.mark.usefixtures("database")]

DAYS = 2
KEPT_DAYS = 3
STATE = next(expiry for expiry in EXPIRIES if expiry.kind == "state")


def _unused(*_: Any) -> Any:
    raise AssertionError("plans are made without Spark")


CLICKS = Sequence(
    name="clicks",
    dataset="transactions",
    version=1,
    doc="for plans",
    owner="tests",
    keys={"customer": "string"},
    columns={"event_time": "timestamp"},
    project=_unused,
    days=DAYS,
    facts={"clicks": Fact("bigint", "clicks of the day")},
    build=_unused,
)


@pytest.fixture
def run_id(database: str) -> int:
    """A run that publishes everything."""
    return new_run().run_id


def publish(conn: Connection, run_id: int, seq: int, first: int, last: int) -> None:
    aggregated(conn, run_id, seq, first, 5)
    conn.execute("update chunks set last_day = %s, aggregated_at = now() where seq = %s", (day(last), seq))
    record_delta(conn, run_id, CLICKS, seq, Delta(f"delta {seq}", 10, day(first), day(last)))


def keep(conn: Connection, run_id: int, kept: Many[tuple[int, int]]) -> None:
    for cut, seq in kept:
        record_checkpoint(conn, run_id, CLICKS, Checkpoint(day(cut), seq, f"at {cut} {seq}", 5))


@settings(max_examples=80)
@given(batches=st.lists(spans, max_size=8), kept=st.lists(positions, max_size=6), asked=positions)
def test_all_rows_that_count_are_read_and_facts_are_of_the_same_cut(
    run_id: int, batches: list[tuple[int, int]], kept: list[tuple[int, int]], asked: tuple[int, int]
) -> None:
    cut, through_seq = asked
    with transaction() as conn:
        for seq, (first, last) in enumerate(batches, start=1):
            publish(conn, run_id, seq, first, last)
        keep(conn, run_id, kept)
        plan = plan_state(conn, CLICKS, day(cut), through_seq)
        conn.rollback()
    touching = {
        f"delta {seq}": seq
        for seq, (first, last) in enumerate(batches, start=1)
        if seq <= through_seq and first < cut and last >= cut - DAYS
    }
    assert [delta.path for delta in [*plan.known, *plan.new]] == list(touching)
    usable = [seq for kept_cut, seq in kept if kept_cut == cut and seq <= through_seq]
    assert (plan.checkpoint.through_seq if plan.checkpoint else None) == max(usable, default=None)
    assert all(touching[delta.path] > max(usable, default=0) for delta in plan.new)
    assert all(touching[delta.path] <= max(usable) for delta in plan.known)
    assert plan.since == day(cut - DAYS)


def test_only_batches_within_its_days_are_missed(run_id: int) -> None:
    """A sequence that is added to a dataset with history can be used as soon as its days are past."""
    with transaction() as conn:
        aggregated(conn, run_id, 1, 0, 5)
        publish(conn, run_id, 2, 3, 3)
        assert [delta.path for delta in plan_state(conn, CLICKS, day(4), 2).new] == ["delta 2"]
        with pytest.raises(ContractError, match=r"clicks, version 1, of transactions lacks 1 .*\(1\)"):
            plan_state(conn, CLICKS, day(2), 2)


def test_what_retention_takes_and_from_where_on_state_is_left(run_id: int) -> None:
    """Of a batch a day from day 0 to 9, three days are kept: cuts from 7 on, which count days from 5 on."""
    with transaction() as conn:
        for seq in range(1, 11):
            publish(conn, run_id, seq, seq - 1, seq - 1)
            # state that merges has its own way to expire, and stays without a checkpoint
            record_delta(conn, run_id, PAIRS, seq, Delta(f"pairs {seq}", 10, day(seq - 1), day(seq - 1)))
        keep(conn, run_id, [(3, 3), (7, 7), (8, 8)])
        assert old(conn, STATE, KEPT_DAYS) == [], "nothing is older than its days"
        age = "now() - interval '4 days'"
        conn.execute(f"update chunks set aggregated_at = {age} where seq <> 2")
        conn.execute(f"update checkpoints set created_at = {age}")
        gone = old(conn, STATE, KEPT_DAYS)
        assert gone == ["at 3 3", "at 7 7", "delta 1", "delta 3", "delta 4", "delta 5"]
        mark(conn, "lake", gone, STATE.variable)
        assert old(conn, STATE, KEPT_DAYS) == []
        assert earliest_cut(conn, [CLICKS]) == earliest_cut(conn, [PAIRS, CLICKS]) == day(7)
        assert [delta.path for delta in plan_state(conn, CLICKS, day(7), 10).new] == ["delta 6", "delta 7"]
        with pytest.raises(Expired, match=rf"state of clicks .*cut {day(6)}.*from {day(7)} on"):
            plan_state(conn, CLICKS, day(6), 10)


def test_facts_are_due_when_rereading_the_new_rows_is_dear() -> None:
    facts = Checkpoint(DAY0, 1, "facts", 5)
    known = [Delta("known", ROWS_FLOOR * 9, DAY0, DAY0)] * 9

    def due(checkpoint: Checkpoint | None, new: Many[Delta]) -> bool:
        return StatePlan("clicks", DAY0, 2, checkpoint, known, new, since=DAY0).checkpoint_due(8)

    assert due(None, [])
    assert not due(facts, [Delta("new", ROWS_FLOOR, DAY0, DAY0)])
    assert due(facts, [Delta("new", ROWS_FLOOR + 1, DAY0, DAY0)])
    assert due(facts, [Delta("new", 1, DAY0, DAY0)] * 9)
