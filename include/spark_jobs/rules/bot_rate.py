"""BOT-RATE: a user with more actions than a hand can make, in a minute, in five or in thirty.

What it flags: users with over `per_minute` actions in some minute, over `per_5_minutes` in some five minutes,
or over `per_30_minutes` in some thirty; windows slide, half open, and may begin the day before. Why it
matters: that is one action a second without a break, the pace of a script that scrapes or stuffs. Known false
positives: one account behind a shared terminal, batch imports under a person's name, load tests. What on-call
should do: compare with the site's traffic of that hour, see docs/runbooks/bot_rate.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from include.spark_jobs.rules.rule import Inputs, Judged, Limits, Parameters, Rule, any_over, said_over


class BotRateParameters(Parameters):
    """Thresholds from the pattern's definition: over 60, 300 and 1,800, one a second."""

    per_minute: int = Field(60, ge=1, le=10**9, description="most actions that a minute may have")
    per_5_minutes: int = Field(300, ge=1, le=10**9, description="most actions that five minutes may have")
    per_30_minutes: int = Field(1800, ge=1, le=10**9, description="most actions that thirty minutes may have")


def _limits(p: BotRateParameters) -> Limits:
    return {
        "in_1_minute": (p.per_minute, "actions in a minute"),
        "in_5_minutes": (p.per_5_minutes, "actions in 5 minutes"),
        "in_30_minutes": (p.per_30_minutes, "actions in 30 minutes"),
    }


def judge(inputs: Inputs, p: BotRateParameters) -> Judged:
    """Candidates: every user of the day; one window over its limit is enough."""
    return Judged(inputs["clicks"], [any_over(_limits(p))])


def say(entity: Mapping[str, str], evidence: Mapping[str, Any], p: BotRateParameters) -> str:
    """The verdict as a sentence."""
    return (
        f"{entity['user_id']} made {said_over(evidence, _limits(p))}; {evidence['events']} actions on the "
        "whole day."
    )


RULE = Rule(
    id="bot_rate",
    version=1,
    dataset="clickstream",
    owner="trust-and-safety",
    pattern_id="BOT-RATE",
    action_type="BOT-RATE",
    severity="critical",
    bannable=True,
    entity=("user_id",),
    evidence=("in_1_minute", "in_5_minutes", "in_30_minutes", "events"),
    inputs=("clicks",),
    reach=2,
    parameters=BotRateParameters,
    judge=judge,
    say=say,
)
