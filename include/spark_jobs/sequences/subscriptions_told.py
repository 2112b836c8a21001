"""Subscriptions that were told of on a day, each once: what the table user_subscriptions holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from include.spark_jobs.sequences.sequence import Fact, Sequence

if TYPE_CHECKING:
    from datetime import date

    from pyspark.sql import DataFrame

KEYS = ("user_id", "subscription_id", "kind", "plan")


def project(events: DataFrame) -> DataFrame:
    """subscriptions -> who began which."""
    return events.select("chunk_id", "event_day", *KEYS, "event_time")


def build(rows: DataFrame, cut: date) -> DataFrame:
    """The beginnings of a day, those of one subscription counted."""
    from pyspark.sql import functions as F

    return rows.groupBy(*KEYS).agg(F.min("event_time").alias("begun_at"), F.count("*").alias("told"))


SEQUENCE = Sequence(
    name="subscriptions_told",
    dataset="subscriptions",
    version=1,
    doc="Subscriptions that were told of on a day, each once.",
    owner="billing",
    keys={"user_id": "string", "subscription_id": "string", "kind": "string", "plan": "string"},
    columns={"event_time": "timestamp"},
    project=project,
    days=1,
    facts={
        "begun_at": Fact("timestamp", "when it began, the earliest that was told"),
        "told": Fact("bigint", "how often it was told"),
    },
    build=build,
)
