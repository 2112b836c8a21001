"""What was learned from past days, against the planted truth of later ones."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

from include.datasets import contract
from include.settings import get_settings
from include.spark_jobs.pseudonyms import pseudonym
from include.spark_jobs.rules import rules
from include.spark_jobs.rules.rule import Rule
from include.spark_jobs.session import spark_work
from include.stages.inputs import parse_reference, plan_inputs, read_inputs
from include.stages.train import start_training, train
from include.store.attempts import Figures
from include.store.connection import transaction
from include.store.evaluations import newest_evaluations
from sources.behaviours import generate
from sources.behaviours.truth import Truth
from tests.flow import put, run_flow
from tests.prove.balance import expect
from tests.prove.behaviours import KEYS, SECRET
from tests.world import shared_servers, world

ROWS, DAYS, TRAINED, CHUNKS, SEED = 100_000, 8, 4, 12, 29
AT = (10, 50, 100)
ONE_DAY = timedelta(days=1)
# What the figures are asserted to be at least; measured, and then rounded down.
FLOORS = {"unusual_contacts": 0.95, "unusual_clicks": 0.8, "unusual_visits": 0.65}
_numbers = count(1)

Key = tuple[date, tuple[str, ...]]


class Scored(NamedTuple):
    """An entity's day: its score, and whether it is flagged."""

    score: int
    flagged: bool


def prove() -> Iterator[str]:
    """By rule that was learned: what it was trained on, and how it ranks the planted ones of later days."""
    for rule in rules().values():
        if rule.model:
            yield from prove_rule(rule, ROWS)


def prove_rule(rule: Rule[Any], rows: int) -> Iterator[str]:
    """The proof for one rule, on so many generated rows: the first days train, the others are judged."""
    from uuid import uuid4

    assert rule.model is not None
    with tempfile.TemporaryDirectory(prefix="vigil learned ") as name:
        truth = generate(rule.dataset, Path(name), seed=SEED, rows=rows, days=DAYS, chunks=CHUNKS)
        with world(shared_servers(), pseudonym_keys=KEYS):
            for path in truth.files:
                put(rule.dataset, path.name, path.read_bytes())
            before = run_flow(rule.dataset)
            expect("left out without a model", list(before["detect"]["left_out"]), [rule.id])
            first, last = truth.days[0], truth.days[0] + (TRAINED - 1) * ONE_DAY
            figures = _train(rule, first, last)
            expect("the version of the same days again", _train(rule, first, last), figures)
            judged = [day for day in truth.days if day > last]
            cuts = [day + ONE_DAY for day in judged]
            for cut in cuts:
                end = datetime.combine(cut, datetime.min.time(), zone(rule.dataset))
                run_flow(rule.dataset, interval_end=end)
            with spark_work(get_settings().spark_remote, uuid4()) as work:
                scored = {key: one for cut in cuts for key, one in _scored(work.spark, rule, cut).items()}
    positives = _planted(rule, truth, judged)
    yield f"{rule.id}: trained on {figures['rows']} days of entities from {first} to {last}"
    yield from _figures(rule, scored, positives)


def zone(dataset: str) -> Any:
    from zoneinfo import ZoneInfo

    return ZoneInfo(contract(dataset).zone)


def _train(rule: Rule[Any], first: date, last: date) -> Figures:
    assert rule.model is not None
    number = next(_numbers)
    run_id = start_training(
        dag_id="train",
        dag_run_id=f"train-{number}",
        started_at=datetime(2026, 4, 1, tzinfo=UTC) + timedelta(minutes=number),
        model=rule.model.name,
        first_day=first,
        last_day=last,
    )
    figures = train(run_id)
    return {name: value for name, value in figures.items() if name != "seconds"}


def _scored(spark: Any, rule: Rule[Any], cut: date) -> dict[Key, Scored]:
    """Every candidate at the cut, as the run's evaluation judged it."""
    with transaction() as conn:
        (evaluation,) = [
            one for one in newest_evaluations(conn, rule.dataset, "default", cut) if one.rule == rule.id
        ]
        versions = parse_reference(evaluation.reference)
        plan = plan_inputs(conn, [rule], cut, evaluation.through_seq, versions)
    judged = rule.judge(read_inputs(spark, plan), rule.parameters())
    found = {tuple(row[name] for name in rule.entity) for row in rule.holding(judged).toArrow().to_pylist()}
    expect(f"{rule.id} at {cut}", len(found), evaluation.holds)
    rows = judged.candidates.select(*rule.entity, "score_ppm", "most").toArrow().to_pylist()
    for row in rows:
        assert len(found) <= row["most"], "more than the share that may be"
    return {
        (cut - ONE_DAY, key): Scored(row["score_ppm"], key in found)
        for row in rows
        for key in [tuple(row[name] for name in rule.entity)]
    }


def _planted(rule: Rule[Any], truth: Truth, days: list[date]) -> set[Key]:
    """Whoever any fixed rule of the dataset must find on these days."""
    personal = {field.name: field.personal for field in contract(rule.dataset).fields}
    found = set()
    for by_day in truth.detections.values():
        for day in days:
            for entity in by_day[day]:
                kind = entity.get("actor_kind")
                values = [
                    pseudonym(SECRET.encode(), kind, value)
                    if kind and name == "actor"
                    else pseudonym(SECRET.encode(), personal[name], value)
                    if personal.get(name)
                    else value
                    for name, value in entity.items()
                ]
                found.add((day, tuple(values)))
    return found


def _figures(rule: Rule[Any], scored: dict[Key, Scored], positives: set[Key]) -> Iterator[str]:
    from sklearn.metrics import average_precision_score

    keys = sorted(scored)
    wanted = [key in positives for key in keys]
    ranked = sorted(keys, key=lambda key: (-scored[key].score, key))
    average = average_precision_score(wanted, [scored[key].score for key in keys])
    chance = sum(wanted) / len(keys)
    flagged = [key for key in keys if scored[key].flagged]
    right = sum(key in positives for key in flagged)
    at = ", ".join(f"at {k} {sum(key in positives for key in ranked[:k]) / k:.2f}" for k in AT)
    yield (
        f"{rule.id}: {len(keys)} days of entities judged, {sum(wanted)} of {len(positives)} planted "
        f"among them: average precision {average:.3f} (by chance {chance:.3f}), precision {at}"
    )
    yield f"{rule.id}: {len(flagged)} flagged, {right} of them planted"
    if average < FLOORS[rule.id]:
        raise AssertionError(f"{rule.id}: average precision {average:.3f}, it was {FLOORS[rule.id]}")
