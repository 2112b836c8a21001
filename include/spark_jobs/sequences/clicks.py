"""How fast each user clicked on a day: what rapid_actions and bot_rate read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from include.spark_jobs.sequences.sequence import Fact, Sequence
from include.spark_jobs.sequences.windows import SECOND, gap, instant, judged, sliding

if TYPE_CHECKING:
    from datetime import date

    from pyspark.sql import DataFrame

KEYS = ("user_id",)
# An event is high-frequency if it comes less than this after its user's event before (DESIGN.md).
HIGH_FREQUENCY = 2 * SECOND


def project(events: DataFrame) -> DataFrame:
    """clickstream -> when each user clicked."""
    return events.select("chunk_id", "event_day", *KEYS, "event_time")


def build(rows: DataFrame, cut: date) -> DataFrame:
    """The clicks of two days -> the pace of each user on the second."""
    from pyspark.sql import Window
    from pyspark.sql import functions as F

    fast = F.coalesce(gap(KEYS) < HIGH_FREQUENCY, F.lit(False))
    # Each event that is not fast begins a run; clicks of one instant are of the same run in any order.
    in_order = Window.partitionBy(*KEYS).orderBy(instant())
    numbered = rows.withColumn("fast", fast).withColumn(
        "run", F.sum((~F.col("fast")).cast("bigint")).over(in_order)
    )
    so_far = Window.partitionBy(*KEYS, "run").orderBy(instant()).rangeBetween(Window.unboundedPreceding, 0)
    paced = numbered.select(
        *KEYS,
        "event_day",
        "fast",
        (F.count("*").over(so_far) - 1).alias("gaps"),
        F.count("*").over(sliding(KEYS, 60)).alias("in_1_minute"),
        F.count("*").over(sliding(KEYS, 300)).alias("in_5_minutes"),
        F.count("*").over(sliding(KEYS, 1800)).alias("in_30_minutes"),
    )
    return (
        paced.where(judged(cut))
        .groupBy(*KEYS)
        .agg(
            F.count("*").alias("events"),
            F.sum(F.col("fast").cast("bigint")).alias("high_frequency"),
            F.max("gaps").alias("longest_run"),
            *[F.max(name).alias(name) for name in ("in_1_minute", "in_5_minutes", "in_30_minutes")],
            F.min("event_day").alias("first_day"),
            F.max("event_day").alias("last_day"),
        )
    )


SEQUENCE = Sequence(
    name="clicks",
    dataset="clickstream",
    version=1,
    doc="How fast each user clicked on a day, runs and windows that began the day before included.",
    owner="trust-and-safety",
    keys={"user_id": "string"},
    columns={"event_time": "timestamp"},
    project=project,
    days=2,
    facts={
        "events": Fact("bigint", "clicks of the day"),
        "high_frequency": Fact("bigint", "those less than 2 seconds after the user's click before"),
        "longest_run": Fact("bigint", "most such gaps in a row, up to a click of the day"),
        "in_1_minute": Fact("bigint", "most clicks within a minute that ends on the day"),
        "in_5_minutes": Fact("bigint", "most clicks within five minutes that end on the day"),
        "in_30_minutes": Fact("bigint", "most clicks within thirty minutes that end on the day"),
        "first_day": Fact("date", "the judged day"),
        "last_day": Fact("date", "the judged day"),
    },
    build=build,
)
