"""Contact requests of each day by the log that told of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from include.spark_jobs.rules.rule import Inputs
from include.spark_jobs.sequences.sequence import Fact
from include.spark_jobs.summaries.summary import Summary

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


def build(inputs: Inputs) -> DataFrame:
    """All answers of the day, added up by log."""
    from pyspark.sql import functions as F

    return (
        inputs["contact_answers"].groupBy("request_type").agg(F.sum("request_count").alias("request_count"))
    )


SUMMARY = Summary(
    name="contact_requests_by_type",
    dataset="contact_requests",
    version=1,
    doc="Contact requests of a day (Asia/Tehran) by log: backend, or user for the client's own.",
    owner="trust-and-safety",
    inputs=("contact_answers",),
    reach=1,
    key=("request_type",),
    columns={
        "request_type": Fact("string", "backend, or user for the client's own log"),
        "request_count": Fact("bigint", "requests"),
    },
    build=build,
)
