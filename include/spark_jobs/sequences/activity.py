"""The activity of a day one by one: what the tables raw_user_activity and clean_user_activity hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from include.spark_jobs.sequences.sequence import Fact, Sequence

if TYPE_CHECKING:
    from datetime import date

    from pyspark.sql import DataFrame

KEYS = ("user_id",)
# All that an activity has beside who and when: what is equal in all of it said the same.
WHAT = ("device_id", "ip_location", "country", "latitude_micro", "longitude_micro", "outcome")


def project(events: DataFrame) -> DataFrame:
    """user_activity -> its events as they are."""
    return events.select("chunk_id", "line", "event_day", *KEYS, "event_time", *WHAT)


def build(rows: DataFrame, cut: date) -> DataFrame:
    """The activity of a day, as it is."""
    return rows


SEQUENCE = Sequence(
    name="activity",
    dataset="user_activity",
    version=1,
    doc="The activity of a day one by one, and the line that each came in.",
    owner="identity",
    keys={"user_id": "string"},
    columns={
        "line": "int",
        "event_time": "timestamp",
        "device_id": "string",
        "ip_location": "string",
        "country": "string",
        "latitude_micro": "int",
        "longitude_micro": "int",
        "outcome": "string",
    },
    project=project,
    days=1,
    facts={
        "chunk_id": Fact("string", "the chunk that it came in"),
        "line": Fact("int", "its line there"),
        "event_time": Fact("timestamp", "when"),
        "device_id": Fact("string", "on what, as a pseudonym"),
        "ip_location": Fact("string", "from where, as a pseudonym"),
        "country": Fact("string", "two letters, if told", optional=True),
        "latitude_micro": Fact("int", "millionths of a degree north, if told", optional=True),
        "longitude_micro": Fact("int", "millionths of a degree east, if told", optional=True),
        "outcome": Fact("string", "succeeded, failed, or not told"),
    },
    build=build,
)
