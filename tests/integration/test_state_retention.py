"""Expiry of state: whatever went, a position is put together whole or refused, and what is promised stays."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from include.errors import Expired
from include.state.plan import Checkpoint, Delta
from include.store.connection import Connection, transaction
from include.store.removals import mark
from include.store.retention import EXPIRIES, old
from include.store.state import earliest_cut, plan_state, record_checkpoint, record_delta
from tests.batches import new_run
from tests.integration.test_state_plan import PAIRS, aggregated, covered, day, spans

pytestmark = [pytest.mark.postgres, pytest.mark.usefixtures("database")]

STATE = next(expiry for expiry in EXPIRIES if expiry.kind == "state")
DAYS = 3
NEWEST = 13  # the last day of the longest of `spans`

# Batches and checkpoints in the order of their recording: a checkpoint follows the batches that it knows.
batches_with_checkpoints = st.lists(
    st.tuples(spans, st.lists(st.integers(0, 15), max_size=2, unique=True)), min_size=1, max_size=8
)


@pytest.fixture
def run_id(database: str) -> int:
    """A run that publishes everything."""
    return new_run().run_id


def publish(conn: Connection, run_id: int, seq: int, span: tuple[int, int], cuts: Sequence[int]) -> None:
    """A batch of these days, and checkpoints at these cuts that know it."""
    first, last = span
    aggregated(conn, run_id, seq, first, 5)
    conn.execute("update chunks set last_day = %s where seq = %s", (day(last), seq))
    record_delta(conn, run_id, PAIRS, seq, Delta(f"delta {seq}", 10, day(first), day(last)))
    for cut in cuts:
        record_checkpoint(conn, run_id, PAIRS, Checkpoint(day(cut), seq, f"at {cut} {seq}", 5))


def expire_state(conn: Connection) -> set[str]:
    paths = old(conn, STATE, DAYS)
    mark(conn, "lake", paths, STATE.variable)
    return set(paths)


def days_pass(conn: Connection, days: int) -> None:
    conn.execute("update checkpoints set created_at = created_at - %s * interval '1 day'", (days,))


def removed(conn: Connection) -> set[str]:
    return {row["path"] for row in conn.execute("select path from removals").fetchall()}


@settings(max_examples=80)
@given(history=batches_with_checkpoints, split=st.integers(0, 8), later=st.integers(0, 8))
def test_a_position_is_whole_or_refused_and_recent_ones_are_whole(
    run_id: int, history: list[tuple[tuple[int, int], list[int]]], split: int, later: int
) -> None:
    """Two expiries, with history going on between them: they must not contradict each other."""
    spans_of = [span for span, _ in history]
    with transaction() as conn:
        known_then = 0  # the newest batch at the beginning of the days that are promised
        for seq, (span, cuts) in enumerate(history, 1):
            publish(conn, run_id, seq, span, cuts)
            if seq in (split, split + later):
                days_pass(conn, DAYS + 1)
                known_then = seq
                expire_state(conn)
        expire_state(conn)
        lost = removed(conn)
        newest_cut = max(last for _, last in spans_of) + 1
        horizon = earliest_cut(conn, [PAIRS])
        if horizon:
            assert horizon <= day(newest_cut - DAYS)
        for cut in range(newest_cut + 2):
            for seq in range(len(history) + 1):
                try:
                    plan = plan_state(conn, PAIRS, day(cut), seq)
                except Expired:
                    assert lost
                    assert cut < newest_cut - DAYS or seq < known_then
                    assert seq < len(history) or (horizon and day(cut) < horizon)
                    continue
                wanted = [
                    (number, day(n))
                    for number, (first, last) in enumerate(spans_of, 1)
                    for n in range(first, last + 1)
                    if number <= seq and n < cut
                ]
                assert covered(plan, spans_of) == sorted(wanted)
                used = {part.path for part in [*plan.known, *plan.new]}
                if plan.checkpoint:
                    used.add(plan.checkpoint.path)
                assert used.isdisjoint(lost)
        conn.rollback()


# Of a batch a day from day 0 to day 5:
# checkpoints as (cut, batch), how many of the last are young -> what goes, the first cut that is left
CHOICES: dict[str, tuple[list[tuple[int, int]], int, set[str], int | None]] = {
    "no checkpoint": ([], 0, set(), None),
    "one at the horizon": ([(3, 3)], 0, {"delta 1", "delta 2", "delta 3"}, 3),
    "one too new by its cut": ([(4, 4)], 0, set(), None),
    "one too new by its age": ([(3, 3)], 1, set(), None),
    "of a later batch": ([(3, 6)], 0, {"delta 1", "delta 2", "delta 3"}, 3),
    "the beaten one goes too": ([(2, 2), (3, 3)], 0, {"delta 1", "delta 2", "delta 3", "at 2 2"}, 3),
    "a young one changes nothing": ([(2, 2), (3, 3)], 1, {"delta 1", "delta 2"}, 2),
    "an earlier cut of more batches stays": ([(2, 6), (3, 3)], 0, {"delta 1", "delta 2", "delta 3"}, 3),
}


@pytest.mark.parametrize("case", CHOICES)
def test_what_goes_and_from_where_on_state_is_left(run_id: int, case: str) -> None:
    kept, young, goes, horizon = CHOICES[case]
    with transaction() as conn:
        for seq in range(1, 7):
            publish(conn, run_id, seq, (seq - 1, seq - 1), [])
        for cut, seq in kept:
            record_checkpoint(conn, run_id, PAIRS, Checkpoint(day(cut), seq, f"at {cut} {seq}", 5))
        days_pass(conn, DAYS + 1)
        for cut, seq in kept[len(kept) - young :]:
            conn.execute("update checkpoints set created_at = now() where path = %s", (f"at {cut} {seq}",))
        assert expire_state(conn) == goes
        assert expire_state(conn) == set()
        assert earliest_cut(conn, [PAIRS]) == (day(horizon) if horizon else None)
        for cut in range(horizon or 0, 8):
            plan_state(conn, PAIRS, day(cut), 6)
        if horizon:
            still = rf"from {day(horizon)} on, through batch"
            message = rf"state of pairs .*cut {day(1)}.*VIGIL_RETENTION_STATE_DAYS.*{still}"
            with pytest.raises(Expired, match=message):
                plan_state(conn, PAIRS, day(1), 6)
            with pytest.raises(Expired):
                plan_state(conn, PAIRS, day(6), 1)


def test_two_checkpoints_that_each_cover_a_part_do_not_both_spend_it(run_id: int) -> None:
    """A batch of new days early, and one of old days late: neither checkpoint includes both."""
    with transaction() as conn:
        publish(conn, run_id, 1, (2, 2), [])
        publish(conn, run_id, 2, (0, 0), [3])
        publish(conn, run_id, 3, (0, 0), [1])
        publish(conn, run_id, 4, (9, 9), [])
        days_pass(conn, DAYS + 1)
        assert expire_state(conn) == {"delta 1", "delta 2"}
        assert expire_state(conn) == set(), "not delta 3 by the checkpoint at the earlier cut"
        plan = plan_state(conn, PAIRS, day(10), 4)
    assert plan.checkpoint and plan.checkpoint.path == "at 3 2"
    assert [delta.path for delta in plan.new] == ["delta 3", "delta 4"]


def test_a_late_batch_of_days_long_past_counts_from_the_horizon_on(run_id: int) -> None:
    with transaction() as conn:
        for seq in range(1, 7):
            publish(conn, run_id, seq, (seq - 1, seq - 1), [3] if seq == 3 else [])
        days_pass(conn, DAYS + 1)
        expire_state(conn)
        publish(conn, run_id, 7, (0, 0), [])
        plan = plan_state(conn, PAIRS, day(3), 7)
    assert plan.checkpoint and plan.checkpoint.path == "at 3 3"
    assert [delta.path for delta in plan.new] == ["delta 7"]


def test_a_base_that_lacks_what_went_is_left_for_one_that_does_not(run_id: int) -> None:
    """A run that evaluated a cut before all that went, and goes on to one after it."""
    with transaction() as conn:
        for seq in range(1, 7):
            publish(conn, run_id, seq, (seq - 1, seq - 1), [3] if seq == 3 else [])
        days_pass(conn, DAYS + 1)
        expire_state(conn)
        before = Checkpoint(day(0), 6, "made by this run", 5)
        assert plan_state(conn, PAIRS, day(0), 6, before).checkpoint == before
        after = Checkpoint(day(4), 6, "made by this run", 5)
        assert plan_state(conn, PAIRS, day(5), 6, after).checkpoint == after
        plan = plan_state(conn, PAIRS, day(5), 6, before)
        with pytest.raises(Expired):
            plan_state(conn, PAIRS, day(2), 6, before)
    assert plan.checkpoint and plan.checkpoint.path == "at 3 3"
    assert [delta.path for delta in plan.new] == ["delta 4", "delta 5"]
