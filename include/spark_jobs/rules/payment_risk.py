"""PAYMENT-RISK: a user whose payments fail again and again, or who took one back.

What it flags: users with over `failed` different failed payments in 7 days, or over `chargebacks` charged
back in 30 days. Why it matters: stolen cards are tried until one works, and a chargeback costs more than the
sale. Known false positives: a card that expired, an outage of the payment provider. What on-call should do:
many users at once are an outage, not fraud; see docs/runbooks/payment_risk.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from include.spark_jobs.rules.rule import Inputs, Judged, Limits, Parameters, Rule, any_over, said_over


class PaymentRiskParameters(Parameters):
    """Thresholds from the pattern's definition: at least 3 failed payments, or any chargeback."""

    failed: int = Field(2, ge=0, le=10**6, description="most failed payments that 7 days may have")
    chargebacks: int = Field(0, ge=0, le=10**6, description="most chargebacks that 30 days may have")


def _limits(p: PaymentRiskParameters) -> Limits:
    return {
        "failed_in_7_days": (p.failed, "failed payments in 7 days"),
        "chargebacks_in_30_days": (p.chargebacks, "chargebacks in 30 days"),
    }


def judge(inputs: Inputs, p: PaymentRiskParameters) -> Judged:
    """Candidates: every user with an unpaid payment; one count over its limit is enough."""
    return Judged(inputs["unpaid"], [any_over(_limits(p))])


def say(entity: Mapping[str, str], evidence: Mapping[str, Any], p: PaymentRiskParameters) -> str:
    """The verdict as a sentence."""
    return f"{entity['user_id']} had {said_over(evidence, _limits(p))}."


RULE = Rule(
    id="payment_risk",
    version=1,
    dataset="payments",
    owner="trust-and-safety",
    pattern_id="PAYMENT-RISK",
    action_type="PAYMENT-RISK",
    severity="critical",
    bannable=True,
    entity=("user_id",),
    evidence=("failed_in_7_days", "chargebacks_in_30_days"),
    inputs=("unpaid",),
    reach=30,
    parameters=PaymentRiskParameters,
    judge=judge,
    say=say,
)
