"""Reading sequence state: the facts of a checkpoint, and those of touched entities computed anew (ADR 13)."""

from __future__ import annotations

from collections.abc import Sequence as Many
from typing import TYPE_CHECKING

from include.lake import Lake
from include.spark_jobs.sequences.sequence import Sequence
from include.state.plan import Delta, StatePlan

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


def read_facts(spark: SparkSession, lake: Lake, sequence: Sequence, plan: StatePlan) -> DataFrame:
    """The facts at the plan's (cut, through_seq): one row per entity, columns of `sequence.schema`."""
    keys = list(sequence.keys)
    rows = _rows(spark, lake, sequence, plan, [*plan.known, *plan.new])
    if plan.checkpoint is None:
        return sequence.judge(rows, plan.cut)
    kept = spark.read.schema(sequence.schema).parquet(lake.path(plan.checkpoint.path))
    if not plan.new:
        return kept
    touched = _rows(spark, lake, sequence, plan, plan.new).select(keys).distinct()
    again = sequence.judge(rows.join(touched, keys, "left_semi"), plan.cut)
    return kept.join(touched, keys, "left_anti").select(again.columns).unionByName(again)


def _rows(
    spark: SparkSession, lake: Lake, sequence: Sequence, plan: StatePlan, deltas: Many[Delta]
) -> DataFrame:
    """The rows of these deltas that lie within the days that count."""
    from pyspark.sql import functions as F

    if not deltas:
        return spark.createDataFrame([], sequence.delta_schema)
    rows = spark.read.schema(sequence.delta_schema).parquet(*[lake.path(delta.path) for delta in deltas])
    day = F.col("event_day")
    return rows.where((day >= sequence.since(plan.cut)) & (day < plan.cut))
