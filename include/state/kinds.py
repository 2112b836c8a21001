"""State by name, what merges (aggregates) and what does not (sequences), and how each is read."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from include.errors import ContractError
from include.lake import Lake
from include.spark_jobs.aggregates import aggregates
from include.spark_jobs.aggregates.aggregate import Aggregate
from include.spark_jobs.sequences import sequences
from include.spark_jobs.sequences.sequence import Sequence
from include.state.merged import read_merged
from include.state.plan import StatePlan
from include.state.sequences import read_facts

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

State = Aggregate | Sequence


@cache
def _all() -> dict[str, State]:
    if both := sorted(set(aggregates()) & set(sequences())):
        raise ContractError(f"{', '.join(both)}: an aggregate and a sequence cannot have the same name")
    return {**aggregates(), **sequences()}


def states(dataset: str | None = None) -> dict[str, State]:
    """State by name: that of one dataset, or all. Raises ContractError on two of the same name."""
    return {name: one for name, one in _all().items() if dataset in (None, one.dataset)}


def read_state(spark: SparkSession, lake: Lake, plan: StatePlan) -> DataFrame:
    """The state at the plan's (cut, through_seq): one row per key, columns of its kind's `schema`."""
    state = states()[plan.name]
    if isinstance(state, Sequence):
        return read_facts(spark, lake, state, plan)
    return read_merged(spark, lake, state, plan)
