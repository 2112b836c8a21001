"""What became of payments on a day, each once: what the table user_payments holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from include.spark_jobs.sequences.sequence import Fact, Sequence

if TYPE_CHECKING:
    from datetime import date

    from pyspark.sql import DataFrame

KEYS = ("user_id", "payment_id", "status")


def project(events: DataFrame) -> DataFrame:
    """payments -> whose became what."""
    return events.select("chunk_id", "event_day", *KEYS, "event_time", "amount_minor")


def build(rows: DataFrame, cut: date) -> DataFrame:
    """What was told on a day, the same of one payment counted."""
    from pyspark.sql import functions as F

    return rows.groupBy(*KEYS).agg(
        F.min("event_time").alias("first_at"),
        F.max("amount_minor").alias("amount_minor"),
        F.count("*").alias("told"),
    )


SEQUENCE = Sequence(
    name="payments_told",
    dataset="payments",
    version=1,
    doc="What became of payments on a day, each once.",
    owner="billing",
    keys={"user_id": "string", "payment_id": "string", "status": "string"},
    columns={"event_time": "timestamp", "amount_minor": "bigint"},
    project=project,
    days=1,
    facts={
        "first_at": Fact("timestamp", "when it became that, the earliest that was told"),
        "amount_minor": Fact("bigint", "amount in minor units, the largest that was told"),
        "told": Fact("bigint", "how often it was told"),
    },
    build=build,
)
