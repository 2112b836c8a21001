"""The Spark job of the stage aggregate: good events of new chunks -> one delta per kind of state."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import TYPE_CHECKING

from include.datasets.contract import Contract
from include.spark_jobs.aggregates.aggregate import Aggregate
from include.spark_jobs.sequences.sequence import Sequence as EventSequence

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


def read_events(
    spark: SparkSession, contract: Contract, paths: Sequence[str], chunk_ids: Sequence[str]
) -> DataFrame:
    """The good events of these chunks, columns of the contract's schema.

    A held chunk's rows lie beside those of its batch, so events are always read by chunk_id.
    """
    from pyspark.sql import functions as F

    # One by one: Spark refuses several partitioned folders at once, as adopted chunks bring them.
    reader = spark.read.schema(contract.spark_schema())
    parts = [reader.parquet(path) for path in paths]
    events = reduce(lambda left, right: left.unionByName(right), parts)
    return events.where(F.col("chunk_id").isin(list(chunk_ids)))


def write_delta(events: DataFrame, state: Aggregate | EventSequence, path: str) -> None:
    """Writes what these events add to the state by chunk and event day, columns of `state.delta_schema`."""
    # Sorted by key and day, equal values lie together: the files are small, and days can be skipped.
    delta = state.delta(events).sortWithinPartitions("event_day", *state.keys)
    delta.write.mode("overwrite").parquet(path)
