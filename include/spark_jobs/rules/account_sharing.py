"""ACCOUNT-SHARING: an account used from more places, or on more devices, in a day than one person has.

What it flags: users with activity from over `locations` different IP locations, or on over `devices`
different devices, in a day; failed log-ins do not count. More than one location alone is no finding: home and
work are two. Why it matters: a paid account that many use is revenue lost, or sold on. Known false positives:
families on one plan, travel days, browsers that clear their device id. What on-call should do: see
docs/runbooks/account_sharing.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from include.spark_jobs.rules.rule import Inputs, Judged, Limits, Parameters, Rule, any_over, said_over


class AccountSharingParameters(Parameters):
    """Thresholds from the pattern's definition: over 3 locations, or over 2 devices."""

    locations: int = Field(3, ge=1, le=10**6, description="most different IP locations that a day may have")
    devices: int = Field(2, ge=1, le=10**6, description="most different devices that a day may have")


def _limits(p: AccountSharingParameters) -> Limits:
    return {
        "locations": (p.locations, "IP locations in the day"),
        "devices": (p.devices, "devices in the day"),
    }


def judge(inputs: Inputs, p: AccountSharingParameters) -> Judged:
    """Candidates: every user of the day; one count over its limit is enough."""
    return Judged(inputs["visits"], [any_over(_limits(p))])


def say(entity: Mapping[str, str], evidence: Mapping[str, Any], p: AccountSharingParameters) -> str:
    """The verdict as a sentence."""
    return f"{entity['user_id']} was active with {said_over(evidence, _limits(p))}."


RULE = Rule(
    id="account_sharing",
    version=1,
    dataset="user_activity",
    owner="trust-and-safety",
    pattern_id="ACCOUNT-SHARING",
    action_type="ACCOUNT-SHARING",
    severity="critical",
    bannable=True,
    entity=("user_id",),
    evidence=("locations", "devices", "activities", "failed"),
    inputs=("visits",),
    reach=2,
    parameters=AccountSharingParameters,
    judge=judge,
    say=say,
)
