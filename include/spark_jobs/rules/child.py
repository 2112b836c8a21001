"""CHILD (PatId2): a customer who buys very often, and very little each time, at one merchant.

What it flags: customer-merchant pairs with at least `min_transactions` transactions whose average amount is
strictly below `average_below_minor`. Why it matters: this is how a minor with pocket money behaves, and how
cards are tested with small amounts; the merchant may owe such customers other terms. Known false positives:
commuters' fares, vending machines, canteens. What on-call should do: nothing at night; look whether one
merchant makes up most of the new detections, then see docs/runbooks/child.md. A finding, not abuse: nobody is
banned for it.
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

# Minor units above the limit beyond which a gap does not grow: its millionths fill a signed 64-bit integer.
MOST_EXCESS = (2**63 - 1) // PPM


class ChildParameters(Parameters):
    """Thresholds from the pattern's definition: at least 80 transactions, average below 23.00."""

    min_transactions: int = Field(80, ge=1, le=10**9, description="fewest transactions of the pair")
    average_below_minor: int = Field(
        2300,
        ge=1,
        le=10**9,
        description="the average amount must be below this, in minor units (2300 = 23.00)",
    )


def judge(inputs: Inputs, p: ChildParameters) -> Judged:
    """Candidates: every pair."""
    from pyspark.sql import functions as F

    transactions, amount = F.col("transactions"), F.col("amount_minor")
    # The average is never computed: amount / n < limit is amount < limit * n, in integers.
    low_average = amount < transactions * p.average_below_minor
    average = integer_quotient(amount, transactions)
    too_high = F.concat(
        F.lit(f"average below {p.average_below_minor} minor units: it is "), average.cast("string")
    )
    # Capped, or its millionths would not fit: nothing that far above is a near miss.
    excess = F.least(average - p.average_below_minor, F.lit(MOST_EXCESS))
    above = integer_quotient(excess * PPM, F.lit(p.average_below_minor))
    return Judged(
        inputs["pairs"],
        [
            shortfall(transactions, p.min_transactions, "transactions"),
            Condition(low_average, too_high, above),
        ],
    )


def say(entity: Mapping[str, str], evidence: Mapping[str, Any], p: ChildParameters) -> str:
    """The verdict as a sentence."""
    count, average = evidence["transactions"], evidence["amount_minor"] / evidence["transactions"] / 100
    return (
        f"{entity['customer']} made {count} transactions at {entity['merchant']} (at least "
        f"{p.min_transactions}) of {average:.2f} on average (below {p.average_below_minor / 100:.2f})."
    )


RULE = Rule(
    id="child",
    version=1,
    dataset="transactions",
    owner="trust-and-safety",
    pattern_id="PatId2",
    action_type="CHILD",
    severity="info",
    bannable=False,
    entity=("customer", "merchant"),
    evidence=("transactions", "amount_minor"),
    inputs=("pairs",),
    parameters=ChildParameters,
    judge=judge,
    say=say,
    profiles={"sample": {"min_transactions": 3, "average_below_minor": 80_000}},
)
