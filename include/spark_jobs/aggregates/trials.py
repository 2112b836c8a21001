"""Which trials each user and each device began: the state that trial_abuse reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from include.spark_jobs.aggregates.aggregate import Aggregate, Measure

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

KINDS = {"user": "user_id", "device": "device_id"}


def build(events: DataFrame) -> DataFrame:
    """subscriptions -> one row per (chunk_id, event_day, holder_kind, holder, subscription_id) of a trial."""
    from pyspark.sql import functions as F

    holders = F.array(
        *[
            F.struct(F.lit(kind).alias("holder_kind"), F.col(name).alias("holder"))
            for kind, name in KINDS.items()
        ]
    )
    trials = events.where(F.col("kind") == "trial")
    rows = trials.select("chunk_id", "event_day", "subscription_id", F.inline(holders))
    return (
        rows.where(F.col("holder").isNotNull())
        .groupBy("chunk_id", "event_day", "holder_kind", "holder", "subscription_id")
        .agg(F.min("event_day").alias("first_day"), F.max("event_day").alias("last_day"))
    )


AGGREGATE = Aggregate(
    name="trials",
    dataset="subscriptions",
    version=1,
    doc="Trials that each user and each device began; one that is told of twice is one.",
    owner="trust-and-safety",
    keys={"holder_kind": "string", "holder": "string", "subscription_id": "string"},
    measures={
        "first_day": Measure("date", "min", "event day on which it was first told of"),
        "last_day": Measure("date", "max", "event day on which it was last told of"),
    },
    build=build,
)
