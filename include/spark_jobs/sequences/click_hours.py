"""Clicks of a day by action, category and hour: what the summary clicks_by_hour reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from include.spark_jobs.sequences.sequence import Fact, Sequence

if TYPE_CHECKING:
    from datetime import date

    from pyspark.sql import DataFrame

KEYS = ("action", "category", "hour")


def project(events: DataFrame) -> DataFrame:
    """clickstream -> who did what in which hour, UTC as the dataset's days are."""
    from pyspark.sql import functions as F

    return events.select(
        "chunk_id",
        "event_day",
        "action",
        F.coalesce("category", F.lit("")).alias("category"),
        F.date_format("event_time", "HH").alias("hour"),
        "user_id",
        "amount_minor",
    )


def build(rows: DataFrame, cut: date) -> DataFrame:
    """The clicks of a day, counted."""
    from pyspark.sql import functions as F

    return rows.groupBy(*KEYS).agg(
        F.count("*").alias("click_count"),
        F.countDistinct("user_id").alias("user_count"),
        F.coalesce(F.sum("amount_minor"), F.lit(0)).alias("amount_minor"),
    )


SEQUENCE = Sequence(
    name="click_hours",
    dataset="clickstream",
    version=1,
    doc="Clicks of a day by action, category and hour.",
    owner="web",
    keys={"action": "string", "category": "string", "hour": "string"},
    columns={"user_id": "string", "amount_minor": "bigint"},
    project=project,
    days=1,
    facts={
        "click_count": Fact("bigint", "clicks"),
        "user_count": Fact("bigint", "different users among them"),
        "amount_minor": Fact("bigint", "what they were worth, in minor units"),
    },
    build=build,
)
