"""What rules are given: state at a position, and pinned versions of reference data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from include.errors import MissingReference
from include.lake import lake
from include.settings import get_settings
from include.spark_jobs.rules.rule import Inputs, Rule
from include.spark_jobs.summaries.summary import Summary
from include.state.kinds import read_state, states
from include.state.plan import Checkpoint, Delta, StatePlan
from include.store.connection import Connection
from include.store.references import reference_path
from include.store.runs import pin_reference
from include.store.state import plan_state

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

Versions = Mapping[str, str]

# Whether merged state is written down: never, where reading it again would be dear, or in any case.
Checkpointing = Literal["never", "due", "always"]


@dataclass(frozen=True)
class InputPlan:
    """From what rules' inputs are read: a plan per kind of state, a lake path per reference dataset."""

    states: Mapping[str, StatePlan]
    references: Mapping[str, str]

    def with_unpublished(self, deltas: Mapping[str, Delta]) -> InputPlan:
        """The same with deltas, by their state, that no batch published: a dry run's own."""
        plans = {
            name: plan.with_unpublished(deltas[name]) if name in deltas else plan
            for name, plan in self.states.items()
        }
        return InputPlan(plans, self.references)


def plan_inputs(
    conn: Connection,
    asked: Iterable[Rule[Any] | Summary],
    cut: date,
    through_seq: int,
    versions: Versions,
    bases: Mapping[str, Checkpoint] = MappingProxyType({}),
) -> InputPlan:
    """The published parts of everything that these rules and summaries read at a position.

    `bases`: by name, merged state of an earlier cut with the same `through_seq` to go on from.
    """
    names = sorted({name for rule in asked for name in rule.inputs})
    return InputPlan(
        {name: plan_state(conn, states()[name], cut, through_seq, bases.get(name)) for name in names},
        {name: reference_path(conn, name, version) for name, version in sorted(versions.items())},
    )


def read_inputs(spark: SparkSession, plan: InputPlan) -> dict[str, DataFrame]:
    """The inputs by name, read when they are used."""
    inputs = {name: read_state(spark, lake(), one) for name, one in plan.states.items()}
    return inputs | {name: spark.read.parquet(lake().path(path)) for name, path in plan.references.items()}


@contextmanager
def kept_inputs(
    spark: SparkSession, plan: InputPlan, folder: str, checkpoint: Checkpointing
) -> Iterator[tuple[Inputs, dict[str, Checkpoint]]]:
    """The inputs for several rules: state is merged once, and kept until the end of the `with`.

    Where a checkpoint is to be made, the merged state is written as one (in this `folder`) and read back from
    there. Gives the inputs and the checkpoints written, by state.
    """
    inputs = read_inputs(spark, plan)
    checkpoints = {}
    cached = []
    try:
        for name, state in plan.states.items():
            due = checkpoint != "never" and state.checkpoint_due(get_settings().checkpoint_every)
            # The facts of a sequence are of their own cut: no later one goes on from them.
            if due or (checkpoint == "always" and not state.since):
                checkpoints[name] = _write_checkpoint(inputs[name], state, folder)
                stored = spark.read.schema(states()[name].schema)
                inputs[name] = stored.parquet(lake().path(checkpoints[name].path))
            elif state.known or state.new:
                inputs[name] = inputs[name].persist()
                cached.append(inputs[name])
        yield inputs, checkpoints
    finally:
        for frame in cached:
            frame.unpersist()


def _write_checkpoint(merged: DataFrame, state: StatePlan, folder: str) -> Checkpoint:
    kind = states()[state.name]
    path = f"state/{kind.dataset}/{kind.name}/v{kind.version}/checkpoints/{folder}"
    merged.sortWithinPartitions(*kind.keys).write.mode("overwrite").parquet(lake().path(path))
    rows = lake().read_parquet(path, columns=[next(iter(kind.keys))]).num_rows
    return Checkpoint(state.cut, state.through_seq, path, rows)


def pinned_versions(conn: Connection, run_id: int, asked: Iterable[Rule[Any]]) -> dict[str, str]:
    """The versions of the reference data that these rules need, pinned to the run at its first use.

    Raises MissingReference, naming rule, dataset and remedy, where no version is published.
    """
    versions: dict[str, str] = {}
    for rule in asked:
        for name in rule.reference:
            version = pin_reference(conn, run_id, name)
            if version is None:
                raise MissingReference(
                    f"rule {rule.id} needs reference data {name!r}, of which no version is published; feed "
                    f"one with `make feed DATASET={name} FILE=<path>`, and run detect again once it is there"
                )
            versions[name] = version
    return versions


def reference_text(rule: Rule[Any], versions: Versions) -> str:
    """The versions that the rule uses as text, `dataset=version`, comma-separated, or empty."""
    return ",".join(f"{name}={versions[name]}" for name in sorted(rule.versioned))


def parse_reference(text: str) -> dict[str, str]:
    """The versions by dataset, from the text that evaluations keep."""
    return {name: version for name, _, version in (pair.partition("=") for pair in text.split(",") if pair)}
