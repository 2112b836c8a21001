"""Subscriptions that began on each day, by user."""

from __future__ import annotations

from include.spark_jobs.sequences.sequence import Fact
from include.spark_jobs.sequences.subscriptions_told import SEQUENCE
from include.spark_jobs.summaries.summary import Summary

SUMMARY = Summary(
    name="user_subscriptions",
    dataset="subscriptions",
    version=1,
    doc="Subscriptions that began on a day (UTC), trials and paid ones, each once.",
    owner="billing",
    inputs=("subscriptions_told",),
    reach=1,
    key=("user_id", "subscription_id", "kind", "plan"),
    columns={
        "user_id": Fact("string", "who subscribed"),
        "subscription_id": Fact("string", "which subscription"),
        "kind": Fact("string", "trial or paid"),
        "plan": Fact("string", "what was subscribed to"),
        **SEQUENCE.facts,
    },
    build=lambda inputs: inputs["subscriptions_told"],
)
