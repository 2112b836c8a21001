"""IMPOSSIBLE-TRAVEL: an account that moves faster than an airliner.

What it flags: users whose consecutive places lie over 500 km apart, reached at strictly over
`kmh_above` km/h (at least 834, below which a journey may begin earlier than is looked back); the journey may
begin the day before, and failed log-ins are no places. Why it matters: two people use the account, or one who
hides where they are. Known false positives: VPNs, satellite links, places looked up wrongly by IP. What
on-call should do: look whether one of the two places is a provider's seat, see
docs/runbooks/impossible_travel.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from include.spark_jobs.rules.rule import Inputs, Judged, Parameters, Rule, any_over

# Half around the Earth, 20,015 km, in 24 hours: what is faster begins no earlier than on the day before, as
# far as the sequence looks back; of slower journeys some would be missed.
SLOWEST_SURE = 834


class ImpossibleTravelParameters(Parameters):
    """Threshold from the pattern's definition: over 1,000 km/h (and over 500 km, see the sequence visits)."""

    kmh_above: int = Field(
        1000, ge=SLOWEST_SURE, le=10**6, description="the speed must be over this, in km/h"
    )


def judge(inputs: Inputs, p: ImpossibleTravelParameters) -> Judged:
    """Candidates: every user of the day with an activity that did not fail: where nothing but failures
    happened nobody was, and of those who did not travel names alone would choose the nearest."""
    from pyspark.sql import functions as F

    limits = {"metres_per_hour": (p.kmh_above * 1000, "metres per hour over 500 km")}
    return Judged(inputs["visits"].where(F.col("activities") > 0), [any_over(limits)])


def say(entity: Mapping[str, str], evidence: Mapping[str, Any], p: ImpossibleTravelParameters) -> str:
    """The verdict as a sentence."""
    km, hours = evidence["metres"] / 1000, evidence["metres"] / evidence["metres_per_hour"]
    return (
        f"{entity['user_id']} was {km:,.0f} km further within {hours * 60:,.1f} minutes, which is over "
        f"{p.kmh_above:,} km/h."
    )


RULE = Rule(
    id="impossible_travel",
    version=1,
    dataset="user_activity",
    owner="trust-and-safety",
    pattern_id="IMPOSSIBLE-TRAVEL",
    action_type="IMPOSSIBLE-TRAVEL",
    severity="critical",
    bannable=True,
    entity=("user_id",),
    evidence=("metres", "metres_per_hour", "activities", "failed"),
    inputs=("visits",),
    reach=2,
    parameters=ImpossibleTravelParameters,
    judge=judge,
    say=say,
)
