"""Plans from the ledger: at any position the three sets cover every batch and day exactly once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from include.errors import ContractError
from include.spark_jobs.aggregates import aggregates
from include.state.plan import ROWS_FLOOR, Checkpoint, Delta, StatePlan
from include.store.connection import Connection, transaction
from include.store.state import plan_state, record_checkpoint, record_delta
from tests.batches import new_run

pytestmark = [pytest.mark.postgres, pytest.mark.usefixtures("database")]

PAIRS = aggregates()["pairs"]
DAY0 = date(2026, 3, 1)


@pytest.fixture
def run_id(database: str) -> int:
    """A run that publishes everything."""
    return new_run().run_id


spans = st.tuples(st.integers(0, 9), st.integers(0, 4)).map(lambda span: (span[0], span[0] + span[1]))
positions = st.tuples(st.integers(0, 15), st.integers(0, 8))


def day(number: int) -> date:
    return DAY0 + timedelta(days=number)


def fill(
    conn: Connection, run_id: int, batches: Sequence[tuple[int, int]], kept: Sequence[tuple[int, int]]
) -> None:
    """Publishes a delta of these days per batch, and checkpoints at these (cut, sequence number)s."""
    for seq, (first, last) in enumerate(batches, start=1):
        record_delta(conn, run_id, PAIRS, seq, Delta(f"delta {seq}", 10, day(first), day(last)))
    for cut, seq in kept:
        record_checkpoint(conn, run_id, PAIRS, Checkpoint(day(cut), seq, f"at {cut} {seq}", 5))


def covered(plan: StatePlan, batches: Sequence[tuple[int, int]]) -> list[tuple[int, date]]:
    """Every (sequence number, day) that reading the plan counts, as often as it does."""
    days = {
        f"delta {seq}": (seq, [day(n) for n in range(first, last + 1)])
        for seq, (first, last) in enumerate(batches, 1)
    }
    found: list[tuple[int, date]] = []
    base = plan.checkpoint
    if base:
        found += [
            (seq, d)
            for seq, all_days in days.values()
            for d in all_days
            if seq <= base.through_seq and d < base.cut
        ]
    for delta in plan.known:
        seq, all_days = days[delta.path]
        found += [(seq, d) for d in all_days if base and base.cut <= d < plan.cut]
    for delta in plan.new:
        seq, all_days = days[delta.path]
        found += [(seq, d) for d in all_days if d < plan.cut]
    return sorted(found)


@settings(max_examples=100)
@given(batches=st.lists(spans, max_size=8), kept=st.lists(positions, max_size=5), asked=positions)
def test_every_batch_and_day_counts_exactly_once(
    run_id: int, batches: list[tuple[int, int]], kept: list[tuple[int, int]], asked: tuple[int, int]
) -> None:
    cut, through_seq = day(asked[0]), asked[1]
    with transaction() as conn:
        fill(conn, run_id, batches, kept)
        plan = plan_state(conn, PAIRS, cut, through_seq)
        conn.rollback()
    wanted = [
        (seq, day(n))
        for seq, (first, last) in enumerate(batches, start=1)
        for n in range(first, last + 1)
        if seq <= through_seq and day(n) < cut
    ]
    assert covered(plan, batches) == sorted(wanted)
    if plan.checkpoint:
        assert plan.checkpoint.cut <= cut
        assert plan.checkpoint.through_seq <= through_seq


CHOICES: dict[str, tuple[list[tuple[int, int]], tuple[int, int], str | None, list[str], list[str]]] = {
    "none is there": ([], (5, 4), None, [], ["delta 1", "delta 2", "delta 3", "delta 4"]),
    "the newest knowledge": ([(4, 2), (4, 3)], (4, 4), "at 4 3", [], ["delta 4"]),
    "not from the future, by knowledge": ([(2, 4)], (4, 3), None, [], ["delta 1", "delta 2", "delta 3"]),
    "not from the future, by days": ([(4, 3)], (2, 3), None, [], ["delta 1", "delta 2"]),
    "an old cut made late is no gain": ([(3, 3), (1, 4)], (4, 4), "at 3 3", [], ["delta 4"]),
    "days past its cut are read again": ([(2, 4)], (4, 4), "at 2 4", ["delta 3", "delta 4"], []),
}


@pytest.mark.parametrize("case", CHOICES)
def test_the_checkpoint_from_which_least_is_read(run_id: int, case: str) -> None:
    """Four batches, a day each, in order."""
    kept, (cut, through_seq), chosen, known, new = CHOICES[case]
    with transaction() as conn:
        fill(conn, run_id, [(0, 0), (1, 1), (2, 2), (3, 3)], kept)
        plan = plan_state(conn, PAIRS, day(cut), through_seq)
    assert (plan.checkpoint.path if plan.checkpoint else None) == chosen
    assert [delta.path for delta in plan.known] == known
    assert [delta.path for delta in plan.new] == new


def test_a_checkpoint_at_a_position_that_has_one_changes_nothing(run_id: int) -> None:
    with transaction() as conn:
        fill(conn, run_id, [(0, 0)], [(1, 1)])
        record_checkpoint(conn, run_id, PAIRS, Checkpoint(day(1), 1, "again", 5))
        plan = plan_state(conn, PAIRS, day(1), 1)
    assert plan.checkpoint == Checkpoint(day(1), 1, "at 1 1", 5)


def aggregated(conn: Connection, run_id: int, seq: int, first: int, rows: int) -> None:
    """A chunk of this batch as aggregate leaves it, its good rows from this day on."""
    conn.execute(
        "insert into chunks (dataset, chunk_id, bytes, first_key, status, run_id, rows_in, rows_loaded,"
        " rows_quarantined, rows_duplicate, rows_held, first_day, last_day, seq)"
        " values ('transactions', %s, 1, 'chunk', 'aggregated', %s, 5, %s, 5 - %s, 0, 0, %s, %s, %s)",
        (f"{seq}-{first}", run_id, rows, rows, *([day(first) if rows else None] * 2), seq),
    )


def test_a_version_that_lacks_batches_is_refused_where_they_count(run_id: int) -> None:
    with transaction() as conn:
        fill(conn, run_id, [(0, 0), (1, 1)], [])
        for seq, first, rows in [(1, 0, 5), (2, 1, 3), (2, 2, 5), (3, 0, 0)]:
            aggregated(conn, run_id, seq, first, rows)
        assert len(plan_state(conn, PAIRS, day(5), 3).new) == 2, "batch 3 had no good rows"
        newer = replace(PAIRS, version=PAIRS.version + 1)
        with pytest.raises(ContractError, match=r"pairs, version \d+, .* lacks 2 .*\(1, 2\).*make clean"):
            plan_state(conn, newer, day(5), 3)
        with pytest.raises(ContractError, match=r"lacks 1 .*\(1\)"):
            plan_state(conn, newer, day(1), 3)
        assert plan_state(conn, newer, day(0), 3).new == [], "before all days"
        assert plan_state(conn, newer, day(5), 0).new == [], "before all batches"
        record_delta(conn, run_id, newer, 1, Delta("again", 10, day(0), day(0)))
        with pytest.raises(ContractError, match=r"lacks 1 .*\(2\)"):
            plan_state(conn, newer, day(5), 3)


def delta(rows: int) -> Delta:
    return Delta("d", rows, DAY0, DAY0)


BASE = Checkpoint(DAY0, 1, "c", ROWS_FLOOR)
DUE: list[tuple[Checkpoint | None, list[int], bool]] = [
    (None, [1] * 8, False),
    (None, [1] * 9, True),
    (None, [ROWS_FLOOR], False),
    (None, [ROWS_FLOOR, 1], True),
    (BASE, [ROWS_FLOOR, ROWS_FLOOR], False),
    (BASE, [ROWS_FLOOR, ROWS_FLOOR, 1], True),
    (BASE, [], False),
]


@pytest.mark.parametrize(("base", "sizes", "due"), DUE)
def test_a_checkpoint_is_due_when_reading_deltas_is_dear(base: Any, sizes: list[int], due: bool) -> None:
    half = len(sizes) // 2
    known, new = [delta(n) for n in sizes[:half]], [delta(n) for n in sizes[half:]]
    assert StatePlan("pairs", DAY0, 2, base, known, new).checkpoint_due(8) is due
