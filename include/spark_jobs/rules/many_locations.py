"""MANY-LOCATIONS: an account that is used from several places within an hour.

What it flags: users with activity from at least `min_locations` different IP locations within some hour, half
open, which may begin the day before; failed log-ins do not count. Why it matters: nobody is in three places
in an hour; passwords that are sold or shared are. Known false positives: phones between a mobile network and
wireless networks, VPNs and corporate proxies with changing exits. What on-call should do: look whether the
locations are of one provider, see docs/runbooks/many_locations.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from include.spark_jobs.rules.rule import Inputs, Judged, Parameters, Rule, shortfall


class ManyLocationsParameters(Parameters):
    """Threshold from the pattern's definition: three locations in an hour."""

    min_locations: int = Field(3, ge=2, le=10**6, description="fewest different IP locations in an hour")


def judge(inputs: Inputs, p: ManyLocationsParameters) -> Judged:
    """Candidates: every user of the day."""
    from pyspark.sql import functions as F

    return Judged(
        inputs["visits"], [shortfall(F.col("locations_in_hour"), p.min_locations, "locations in an hour")]
    )


def say(entity: Mapping[str, str], evidence: Mapping[str, Any], p: ManyLocationsParameters) -> str:
    """The verdict as a sentence."""
    return (
        f"{entity['user_id']} was active from {evidence['locations_in_hour']} IP locations within an hour "
        f"(at least {p.min_locations}), from {evidence['locations']} on the whole day."
    )


RULE = Rule(
    id="many_locations",
    version=1,
    dataset="user_activity",
    owner="trust-and-safety",
    pattern_id="MANY-LOCATIONS",
    action_type="MANY-LOCATIONS",
    severity="warning",
    bannable=True,
    entity=("user_id",),
    evidence=("locations_in_hour", "locations", "activities", "failed"),
    inputs=("visits",),
    reach=2,
    parameters=ManyLocationsParameters,
    judge=judge,
    say=say,
)
