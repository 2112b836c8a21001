"""The clicks of each day one by one, and which of them came too fast for a hand."""

from __future__ import annotations

from include.spark_jobs.sequences.click_events import SEQUENCE
from include.spark_jobs.sequences.sequence import Fact
from include.spark_jobs.summaries.summary import Summary

SUMMARY = Summary(
    name="clickstream_events",
    dataset="clickstream",
    version=1,
    doc="The clicks of a day (UTC) one by one, and which of them came too fast for a hand.",
    owner="web",
    inputs=("click_events",),
    reach=2,
    key=("user_id", "event_time", "number"),
    columns={"user_id": Fact("string", "who"), **SEQUENCE.facts},
    build=lambda inputs: inputs["click_events"],
    of_events=True,
)
