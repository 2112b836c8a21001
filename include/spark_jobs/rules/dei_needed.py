"""DEI-NEEDED (PatId3): a merchant with many female customers who are still fewer than the male ones.

What it flags: merchants with at least `min_female` female customers, and fewer female than male. A customer
counts for a merchant where exactly one of M and F was seen between the two: E and U say nothing, and a
customer seen as both counts as neither. Why it matters: the merchant reaches women at scale and could be
offered a programme to reach more. Known false positives: a merchant near parity flips from day to day. What
on-call should do: nothing at night; see docs/runbooks/dei_needed.md. A finding about the merchant, not abuse,
and it names no customer.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

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


class DeiNeededParameters(Parameters):
    """Thresholds from the pattern's definition: at least 100 female customers, fewer than male ones."""

    min_female: int = Field(100, ge=1, le=10**9, description="fewest female customers of the merchant")
    female_below_percent: int = Field(
        100,
        ge=1,
        le=10_000,
        description="female customers must be fewer than this percentage of the male ones",
    )


def judge(inputs: Inputs, p: DeiNeededParameters) -> Judged:
    """Candidates: every merchant."""
    from pyspark.sql import functions as F

    only_female = F.col("seen_f") & ~F.col("seen_m")
    only_male = F.col("seen_m") & ~F.col("seen_f")
    merchants = (
        inputs["pairs"]
        .groupBy("merchant")
        .agg(
            F.sum(only_female.cast("bigint")).alias("female_customers"),
            F.sum(only_male.cast("bigint")).alias("male_customers"),
            F.min("first_day").alias("first_day"),
            F.max("last_day").alias("last_day"),
        )
    )
    female, male = F.col("female_customers"), F.col("male_customers")
    limit = male * p.female_below_percent
    too_many = F.concat(
        F.lit(f"female below {p.female_below_percent} % of male customers: "),
        female.cast("string"),
        F.lit(" to "),
        male.cast("string"),
    )
    over = integer_quotient((female * 100 - limit) * PPM, F.greatest(limit, F.lit(1)))
    return Judged(
        merchants,
        [
            shortfall(female, p.min_female, "female customers"),
            Condition(female * 100 < limit, too_many, over),
        ],
    )


def say(entity: Mapping[str, str], evidence: Mapping[str, Any], p: DeiNeededParameters) -> str:
    """The verdict as a sentence."""
    return (
        f"{entity['merchant']} has {evidence['female_customers']} female customers (at least "
        f"{p.min_female}), below {p.female_below_percent} % of its {evidence['male_customers']} male ones."
    )


RULE = Rule(
    id="dei_needed",
    version=1,
    dataset="transactions",
    owner="trust-and-safety",
    pattern_id="PatId3",
    action_type="DEI-NEEDED",
    severity="info",
    bannable=False,
    entity=("merchant",),
    evidence=("female_customers", "male_customers"),
    inputs=("pairs",),
    parameters=DeiNeededParameters,
    judge=judge,
    say=say,
    profiles={"sample": {"min_female": 11}},
)
