"""Failed payments and chargebacks of each user in the last days: what payment_risk reads."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from include.spark_jobs.sequences.sequence import Fact, Sequence
from include.spark_jobs.sequences.windows import judged, sliding

if TYPE_CHECKING:
    from datetime import date

    from pyspark.sql import DataFrame

KEYS = ("user_id",)
# DESIGN.md: failed payments within 7 days, a chargeback within 30.
FAILED_DAYS, CHARGEBACK_DAYS = 7, 30


def project(events: DataFrame) -> DataFrame:
    """payments -> those that failed or were charged back."""
    from pyspark.sql import functions as F

    unpaid = events.where(F.col("status").isin("failed", "chargeback"))
    return unpaid.select("chunk_id", "event_day", *KEYS, "event_time", "payment_id", "status")


def build(rows: DataFrame, cut: date) -> DataFrame:
    """What went unpaid in thirty days -> how each user stands at their end.

    Failures count that lie in the seven days before the cut, or within seven days of one another if the last
    of them is of the judged day: whoever is over at the moment of a failure is found, wherever the day ends.
    """
    from pyspark.sql import functions as F

    failed = F.col("status") == "failed"
    recent = F.col("event_day") >= F.lit(cut - timedelta(days=FAILED_DAYS))
    payment = F.when(failed, F.col("payment_id"))
    within = F.size(F.collect_set(payment).over(sliding(KEYS, FAILED_DAYS * 86_400))).cast("bigint")
    return (
        rows.withColumn("within", F.when(judged(cut), within).otherwise(0))
        .groupBy(*KEYS)
        .agg(
            F.greatest(F.max("within"), F.countDistinct(F.when(recent, payment))).alias("failed_in_7_days"),
            F.countDistinct(F.when(~failed, F.col("payment_id"))).alias("chargebacks_in_30_days"),
            F.min("event_day").alias("first_day"),
            F.max("event_day").alias("last_day"),
        )
    )


SEQUENCE = Sequence(
    name="unpaid",
    dataset="payments",
    version=1,
    doc="Failed payments and chargebacks of each user in the last days.",
    owner="trust-and-safety",
    keys={"user_id": "string"},
    columns={"event_time": "timestamp", "payment_id": "string", "status": "string"},
    project=project,
    days=CHARGEBACK_DAYS,
    facts={
        "failed_in_7_days": Fact("bigint", "different payments that failed in seven days"),
        "chargebacks_in_30_days": Fact("bigint", "different payments that were charged back in thirty days"),
        "first_day": Fact("date", "first day of these"),
        "last_day": Fact("date", "last day of these"),
    },
    build=build,
)
