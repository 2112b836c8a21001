"""What was answered to contact requests on a day: what the summaries of contact_requests read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from include.spark_jobs.sequences.sequence import Fact, Sequence

if TYPE_CHECKING:
    from datetime import date

    from pyspark.sql import DataFrame

KEYS = ("request_type", "status", "status_msg")


def project(events: DataFrame) -> DataFrame:
    """contact_requests -> who asked and what was answered; empty where there was no answer."""
    from pyspark.sql import functions as F

    answers = [F.coalesce(name, F.lit("")).alias(name) for name in ("status", "status_msg")]
    return events.select("chunk_id", "event_day", "request_type", *answers, "phone", "ip")


def build(rows: DataFrame, cut: date) -> DataFrame:
    """The requests of a day, counted by answer."""
    from pyspark.sql import functions as F

    return rows.groupBy(*KEYS).agg(
        F.count("*").alias("request_count"),
        F.countDistinct("phone").alias("phone_count"),
        F.countDistinct("ip").alias("ip_count"),
    )


SEQUENCE = Sequence(
    name="contact_answers",
    dataset="contact_requests",
    version=1,
    doc="Requests of a day by log, status and message.",
    owner="trust-and-safety",
    keys={"request_type": "string", "status": "string", "status_msg": "string"},
    columns={"phone": "string", "ip": "string"},
    project=project,
    days=1,
    facts={
        "request_count": Fact("bigint", "requests"),
        "phone_count": Fact("bigint", "different phones among them"),
        "ip_count": Fact("bigint", "different IPs among them"),
    },
    build=build,
)
