"""RAPID-ACTIONS: a user who acts again and again within less than two seconds.

What it flags: users with a run of at least `min_gaps` gaps in a row of strictly under two seconds between two
actions; the first action of the run makes it one action longer than its gaps. A run may begin the day before.
Why it matters: people read before they click; scripts, and people in an impulse, do not. Known false
positives: keyboard navigation, a client that sends one click several times, load tests. What on-call should
do: look whether one action or one client version makes up the runs, see docs/runbooks/rapid_actions.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from include.spark_jobs.rules.rule import Inputs, Judged, Parameters, Rule, shortfall


class RapidActionsParameters(Parameters):
    """Threshold from the pattern's definition: five gaps in a row."""

    min_gaps: int = Field(5, ge=1, le=10**9, description="fewest gaps under two seconds in a row")


def judge(inputs: Inputs, p: RapidActionsParameters) -> Judged:
    """Candidates: every user of the day."""
    from pyspark.sql import functions as F

    return Judged(inputs["clicks"], [shortfall(F.col("longest_run"), p.min_gaps, "gaps in a row")])


def say(entity: Mapping[str, str], evidence: Mapping[str, Any], p: RapidActionsParameters) -> str:
    """The verdict as a sentence."""
    return (
        f"{entity['user_id']} acted {evidence['longest_run'] + 1} times in a row with less than two seconds "
        f"between (at least {p.min_gaps} gaps); {evidence['high_frequency']} of the day's "
        f"{evidence['events']} actions came that fast."
    )


RULE = Rule(
    id="rapid_actions",
    version=1,
    dataset="clickstream",
    owner="trust-and-safety",
    pattern_id="RAPID-ACTIONS",
    action_type="RAPID-ACTIONS",
    severity="warning",
    bannable=True,
    entity=("user_id",),
    evidence=("longest_run", "high_frequency", "events"),
    inputs=("clicks",),
    reach=2,
    parameters=RapidActionsParameters,
    judge=judge,
    say=say,
)
