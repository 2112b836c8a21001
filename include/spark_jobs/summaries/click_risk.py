"""How risky each user's clicks of a day look: a score from 0 to 100, and its parts.

The score is for sorting, not for judging: the rules judge. Each part grows with what its rule looks at and is
full where that rule fires by default: a run of `RUN` gaps under two seconds (40 points), `RATE` actions in a
minute (40 points), all of at least `RUN` gaps of the day under two seconds (20 points).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from include.spark_jobs.rules.rule import Inputs, integer_quotient
from include.spark_jobs.sequences.sequence import Fact
from include.spark_jobs.summaries.summary import Summary

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

RUN, RATE = 5, 61


def _part(points: int, value: Column, full: Column) -> Column:
    from pyspark.sql import functions as F

    return integer_quotient(F.least(value, full) * points, full)


def build(inputs: Inputs) -> DataFrame:
    """Every user of the day."""
    from pyspark.sql import functions as F

    gaps = F.greatest(F.col("events") - 1, F.lit(RUN))
    scored = inputs["clicks"].withColumns(
        {
            "run_points": _part(40, F.col("longest_run"), F.lit(RUN)),
            "rate_points": _part(40, F.col("in_1_minute"), F.lit(RATE)),
            "share_points": _part(20, F.col("high_frequency"), gaps),
        }
    )
    return scored.withColumn("score", F.col("run_points") + F.col("rate_points") + F.col("share_points"))


SUMMARY = Summary(
    name="click_risk",
    dataset="clickstream",
    version=1,
    doc="How risky each user's clicks of a day (UTC) look, for sorting.",
    owner="trust-and-safety",
    inputs=("clicks",),
    reach=2,
    key=("user_id",),
    columns={
        "user_id": Fact("string", "who"),
        "score": Fact("bigint", "0 to 100, the sum of the three parts"),
        "run_points": Fact("bigint", "0 to 40, by the longest run of gaps under two seconds"),
        "rate_points": Fact("bigint", "0 to 40, by the most actions in a minute"),
        "share_points": Fact("bigint", "0 to 20, by the share of gaps under two seconds"),
        "events": Fact("bigint", "clicks of the day"),
        "high_frequency": Fact("bigint", "those less than 2 seconds after the click before"),
        "longest_run": Fact("bigint", "most such gaps in a row"),
        "in_1_minute": Fact("bigint", "most clicks within a minute"),
    },
    build=build,
)
