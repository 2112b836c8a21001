"""Reading mergeable state: the parts of a plan, merged."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

from include.lake import Lake
from include.spark_jobs.aggregates.aggregate import Aggregate
from include.state.plan import StatePlan

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


def read_merged(spark: SparkSession, lake: Lake, aggregate: Aggregate, plan: StatePlan) -> DataFrame:
    """The state at the plan's (cut, through_seq): one row per key, columns of `aggregate.schema`."""
    from pyspark.sql import functions as F

    columns = [*aggregate.keys, *aggregate.measures]
    before_cut = F.col("event_day") < plan.cut
    parts = []
    if plan.checkpoint:
        stored = spark.read.schema(aggregate.schema).parquet(lake.path(plan.checkpoint.path))
        parts.append(stored.select(*columns))
    if plan.known and plan.checkpoint:
        known = spark.read.schema(aggregate.delta_schema).parquet(*[lake.path(d.path) for d in plan.known])
        parts.append(known.where((F.col("event_day") >= plan.checkpoint.cut) & before_cut).select(*columns))
    if plan.new:
        new = spark.read.schema(aggregate.delta_schema).parquet(*[lake.path(d.path) for d in plan.new])
        parts.append(new.where(before_cut).select(*columns))
    if not parts:
        return spark.createDataFrame([], aggregate.schema)
    if len(parts) == 1 and plan.checkpoint:
        return parts[0]
    return aggregate.merge(reduce(lambda left, right: left.unionByName(right), parts))
