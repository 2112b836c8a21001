"""What each customer did at each merchant: the state that upgrade, child and dei_needed read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from include.spark_jobs.aggregates.aggregate import Aggregate, Measure

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


def build(events: DataFrame) -> DataFrame:
    """transactions -> one row per (chunk_id, event_day, merchant, customer)."""
    from pyspark.sql import functions as F

    return events.groupBy("chunk_id", "event_day", "merchant", "customer").agg(
        F.count(F.lit(1)).alias("transactions"),
        F.sum("amount_minor").alias("amount_minor"),
        F.max(F.col("gender") == "F").alias("seen_f"),
        F.max(F.col("gender") == "M").alias("seen_m"),
        F.min("event_day").alias("first_day"),
        F.max("event_day").alias("last_day"),
    )


AGGREGATE = Aggregate(
    name="pairs",
    dataset="transactions",
    version=1,
    doc="Transactions of each customer at each merchant.",
    owner="trust-and-safety",
    keys={"merchant": "string", "customer": "string"},
    measures={
        "transactions": Measure("bigint", "sum", "transactions of the pair"),
        "amount_minor": Measure("bigint", "sum", "their amounts, in minor units"),
        "seen_f": Measure("boolean", "max", "gender F was seen at least once"),
        "seen_m": Measure("boolean", "max", "gender M was seen at least once"),
        "first_day": Measure("date", "min", "event day of the first of them"),
        "last_day": Measure("date", "max", "event day of the last of them"),
    },
    build=build,
)
