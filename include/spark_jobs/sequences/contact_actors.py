"""How much each phone and each IP asked for on a day: what contact_scraping and contact_outlier read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from include.spark_jobs.sequences.sequence import Fact, Sequence
from include.spark_jobs.sequences.windows import judged, sliding

if TYPE_CHECKING:
    from datetime import date

    from pyspark.sql import DataFrame

KEYS = ("actor_kind", "actor")
KINDS = ("phone", "ip")


def project(events: DataFrame) -> DataFrame:
    """contact_requests -> a row for the phone that asked and one for the IP, where they are known."""
    from pyspark.sql import functions as F

    actors = F.array(
        *[F.struct(F.lit(kind).alias("actor_kind"), F.col(kind).alias("actor")) for kind in KINDS]
    )
    rows = events.select("chunk_id", "event_day", "event_time", "token", F.inline(actors))
    return rows.where(F.col("actor").isNotNull())


def build(rows: DataFrame, cut: date) -> DataFrame:
    """The requests of two days -> what each actor asked for on the second."""
    from pyspark.sql import functions as F

    return (
        rows.withColumn("in_1_minute", F.count("*").over(sliding(KEYS, 60)))
        .where(judged(cut))
        .groupBy(*KEYS)
        .agg(
            F.count("*").alias("requests"),
            F.countDistinct("token").alias("tokens"),
            F.max("in_1_minute").alias("in_1_minute"),
            F.min("event_day").alias("first_day"),
            F.max("event_day").alias("last_day"),
        )
    )


SEQUENCE = Sequence(
    name="contact_actors",
    dataset="contact_requests",
    version=1,
    doc="What each phone and each IP asked for on a day, minutes that began the day before included.",
    owner="trust-and-safety",
    keys={"actor_kind": "string", "actor": "string"},
    columns={"event_time": "timestamp", "token": "string"},
    project=project,
    days=2,
    facts={
        "requests": Fact("bigint", "requests of the day"),
        "tokens": Fact("bigint", "different ads among them"),
        "in_1_minute": Fact("bigint", "most requests within a minute that ends on the day"),
        "first_day": Fact("date", "the judged day"),
        "last_day": Fact("date", "the judged day"),
    },
    build=build,
)
