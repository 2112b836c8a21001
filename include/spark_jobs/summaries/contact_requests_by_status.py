"""Contact requests of each day by status and message."""

from __future__ import annotations

from typing import TYPE_CHECKING

from include.spark_jobs.rules.rule import Inputs
from include.spark_jobs.sequences.sequence import Fact
from include.spark_jobs.summaries.summary import Summary

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


def build(inputs: Inputs) -> DataFrame:
    """The answers of the day, those of the client's own log, which has none, left out."""
    from pyspark.sql import functions as F

    return inputs["contact_answers"].where(F.col("request_type") == "backend")


SUMMARY = Summary(
    name="contact_requests_by_status",
    dataset="contact_requests",
    version=1,
    doc="Contact requests of a day (Asia/Tehran) by what the backend answered.",
    owner="trust-and-safety",
    inputs=("contact_answers",),
    reach=1,
    key=("status", "status_msg"),
    columns={
        "status": Fact("string", "what the backend answered"),
        "status_msg": Fact("string", "the same in words, or empty"),
        "request_count": Fact("bigint", "requests"),
        "phone_count": Fact("bigint", "different phones among them"),
        "ip_count": Fact("bigint", "different IPs among them"),
    },
    build=build,
)
