"""The clicks of a day one by one, each with the time since its user's click before: what the table
clickstream_events holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from include.spark_jobs.sequences.clicks import HIGH_FREQUENCY
from include.spark_jobs.sequences.sequence import Fact, Sequence
from include.spark_jobs.sequences.windows import instant, judged, place

if TYPE_CHECKING:
    from datetime import date

    from pyspark.sql import DataFrame

KEYS = ("user_id",)
# All that a click has beside who and when.
WHAT = ("action", "category", "amount_minor", "session_id")


def project(events: DataFrame) -> DataFrame:
    """clickstream -> its events as they are."""
    return events.select("chunk_id", "event_day", *KEYS, "event_time", *WHAT)


def build(rows: DataFrame, cut: date) -> DataFrame:
    """The clicks of two days -> those of the second."""
    from pyspark.sql import Window
    from pyspark.sql import functions as F

    # Clicks of one instant are taken in an order of their own, whatever that of the rows.
    order = [F.asc_nulls_first(name) for name in ("event_time", *WHAT)]
    before = F.lag(instant()).over(Window.partitionBy(*KEYS).orderBy(*order))
    gapped = rows.withColumn("since_previous_micros", instant() - before)
    fast = F.coalesce(F.col("since_previous_micros") < HIGH_FREQUENCY, F.lit(False))
    return gapped.where(judged(cut)).withColumns(
        {"number": place(KEYS, WHAT), "is_high_frequency": fast},
    )


SEQUENCE = Sequence(
    name="click_events",
    dataset="clickstream",
    version=1,
    doc="The clicks of a day one by one, with the time since the user's click before.",
    owner="web",
    keys={"user_id": "string"},
    columns={
        "event_time": "timestamp",
        "action": "string",
        "category": "string",
        "amount_minor": "bigint",
        "session_id": "string",
    },
    project=project,
    days=2,
    facts={
        "event_time": Fact("timestamp", "when"),
        "number": Fact("int", "from 1, among the user's clicks of one instant"),
        "action": Fact("string", "what was done"),
        "category": Fact("string", "of the product that it was about, if of any", optional=True),
        "amount_minor": Fact("bigint", "what it was worth in minor units, if anything", optional=True),
        "session_id": Fact("string", "the visit that it belongs to, if told", optional=True),
        "since_previous_micros": Fact(
            "bigint",
            "microseconds since the user's click before, of the day before too; none if there is none there",
            optional=True,
        ),
        "is_high_frequency": Fact("boolean", "whether that is less than two seconds"),
    },
    build=build,
)
