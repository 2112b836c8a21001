"""From where and on what each account was used on a day: what many_locations, impossible_travel and
account_sharing read.

Failed attempts are told apart: who guesses a password from far away is not the owner on a journey. Only what
succeeded, or does not say, makes places and devices; failures are counted beside them, also of an account on
which nothing else happened that day.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from include.spark_jobs.sequences.sequence import Fact, Sequence
from include.spark_jobs.sequences.windows import SECOND, instant, judged, sliding

if TYPE_CHECKING:
    from datetime import date

    from pyspark.sql import Column, DataFrame

KEYS = ("user_id",)
HOUR = 3600
# Nearer places are no journey: IP addresses are placed tens of kilometres wrong (DESIGN.md: over 500 km).
FAR_METRES = 500_000
# The mean radius of the Earth (IUGG), metres.
EARTH_METRES = 6_371_009


def project(events: DataFrame) -> DataFrame:
    """user_activity -> who was where on what, and whether it failed."""
    from pyspark.sql import functions as F

    failed = (F.col("outcome") == "failed").alias("failed")
    return events.select(
        "chunk_id",
        "event_day",
        *KEYS,
        "event_time",
        "ip_location",
        "device_id",
        "latitude_micro",
        "longitude_micro",
        failed,
    )


def build(rows: DataFrame, cut: date) -> DataFrame:
    """The activity of two days -> where and on what each account was used, or only tried, on the second."""
    from pyspark.sql import functions as F

    tried = (
        rows.where(judged(cut))
        .groupBy(*KEYS)
        .agg(
            F.count(F.when(~F.col("failed"), 1)).alias("activities"),
            F.count(F.when(F.col("failed"), 1)).alias("failed"),
            F.min("event_day").alias("first_day"),
            F.max("event_day").alias("last_day"),
        )
    )
    # Failures stay out of the windows: thousands in an hour, as guessing makes them, would cost their square.
    seen = rows.where(~F.col("failed"))
    in_hour = F.size(F.collect_set("ip_location").over(sliding(KEYS, HOUR))).cast("bigint")
    own = seen.withColumn("locations_in_hour", in_hour).where(judged(cut))
    places = own.groupBy(*KEYS).agg(
        F.max("locations_in_hour").alias("locations_in_hour"),
        F.countDistinct("ip_location").alias("locations"),
        F.countDistinct("device_id").alias("devices"),
    )
    return (
        tried.join(places, list(KEYS), "left")
        .join(_journeys(seen, cut), list(KEYS), "left")
        .fillna(0, ["locations_in_hour", "locations", "devices", "metres", "metres_per_hour"])
    )


def _journeys(seen: DataFrame, cut: date) -> DataFrame:
    """Of each account its fastest journey that ended on the day: metres, metres_per_hour (rounded up)."""
    from pyspark.sql import Window
    from pyspark.sql import functions as F

    placed = seen.where(F.col("latitude_micro").isNotNull() & F.col("longitude_micro").isNotNull())
    # Places of one instant are taken in an order of their own, whatever that of the rows.
    before = Window.partitionBy(*KEYS).orderBy(instant(), "latitude_micro", "longitude_micro")
    hops = placed.select(
        *KEYS,
        "event_day",
        (instant() - F.lag(instant()).over(before)).alias("gap"),
        _metres(
            F.lag("latitude_micro").over(before),
            F.lag("longitude_micro").over(before),
            F.col("latitude_micro"),
            F.col("longitude_micro"),
        ).alias("metres"),
    )
    far = hops.where(F.col("gap").isNotNull() & judged(cut) & (F.col("metres") > FAR_METRES))
    micros = F.greatest(F.col("gap"), F.lit(1))
    # Rounded up, so that "over a limit" stays exact in whole numbers.
    speed = F.call_function("div", F.col("metres") * HOUR * SECOND + micros - 1, micros)
    fastest = F.max(F.struct(speed.alias("metres_per_hour"), "metres")).alias("fastest")
    return far.groupBy(*KEYS).agg(fastest).select(*KEYS, "fastest.metres_per_hour", "fastest.metres")


def _metres(from_north: Column, from_east: Column, north: Column, east: Column) -> Column:
    """The great-circle distance between two places in millionths of a degree, rounded to whole metres.

    The one place where floats decide: the haversine formula (R. W. Sinnott, Sky and Telescope 68, 1984) is
    good to a millimetre at such distances, so engines can differ only at a half metre.
    """
    from pyspark.sql import functions as F

    def radians(micro: Column) -> Column:
        return F.radians(micro / F.lit(1e6))

    half_north, half_east = radians(north - from_north) / 2, radians(east - from_east) / 2
    squared = F.pow(F.sin(half_north), 2) + F.cos(radians(from_north)) * F.cos(radians(north)) * F.pow(
        F.sin(half_east), 2
    )
    return F.round(F.asin(F.sqrt(F.least(squared, F.lit(1.0)))) * 2 * EARTH_METRES).cast("bigint")


SEQUENCE = Sequence(
    name="visits",
    dataset="user_activity",
    version=2,
    doc="From where and on what each account was used, or tried in vain, on a day, hours and journeys from "
    "the day before included.",
    owner="trust-and-safety",
    keys={"user_id": "string"},
    columns={
        "event_time": "timestamp",
        "ip_location": "string",
        "device_id": "string",
        "latitude_micro": "bigint",
        "longitude_micro": "bigint",
        "failed": "boolean",
    },
    project=project,
    days=2,
    facts={
        "locations_in_hour": Fact(
            "bigint", "most different IP locations within an hour that ends on the day"
        ),
        "locations": Fact("bigint", "different IP locations of the day"),
        "devices": Fact("bigint", "different devices of the day"),
        "activities": Fact("bigint", "activities of the day that did not fail"),
        "failed": Fact("bigint", "failed ones of the day"),
        "metres": Fact("bigint", "length of the fastest journey of over 500 km that ended on the day, or 0"),
        "metres_per_hour": Fact("bigint", "its speed, rounded up, or 0"),
        "first_day": Fact("date", "the judged day"),
        "last_day": Fact("date", "the judged day"),
    },
    build=build,
)
