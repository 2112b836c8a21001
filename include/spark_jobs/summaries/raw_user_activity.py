"""The activity of each day as it came in, with the line that it came in."""

from __future__ import annotations

from include.spark_jobs.sequences.activity import SEQUENCE
from include.spark_jobs.sequences.sequence import Fact
from include.spark_jobs.summaries.summary import Summary

SUMMARY = Summary(
    name="raw_user_activity",
    dataset="user_activity",
    version=1,
    doc="The activity of a day (UTC) as it came in: a row for each line, repeats too.",
    owner="identity",
    inputs=("activity",),
    reach=1,
    key=("chunk_id", "line"),
    columns={"user_id": Fact("string", "whose account"), **SEQUENCE.facts},
    build=lambda inputs: inputs["activity"],
    of_events=True,
)
