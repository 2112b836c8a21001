"""TRIAL-ABUSE: a user or a device with more than one trial.

What it flags: users, and devices, with more than `trials` different trial subscriptions since ever; a trial
that is told of twice is one. Why it matters: who takes a trial again and again never pays. Known false
positives: a shared family computer, a device that was sold, trials that support gave again. What on-call
should do: nothing at night; see docs/runbooks/trial_abuse.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from include.spark_jobs.rules.rule import Inputs, Judged, Limits, Parameters, Rule, any_over, said_over


class TrialAbuseParameters(Parameters):
    """Threshold from the pattern's definition: more than one trial."""

    trials: int = Field(1, ge=1, le=10**6, description="most trials that a user or a device may have")


def _limits(p: TrialAbuseParameters) -> Limits:
    return {"trials": (p.trials, "trials")}


def judge(inputs: Inputs, p: TrialAbuseParameters) -> Judged:
    """Candidates: every user and every device with a trial."""
    from pyspark.sql import functions as F

    holders = (
        inputs["trials"]
        .groupBy("holder_kind", "holder")
        .agg(
            F.count("*").alias("trials"),
            F.min("first_day").alias("first_day"),
            F.max("last_day").alias("last_day"),
        )
    )
    return Judged(holders, [any_over(_limits(p))])


def say(entity: Mapping[str, str], evidence: Mapping[str, Any], p: TrialAbuseParameters) -> str:
    """The verdict as a sentence."""
    return f"The {entity['holder_kind']} {entity['holder']} began {said_over(evidence, _limits(p))}."


RULE = Rule(
    id="trial_abuse",
    version=1,
    dataset="subscriptions",
    owner="trust-and-safety",
    pattern_id="TRIAL-ABUSE",
    action_type="TRIAL-ABUSE",
    severity="warning",
    bannable=True,
    entity=("holder_kind", "holder"),
    evidence=("trials",),
    inputs=("trials",),
    parameters=TrialAbuseParameters,
    judge=judge,
    say=say,
)
