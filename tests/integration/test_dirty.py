"""Which cuts are dirty: every reason for it, and every reason against it (ADR 7)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from include.store.connection import transaction
from include.store.evaluations import Dirty, Judging, dirty_cuts, record_evaluation
from include.store.runs import Run, finish_run, pin_position
from tests.ledger import evaluation_of, new_run

pytestmark = [pytest.mark.postgres, pytest.mark.usefixtures("database")]

DAY0 = date(2026, 1, 1)
ALL = {"child": None, "dei_needed": None, "upgrade": None}


def day(number: int) -> date:
    return DAY0 + timedelta(days=number)


def evaluated(
    cut: int, seq: int, *, rules: tuple[str, ...] = tuple(ALL), loaded: bool = True, **run: Any
) -> Run:
    """A run that is over, and has evaluated these rules at a cut with what was known at `seq`."""
    made = new_run(**run)
    with transaction() as conn:
        pin_position(conn, made.run_id, day(cut), seq)
        for rule in rules:
            record_evaluation(conn, made.dataset, evaluation_of(made, rule, day(cut), seq))
        if loaded:
            conn.execute("update evaluations set superseded = false where run_id = %s", [made.run_id])
        finish_run(conn, dag_id=made.dag_id, dag_run_id=made.dag_run_id, succeeded=loaded)
    return made


def chunk(seq: int, first: int, last: int) -> None:
    """A published chunk with events of these days."""
    owner = new_run(profile="of chunks")
    with transaction() as conn:
        conn.execute(
            "insert into chunks (dataset, chunk_id, bytes, first_key, status, run_id, rows_in, rows_loaded,"
            " rows_quarantined, rows_duplicate, rows_held, first_day, last_day, seq)"
            " values ('transactions', %s, 1, 'x', 'aggregated', %s, 1, 1, 0, 0, 0, %s, %s, %s)",
            (f"{seq:064}", owner.run_id, day(first), day(last), seq),
        )


def asked_for(
    seq: int,
    *,
    most: int = 99,
    profile: str = "default",
    reach: int | None = None,
    reaches: dict[str, int | None] | None = None,
    untils: dict[str, date] | None = None,
    earliest: int | None = None,
    own: int | None = None,
) -> Dirty:
    """What is dirty to a run that begins now, whose own cut this is."""
    asking = new_run(profile=profile)
    judging = {
        rule: Judging(days, (untils or {}).get(rule))
        for rule, days in (reaches or dict.fromkeys(ALL, reach)).items()
    }
    with transaction() as conn:
        if own is not None:
            pin_position(conn, asking.run_id, day(own), seq)
        return dirty_cuts(conn, asking, seq, judging, most, None if earliest is None else day(earliest))


def dirty(seq: int, **asked: Any) -> dict[int, list[str]]:
    return {(cut - DAY0).days: rules for cut, rules in asked_for(seq, **asked).cuts.items()}


@pytest.mark.parametrize(
    ("first", "last", "reach", "expected"),
    [
        pytest.param(0, 0, None, [5, 9], id="an old day: every later cut"),
        pytest.param(4, 4, None, [5, 9], id="the last day before a cut"),
        pytest.param(5, 5, None, [9], id="the day of the cut is not before it"),
        pytest.param(8, 20, None, [9], id="a chunk across a cut"),
        pytest.param(9, 9, None, [], id="after all cuts"),
        pytest.param(0, 0, 2, [], id="before the reach"),
        pytest.param(3, 3, 2, [5], id="the first day within the reach"),
        pytest.param(2, 2, 2, [], id="the last day before the reach"),
        pytest.param(0, 7, 2, [5, 9], id="a chunk that ends within the reach"),
    ],
)
def test_a_chunk_makes_the_cuts_dirty_that_it_can_touch(
    first: int, last: int, reach: int | None, expected: list[int]
) -> None:
    for cut in (5, 9):
        evaluated(cut, 1)
    chunk(2, first, last)
    assert dirty(2, reach=reach) == {cut: list(ALL) for cut in expected}
    assert dirty(1, reach=reach) == {}, "what the run does not know is no reason"


def test_cuts_of_which_retention_took_the_state_stay_as_they_are() -> None:
    for cut in (5, 7, 9):
        evaluated(cut, 1)
    evaluated(6, 1, loaded=False)
    chunk(2, 0, 0)
    assert list(dirty(2, earliest=7)) == [7, 9]
    assert list(dirty(2, earliest=8)) == [9]


def test_what_was_evaluated_again_is_clean() -> None:
    evaluated(5, 1)
    chunk(2, 0, 0)
    assert list(dirty(2)) == [5]
    evaluated(5, 2)
    assert dirty(2) == {}
    evaluated(5, 1, loaded=False)
    assert dirty(2) == {}


def test_only_the_rules_that_were_evaluated_there_are_dirty() -> None:
    evaluated(5, 1, rules=("child", "upgrade"))
    chunk(2, 0, 0)
    assert dirty(2) == {5: ["child", "upgrade"]}, "a rule that is new does not rewrite the past"
    evaluated(5, 2, rules=("child",))
    assert dirty(2) == {5: ["upgrade"]}


def test_a_cut_that_was_never_loaded_is_dirty_once_its_run_is_over() -> None:
    evaluated(5, 1, loaded=False)
    assert dirty(1) == {5: list(ALL)}
    at_work = new_run()
    with transaction() as conn:
        pin_position(conn, at_work.run_id, day(7), 1)
    assert list(dirty(1)) == [5], "that one is at work on its own"
    with transaction() as conn:
        conn.execute(
            "update runs set lease_until = now() - interval '1 s' where run_id = %s", [at_work.run_id]
        )
    assert list(dirty(1)) == [5, 7], "its lease ran out"


def test_profiles_and_dry_runs_are_apart() -> None:
    evaluated(5, 1, profile="sample")
    evaluated(6, 1, dry_run=True, loaded=False)
    chunk(2, 0, 0)
    assert dirty(2) == {}
    assert list(dirty(2, profile="sample")) == [5]


def days_of(seq: int, *days: int) -> None:
    """The event days of the good rows in a chunk."""
    with transaction() as conn:
        for number in days:
            conn.execute(
                "insert into chunk_days (dataset, chunk_id, event_day, rows, mix)"
                " values ('transactions', %s, %s, 1, '{}')",
                (f"{seq:064}", day(number)),
            )


def test_rules_with_a_reach_judge_the_end_of_each_day_that_has_events() -> None:
    chunk(1, 2, 6)
    days_of(1, 2, 3, 6)
    assert dirty(1) == {}, "what counts since ever is asked at the cuts of runs"
    assert dirty(1, reach=2) == {cut: list(ALL) for cut in (3, 4, 7)}
    assert dirty(0, reach=2) == {}, "what the run does not know is no reason"
    assert list(dirty(1, reach=2, earliest=4)) == [4, 7]
    evaluated(7, 1)
    assert list(dirty(1, reach=2)) == [3, 4]
    evaluated(3, 1, rules=("child",))
    assert list(dirty(1, reach=2)) == [4], "a rule that is new does not rewrite the past"
    at_work = new_run()
    with transaction() as conn:
        pin_position(conn, at_work.run_id, day(4), 1)
    assert dirty(1, reach=2) == {}, "that run is at work on it"


def test_a_day_that_was_judged_by_rules_with_a_reach_still_waits_for_the_others() -> None:
    chunk(1, 2, 6)
    days_of(1, 2, 6)
    reaches = {"child": None, "dei_needed": 2}
    assert dirty(1, reaches=reaches) == {cut: ["dei_needed"] for cut in (3, 7)}
    draining = evaluated(7, 1, rules=("child", "dei_needed"))
    with transaction() as conn:
        record_evaluation(conn, draining.dataset, evaluation_of(draining, "dei_needed", day(3), 1))
        conn.execute("update evaluations set superseded = false")
    assert dirty(1, reaches=reaches) == {}
    evaluated(3, 1, rules=("child", "dei_needed"), loaded=False)
    assert dirty(1, reaches=reaches) == {3: ["child"]}, "a run set out to it and failed"
    evaluated(3, 1, rules=("child", "dei_needed"))
    assert dirty(1, reaches=reaches) == {}


def test_the_oldest_come_first_and_the_rest_later() -> None:
    for cut in (9, 3, 6):
        evaluated(cut, 1)
    chunk(2, 0, 0)
    assert list(dirty(2)) == [3, 6, 9]
    assert list(dirty(2, most=2)) == [3, 6]


def test_what_is_more_than_a_run_may_evaluate_is_counted() -> None:
    for cut in (3, 5, 7, 9):
        evaluated(cut, 1)
    chunk(2, 0, 0)
    first = asked_for(2, most=3)
    assert ([(cut - DAY0).days for cut in first.cuts], first.left) == ([3, 5, 7], 1)
    assert asked_for(2, most=4).left == 0
    own_last = asked_for(2, most=3, own=9)
    assert ([(cut - DAY0).days for cut in own_last.cuts], own_last.left) == ([3, 5, 7], 0)


def test_where_a_rule_cannot_judge_it_makes_nothing_dirty() -> None:
    for cut in (3, 5):
        evaluated(cut, 1)
    chunk(2, 0, 0)
    assert dirty(2, untils={"child": day(4)}) == {3: sorted(ALL), 5: ["dei_needed", "upgrade"]}
    nowhere = dict.fromkeys(ALL, date.min)
    assert dirty(2, untils=nowhere) == {}
    assert dirty(2, untils=nowhere | {"child": day(5)}) == {3: ["child"], 5: ["child"]}
