"""The activity of each day that the rules rest on: what came in more than once is one row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from include.spark_jobs.rules.rule import Inputs
from include.spark_jobs.sequences.activity import KEYS, SEQUENCE, WHAT
from include.spark_jobs.sequences.sequence import Fact
from include.spark_jobs.sequences.windows import place
from include.spark_jobs.summaries.summary import Summary

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


def build(inputs: Inputs) -> DataFrame:
    """The different activities of the day: they differ in at least one field of the contract."""
    from pyspark.sql import functions as F

    different = inputs["activity"].groupBy(*KEYS, "event_time", *WHAT).agg(F.count("*").alias("told"))
    return different.withColumns(
        {"number": place(KEYS, WHAT), "failed": F.col("outcome") == "failed"},
    )


SUMMARY = Summary(
    name="clean_user_activity",
    dataset="user_activity",
    version=1,
    doc="The activity of a day (UTC) that the rules rest on, what came in more than once as one row.",
    owner="identity",
    inputs=("activity",),
    reach=1,
    key=("user_id", "event_time", "number"),
    columns={
        "user_id": Fact("string", "whose account"),
        "event_time": Fact("timestamp", "when"),
        "number": Fact("int", "from 1, among the account's different activities of one instant"),
        **{name: SEQUENCE.facts[name] for name in WHAT},
        "failed": Fact("boolean", "whether it failed: then the rules take no place and no device from it"),
        "told": Fact("bigint", "how many lines said it"),
    },
    build=build,
    of_events=True,
)
