"""Reference: the good rows of one importance file -> one row per customer and merchant."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from include.datasets.contract import Contract

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


def weights_by_pair(rows: DataFrame) -> DataFrame:
    """Rows of the dataset importance -> customer, merchant, weight_sum_micro bigint, weight_count bigint.

    A sum beyond 64 bits is an error (ANSI mode), never a wrong number.
    """
    from pyspark.sql import functions as F

    pairs = rows.groupBy(F.col("source").alias("customer"), F.col("target").alias("merchant"))
    return pairs.agg(
        F.sum("weight_micro").alias("weight_sum_micro"), F.count("weight_micro").alias("weight_count")
    ).select("customer", "merchant", "weight_sum_micro", "weight_count")


def build_reference(
    spark: SparkSession, contract: Contract, events_path: str, chunk_ids: Sequence[str], out_path: str
) -> int:
    """Writes the version made of these chunks' rows as Parquet, sorted by pair; gives the number of pairs."""
    from pyspark.sql import functions as F

    rows = spark.read.schema(contract.spark_schema()).parquet(events_path)
    mine = rows.where(F.col("chunk_id").isin(list(chunk_ids)))
    # one file: a version is small (a row per pair), and every detect reads all of it
    version = weights_by_pair(mine).coalesce(1).sortWithinPartitions("customer", "merchant")
    version.write.mode("overwrite").parquet(out_path)
    return spark.read.parquet(out_path).count()
