"""Shadow: rules judged twice at the cuts of a replay, as in force and as tried, and written apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from include.lake import lake
from include.spark_jobs.curve import found_by_value, values_around
from include.spark_jobs.detect import found_rows, judged_once, nearest_misses, rule_digest
from include.spark_jobs.rules.rule import Inputs
from include.stages.difference import Held, Side, masked
from include.stages.inputs import Versions, kept_inputs, plan_inputs
from include.stages.load import as_holding
from include.state.plan import Checkpoint
from include.store.attempts import Attempt
from include.store.connection import transaction
from include.store.evaluations import newest_evaluations
from include.store.runs import Run

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import SparkSession

# By rule: as in force, and as tried.
Sides = Mapping[str, tuple[Side, Side]]
Rows = dict[str, tuple["pa.Table", "pa.Table"]]


@dataclass
class Judgements:
    """What both sides find by cut and rule; and by rule, at the last cut, the nearest misses as tried and the
    curve in force.

    `record_differs`: by rule the cuts whose recorded verdict is not what is in force gives now.
    """

    held: dict[date, dict[str, tuple[Held, Held]]] = field(default_factory=dict)
    record_differs: dict[str, list[str]] = field(default_factory=dict)
    misses: dict[str, list[Any]] = field(default_factory=dict)
    curves: dict[str, list[tuple[int, int]]] = field(default_factory=dict)


def judge(
    spark: SparkSession, run: Run, attempt: Attempt, versions: Versions, sides: Sides, output: str
) -> Judgements:
    """Judges the run's cuts, and the one before them, with the knowledge that the run has pinned.

    What holds is written below the `output` folder of the lake. Each cut goes on from the state of the one
    before, which is written as checkpoints that nobody publishes.
    """
    asked = run.scope.replay
    assert asked is not None
    assert run.through_seq is not None
    judged = Judgements()
    bases: Mapping[str, Checkpoint] = {}
    patterns = [side.rule for pair in sides.values() for side in pair]
    for cut in [asked.before, *asked.cuts] if asked.before else asked.cuts:
        last = cut == asked.cuts[-1]
        with transaction() as conn:
            plan = plan_inputs(conn, patterns, cut, run.through_seq, versions, bases)
            known = newest_evaluations(conn, run.dataset, asked.profile, cut)
        folder = f"{attempt.folder}/cut={cut}"
        with kept_inputs(spark, plan, folder, "never" if last else "always") as (inputs, bases):
            rows = _rows(inputs, sides)
            if last:
                judged.misses = _misses(inputs, sides)
                judged.curves = {name: _curve(inputs, sides[name], of) for name, of in asked.curves.items()}
        _write(rows, f"{output}/cut={cut}")
        judged.held[cut] = {
            name: (_held(sides[name][0], before), _held(sides[name][1], after))
            for name, (before, after) in rows.items()
        }
        recorded = {one.rule: one.digest for one in known}
        for name, (before, _) in rows.items():
            if cut != asked.before and rule_digest(before) != recorded.get(name):
                judged.record_differs.setdefault(name, []).append(cut.isoformat())
    return judged


def _rows(inputs: Inputs, sides: Sides) -> Rows:
    """What holds by rule; what is not changed is not judged twice."""
    rows: Rows = {}
    for name, (before, after) in sides.items():
        found = found_rows(before.rule, before.rule.judge(inputs, before.parameters))
        if before == after:
            rows[name] = (found, found)
        else:
            rows[name] = (found, found_rows(after.rule, after.rule.judge(inputs, after.parameters)))
    return rows


def _write(rows: Rows, folder: str) -> None:
    for name, (before, after) in rows.items():
        lake().write_parquet(f"{folder}/{name}/in_force", before)
        lake().write_parquet(f"{folder}/{name}/tried", after)


def _held(side: Side, rows: pa.Table) -> Held:
    holdings = (as_holding(side.rule, row) for row in rows.to_pylist())
    return {tuple(one.entity.values()): one for one in holdings}


def _misses(inputs: Inputs, sides: Sides) -> dict[str, list[Any]]:
    tried = [after for _, after in sides.values()]
    with judged_once([(side.rule, side.parameters) for side in tried], inputs, keep=False) as judged:
        found = nearest_misses([side.rule for side in tried], judged)
    return {
        name: [miss | {"entity": masked(miss["entity"])} for miss in all_of] for name, all_of in found.items()
    }


def _curve(inputs: Inputs, sides: tuple[Side, Side], parameter: str) -> list[tuple[int, int]]:
    """The others stay as they are in force, so that today's point is what is found today."""
    before, after = (side.parameters.model_dump(mode="json") for side in sides)
    today, tried = before[parameter], after.get(parameter)
    rule, others = sides[0].rule, [tried] if isinstance(tried, int) else []
    values = values_around(rule, parameter, today, others)
    return list(found_by_value(rule, inputs, sides[0].parameters, parameter, values).items())
