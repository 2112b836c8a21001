"""Late events: whatever the order of chunks and days, every cut has the oracle's verdict, and one history."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any

import pytest

from include.settings import Settings
from include.stages.aggregate import aggregate
from include.stages.detect import detect
from include.stages.load import load
from include.store.attempts import Figures
from include.store.connection import transaction
from include.store.evaluations import newest_evaluations
from include.store.runs import finish_run
from tests.batches import (
    DAYS,
    SMALL,
    Event,
    checked,
    expected,
    expected_digests,
    new_run,
    published,
    sliced,
    some_events,
    some_weights,
)

pytestmark = [
    pytest.mark.spark,
    pytest.mark.postgres,
    pytest.mark.usefixtures("database", "bucket", "spark_remote"),
]

EVENTS, WEIGHTS = some_events(), some_weights()
CUTS = [day + timedelta(days=1) for day in DAYS]
Episodes = set[tuple[str, tuple[str, ...], date, date, date | None]]


def ran(chunks: Sequence[Sequence[Event]] = (), cut: date | None = None, **asked: Any) -> Figures:
    """A run over these chunks, for the end of a day or (None) of the newest one, from checked to loaded."""
    run = new_run(cut=cut, **asked)
    if chunks:
        checked(run, chunks)
    aggregate(run.run_id)
    figures = detect(run.run_id)
    load(run.run_id)
    with transaction() as conn:
        finish_run(conn, dag_id=run.dag_id, dag_run_id=run.dag_run_id, succeeded=True)
    return figures


def verdicts() -> dict[date, dict[str, str]]:
    """The digest by rule of each cut, as it counts now."""
    with transaction() as conn:
        return {
            cut: {one.rule: one.digest for one in newest_evaluations(conn, "transactions", "default", cut)}
            for cut in CUTS
        }


def episodes() -> Episodes:
    """What is not retracted: rule, entity, first, last and closing cut."""
    with transaction() as conn:
        rows = conn.execute(
            "select rule, entity, opened_cut, last_cut, closed_cut from detections"
            " where close_reason is distinct from 'retracted'"
        ).fetchall()
    return {
        (
            r["rule"],
            tuple(v for _, v in sorted(r["entity"].items())),
            r["opened_cut"],
            r["last_cut"],
            r["closed_cut"],
        )
        for r in rows
    }


def by_definition() -> Episodes:
    """The episodes that the oracle's verdicts at every cut make."""
    found: Episodes = set()
    for rule in SMALL:
        held: dict[tuple[str, ...], list[bool]] = {}
        for number, cut in enumerate(CUTS):
            rows = expected(rule, [e for e in EVENTS if e.event_day < cut], WEIGHTS).to_pylist()
            for row in rows:
                entity = tuple(row[name] for name in ("customer", "merchant") if name in row)
                held.setdefault(entity, [False] * (len(CUTS) + 1))[number] = True
        for entity, at in held.items():
            starts = [i for i, holds in enumerate(at) if holds and not (i and at[i - 1])]
            for start in starts:
                end = at.index(False, start)
                found.add((rule, entity, CUTS[start], CUTS[end - 1], CUTS[end] if end < len(CUTS) else None))
    return found


def test_a_late_chunk_has_the_cuts_that_it_touches_evaluated_again() -> None:
    published(WEIGHTS)
    late = [e for e in EVENTS if e.event_day == DAYS[1]]
    for day in DAYS:
        if day != DAYS[1]:
            ran([[e for e in EVENTS if e.event_day == day]])
    before = verdicts()
    figures = ran([late])
    assert list(figures["drained"]) == [cut.isoformat() for cut in CUTS[2:4]], "the newest is the run's own"
    after = verdicts()
    assert before[CUTS[0]] == after[CUTS[0]]
    for cut in (CUTS[2], CUTS[3], CUTS[4]):
        assert after[cut] != before[cut]
        assert after[cut] == expected_digests([e for e in EVENTS if e.event_day < cut], WEIGHTS)
    assert ran()["drained"] == {}


@pytest.mark.prove
def test_a_run_drains_no_more_than_it_may(configure: Callable[..., Settings]) -> None:
    configure(most_dirty_cuts=2)
    published(WEIGHTS)
    for day in DAYS[1:]:
        ran([[e for e in EVENTS if e.event_day == day]])
    ran_twice = [ran(chunks) for chunks in ([[e for e in EVENTS if e.event_day == DAYS[0]]], [])]
    drained = [list(figures["drained"]) for figures in ran_twice]
    assert drained == [[cut.isoformat() for cut in CUTS[1:3]], [CUTS[3].isoformat()]]
    assert [figures["cuts_left"] for figures in ran_twice] == [1, 0]
    assert verdicts()[CUTS[3]] == expected_digests([e for e in EVENTS if e.event_day < CUTS[3]], WEIGHTS)


@pytest.mark.prove
def test_any_order_of_chunks_and_days_ends_in_one_history() -> None:
    """Chunks in shuffled order, runs for days in shuffled order in between, some of them twice."""
    dice = random.Random(2)
    published(WEIGHTS)
    chunks = sliced(dice.sample(EVENTS, len(EVENTS)), 4)
    days = dice.sample(CUTS, len(CUTS))
    for number, chunk in enumerate(chunks):
        ran([chunk])
        for cut in days[number : number + 2]:
            ran(cut=cut)
    ran()
    assert verdicts() == {
        cut: expected_digests([e for e in EVENTS if e.event_day < cut], WEIGHTS) for cut in CUTS
    }
    assert episodes() == by_definition()
    assert {bool(closed) for *_, closed in by_definition()} == {True, False}, "some end, some are open"


def test_a_day_without_any_event_known_is_not_evaluated() -> None:
    assert ran(cut=CUTS[0])["cut"] is None
