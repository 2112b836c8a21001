"""Clicks of each day by action, category and hour."""

from __future__ import annotations

from include.spark_jobs.sequences.sequence import Fact
from include.spark_jobs.summaries.summary import Summary

SUMMARY = Summary(
    name="clicks_by_hour",
    dataset="clickstream",
    version=1,
    doc="Clicks of a day (UTC) by action, category and hour.",
    owner="web",
    inputs=("click_hours",),
    reach=1,
    key=("action", "category", "hour"),
    columns={
        "action": Fact("string", "what was done"),
        "category": Fact("string", "of the product that it was about, or empty"),
        "hour": Fact("string", "00 to 23, UTC"),
        "click_count": Fact("bigint", "clicks"),
        "user_count": Fact("bigint", "different users among them"),
        "amount_minor": Fact("bigint", "what they were worth, in minor units"),
    },
    build=lambda inputs: inputs["click_hours"],
)
