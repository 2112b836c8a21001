"""CONTACT-OUTLIER: a phone or an IP that asks far more often than all others of its kind on that day.

What it flags: actors with at least `min_requests` requests in a day whose robust z-score is strictly over
`score_above_tenths`: (volume - median) * 0.6745 / MAD, the median and the median absolute deviation being
those of the day's other actors of its kind. The judged actor is not in its own baseline, a MAD under one
request counts as one, and fewer than `min_others` others are no baseline. Why it matters: scrapers who stay
under fixed limits still stand out. Known false positives: a day with few visitors, shared offices. What
on-call should do: compare with CONTACT-SCRAPING, see docs/runbooks/contact_outlier.md.
Source of the score: Iglewicz and Hoaglin, How to Detect and Handle Outliers, 1993 (0.6745 makes the MAD of a
normal distribution its standard deviation).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pydantic import Field

from include.spark_jobs.rules.rule import (
    Condition,
    Inputs,
    Judged,
    Parameters,
    Rule,
    integer_quotient,
    shortfall,
)

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

# 0.6745 as a whole number of its ten-thousandths.
SCALE = 6745
KIND = "actor_kind"


class ContactOutlierParameters(Parameters):
    """Thresholds from the pattern's definition: a score over 6, and at least 50 requests."""

    min_requests: int = Field(50, ge=1, le=10**6, description="fewest requests of the day")
    score_above_tenths: int = Field(60, ge=1, le=10**5, description="the score must be over this, in tenths")
    min_others: int = Field(10, ge=1, le=10**6, description="fewest other actors that are a baseline")


def judge(inputs: Inputs, p: ContactOutlierParameters) -> Judged:
    """Candidates: the actors with enough requests, on a day with enough others.

    The score is compared in whole numbers: with everything doubled, medians of an even number are whole.
    """
    from pyspark.sql import functions as F

    actors = inputs["contact_actors"]
    baseline = _baseline(actors, p)
    candidates = actors.join(baseline, [KIND, "requests"]).where(F.col("others") >= p.min_others)
    # (requests - median) * 0.6745 / mad > score, times 2 * 2 * 10,000 * 10
    above = (F.col("requests") * 2 - F.col("median_doubled")) * 2 * SCALE * 10
    limit = F.greatest(F.col("mad_fourfold"), F.lit(4)) * p.score_above_tenths * 10_000
    tenths = integer_quotient(above, F.greatest(F.col("mad_fourfold"), F.lit(4)) * 10_000)
    lacks = F.concat(F.lit(f"score over {p.score_above_tenths} tenths: it is "), tenths.cast("string"))
    gap = integer_quotient((limit - above) * 100, integer_quotient(limit, F.lit(10_000)))
    return Judged(
        candidates.withColumn("score_tenths", tenths),
        [shortfall(F.col("requests"), p.min_requests, "requests"), Condition(above > limit, lacks, gap)],
    )


def _baseline(actors: DataFrame, p: ContactOutlierParameters) -> DataFrame:
    """For each volume that is worth judging: of the others of its kind their number, the median of their
    volumes doubled, and four times their median absolute deviation. Columns actor_kind, requests, others,
    median_doubled, mad_fourfold.

    All actors of one volume have the same others, so it works on counts of volumes, of which there are few.
    """
    from pyspark.sql import functions as F

    volumes = actors.groupBy(KIND, "requests").agg(F.count("*").alias("actors"))
    # From half of the threshold on, so that near misses are seen.
    judged = volumes.where(F.col("requests") * 2 >= p.min_requests).select(
        KIND, F.col("requests").alias("own")
    )
    others = judged.join(volumes, KIND).withColumn(
        "actors", F.col("actors") - (F.col("requests") == F.col("own")).cast("bigint")
    )
    medians = _median(others, F.col("requests")).select(
        KIND, "own", F.col("total").alias("others"), F.col("doubled").alias("median_doubled")
    )
    deviation = F.abs(F.col("requests") * 2 - F.col("median_doubled"))
    spread = _median(others.join(medians, [KIND, "own"]), deviation)
    found = spread.join(medians, [KIND, "own"])
    return found.select(
        KIND,
        F.col("own").alias("requests"),
        "others",
        "median_doubled",
        F.col("doubled").alias("mad_fourfold"),
    )


def _median(counted: DataFrame, value: Any) -> DataFrame:
    """Of each (actor_kind, own): the `total` of `actors`, and their median value, `doubled`."""
    from pyspark.sql import Window
    from pyspark.sql import functions as F

    of_one = Window.partitionBy(KIND, "own")
    counts = counted.where(F.col("actors") > 0).groupBy(KIND, "own", value.alias("value"))
    placed = (
        counts.agg(F.sum("actors").alias("actors"))
        .withColumn("total", F.sum("actors").over(of_one))
        .withColumn("through", F.sum("actors").over(of_one.orderBy("value")))
    )
    # The lower and the upper middle: the first values up to which half of the actors are, or more than half.
    lower = F.min(F.when(F.col("through") * 2 >= F.col("total"), F.col("value")))
    upper = F.min(F.when(F.col("through") * 2 > F.col("total"), F.col("value")))
    return placed.groupBy(KIND, "own", "total").agg((lower + upper).alias("doubled"))


def say(entity: Mapping[str, str], evidence: Mapping[str, Any], p: ContactOutlierParameters) -> str:
    """The verdict as a sentence."""
    median, score = evidence["median_doubled"] / 2, evidence["score_tenths"] / 10
    return (
        f"The {entity['actor_kind']} {entity['actor']} made {evidence['requests']} requests in the day, the "
        f"median of {evidence['others']} others is {median:g}: a robust z-score of {score:g} (over "
        f"{p.score_above_tenths / 10:g})."
    )


RULE = Rule(
    id="contact_outlier",
    version=1,
    dataset="contact_requests",
    owner="trust-and-safety",
    pattern_id="CONTACT-OUTLIER",
    action_type="CONTACT-OUTLIER",
    severity="warning",
    bannable=True,
    entity=("actor_kind", "actor"),
    evidence=("requests", "others", "median_doubled", "mad_fourfold", "score_tenths"),
    inputs=("contact_actors",),
    reach=2,
    parameters=ContactOutlierParameters,
    judge=judge,
    say=say,
)
