"""How each account was used, or tried in vain, on a day, whether it has a subscription or not."""

from __future__ import annotations

from include.spark_jobs.sequences.sequence import Fact
from include.spark_jobs.summaries.summary import Summary

SUMMARY = Summary(
    name="user_days",
    dataset="user_activity",
    version=2,
    doc="How each account was used on a day (UTC), or tried in vain, with nothing but failures: more than "
    "one location is context here, not a detection.",
    owner="trust-and-safety",
    inputs=("visits",),
    reach=2,
    key=("user_id",),
    columns={
        "user_id": Fact("string", "whose account; any activity of the day is enough, failed or not"),
        "activities": Fact("bigint", "activities that did not fail"),
        "failed": Fact("bigint", "failed ones"),
        "locations": Fact("bigint", "different IP locations of those that did not fail"),
        "devices": Fact("bigint", "different devices of those"),
        "locations_in_hour": Fact("bigint", "most different IP locations of those within an hour"),
    },
    build=lambda inputs: inputs["visits"],
)
