"""UPGRADE (PatId1): a big merchant's most frequent customers who matter least to it.

What it flags: at merchants with at least `min_transactions` transactions, customers in the top share by
transaction count and in the bottom share by mean importance weight. Both percentiles are percent_rank =
(rank-1)/(n-1): ties share the lowest rank, a share or less passes, and a customer ranked alone never does.
Pairs without a published weight are left out before both ranks. Why it matters: loyal customers whom the
merchant treats as unimportant are the first to be won by an upgrade. Known false positives: weights older
than the customer's habits. What on-call should do: nothing at night; if many appear at once, see whether a
new version of importance was published, then docs/runbooks/upgrade.md. A finding, not abuse: nobody is banned
for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from include.spark_jobs.rules.rule import (
    PPM,
    Condition,
    Inputs,
    Judged,
    Parameters,
    Rule,
    integer_quotient,
    shortfall,
)

if TYPE_CHECKING:
    from pyspark.sql import Column

# An average's quotient and twelve digits of its fraction tell any two apart while denominators are up to a
# million.
MAX_WEIGHTS = 10**6
FRACTION = 10**12


class UpgradeParameters(Parameters):
    """Thresholds from the pattern's definition: 50,000 transactions, top 10 % by count, bottom 10 % by
    weight."""

    min_transactions: int = Field(50_000, ge=1, le=10**12, description="fewest transactions of the merchant")
    min_customers: int = Field(
        1, ge=1, le=10**9, description="fewest customers with a weight that the merchant has"
    )
    top_share_bp: int = Field(
        1000, ge=1, le=10_000, description="top share by transaction count, in basis points (1000 = 10 %)"
    )
    bottom_share_bp: int = Field(
        1000, ge=1, le=10_000, description="bottom share by mean weight, in basis points (1000 = 10 %)"
    )
    weight_rank_within: Literal["merchant", "top_customers"] = Field(
        "merchant",
        description="rank weights among all of the merchant's customers, or only inside the top share",
    )


def within_share(rank: Column, ranked: Column, share_bp: int, of_what: str) -> Condition:
    """The condition percent_rank <= share, of `ranked` rows, never met by one that is ranked alone."""
    from pyspark.sql import functions as F

    place, limit = (rank - 1) * 10_000, (ranked - 1) * share_bp
    lacks = F.concat(
        F.lit(f"{of_what} in the first {share_bp} bp: it is rank "),
        rank.cast("string"),
        F.lit(" of "),
        ranked.cast("string"),
    )
    return Condition(
        (ranked > 1) & (place <= limit),
        lacks,
        integer_quotient((place - limit) * PPM, F.greatest(limit, F.lit(1))),
    )


def judge(inputs: Inputs, p: UpgradeParameters) -> Judged:
    """Candidates: every pair with a weight."""
    from pyspark.sql import Window
    from pyspark.sql import functions as F

    merchants = (
        inputs["pairs"]
        .groupBy("merchant")
        .agg(
            F.sum("transactions").alias("merchant_transactions"),
            F.min("first_day").alias("first_day"),
            F.max("last_day").alias("last_day"),
        )
    )
    weighted = (
        inputs["pairs"]
        .select("merchant", "customer", "transactions")
        .join(inputs["importance"], ["merchant", "customer"], "inner")
        .join(merchants, "merchant", "inner")
    )
    # merchant_transactions follows from merchant; naming it lets Spark filter small merchants before it
    # ranks.
    everyone = Window.partitionBy("merchant", "merchant_transactions")
    by_count = everyone.orderBy(F.col("transactions").desc_nulls_last())
    total, weights = F.col("weight_sum_micro"), F.col("weight_count")
    guarded = F.when(weights <= MAX_WEIGHTS, weights).otherwise(
        F.raise_error(
            F.lit(f"upgrade: a pair has over {MAX_WEIGHTS} weights, too many to rank their mean exactly")
        )
    )
    counted = weighted.select(
        "*",
        F.rank().over(by_count).cast("bigint").alias("count_rank"),
        F.count(F.lit(1)).over(everyone).alias("customers"),
        integer_quotient(total, guarded).alias("mean_whole"),
        integer_quotient((total % weights) * FRACTION, guarded).alias("mean_fraction"),
    )
    frequent = within_share(F.col("count_rank"), F.col("customers"), p.top_share_bp, "by transaction count")
    marked = counted.withColumn("frequent", frequent.met)
    group = everyone
    if p.weight_rank_within == "top_customers":
        group = Window.partitionBy("merchant", "merchant_transactions", "frequent")
    by_weight = group.orderBy(F.col("mean_whole").asc_nulls_last(), F.col("mean_fraction").asc_nulls_last())
    ranked = marked.select(
        "*",
        F.rank().over(by_weight).cast("bigint").alias("weight_rank"),
        F.count(F.lit(1)).over(group).alias("weights_ranked"),
    )
    light = within_share(F.col("weight_rank"), F.col("weights_ranked"), p.bottom_share_bp, "by mean weight")
    if p.weight_rank_within == "top_customers":
        # Outside the top share there is no rank by weight.
        light = light._replace(met=F.col("frequent") & light.met)
    return Judged(
        ranked,
        [
            shortfall(F.col("merchant_transactions"), p.min_transactions, "transactions of the merchant"),
            shortfall(F.col("customers"), p.min_customers, "customers of the merchant"),
            frequent,
            light,
        ],
    )


def say(entity: Mapping[str, str], evidence: Mapping[str, Any], p: UpgradeParameters) -> str:
    """The verdict as a sentence."""
    mean = evidence["weight_sum_micro"] / evidence["weight_count"] / PPM
    among = "customers" if p.weight_rank_within == "merchant" else "most frequent customers"
    return (
        f"{entity['customer']} is number {evidence['count_rank']} of {evidence['customers']} customers of "
        f"{entity['merchant']} by transactions (it made {evidence['transactions']}; the first "
        f"{p.top_share_bp / 100:g} % pass), and number {evidence['weight_rank']} from below of "
        f"{evidence['weights_ranked']} {among} by mean weight ({mean:.6f}; the first "
        f"{p.bottom_share_bp / 100:g} % pass); the merchant has {evidence['merchant_transactions']} "
        f"transactions (at least {p.min_transactions})."
    )


RULE = Rule(
    id="upgrade",
    version=1,
    dataset="transactions",
    owner="trust-and-safety",
    pattern_id="PatId1",
    action_type="UPGRADE",
    severity="info",
    bannable=False,
    entity=("customer", "merchant"),
    evidence=(
        "merchant_transactions",
        "customers",
        "transactions",
        "count_rank",
        "weight_sum_micro",
        "weight_count",
        "weight_rank",
        "weights_ranked",
    ),
    inputs=("pairs",),
    reference=("importance",),
    parameters=UpgradeParameters,
    judge=judge,
    say=say,
    profiles={"sample": {"min_transactions": 501}},
)
