"""CONTACT-SCRAPING: a phone or an IP that asks for the contacts of far more ads than a buyer would.

What it flags: actors with over `per_minute` requests in some minute (which may begin the day before), over
`per_day` in a day, or over `tokens_per_day` different ads in a day. Why it matters: whoever collects phone
numbers sells them, or spams their owners. Known false positives: an office or a mobile carrier behind one IP,
estate agents who call all day, a client that repeats a failed request. What on-call should do: look whether
the actors are IPs of one network, see docs/runbooks/contact_scraping.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from include.spark_jobs.rules.rule import Inputs, Judged, Limits, Parameters, Rule, any_over, said_over


class ContactScrapingParameters(Parameters):
    """Thresholds from the pattern's definition: over 10 a minute, 500 a day, 100 ads a day."""

    per_minute: int = Field(10, ge=1, le=10**9, description="most requests that a minute may have")
    per_day: int = Field(500, ge=1, le=10**9, description="most requests that a day may have")
    tokens_per_day: int = Field(100, ge=1, le=10**9, description="most different ads that a day may have")


def _limits(p: ContactScrapingParameters) -> Limits:
    return {
        "in_1_minute": (p.per_minute, "requests in a minute"),
        "requests": (p.per_day, "requests in the day"),
        "tokens": (p.tokens_per_day, "different ads in the day"),
    }


def judge(inputs: Inputs, p: ContactScrapingParameters) -> Judged:
    """Candidates: every phone and every IP of the day; one count over its limit is enough."""
    return Judged(inputs["contact_actors"], [any_over(_limits(p))])


def say(entity: Mapping[str, str], evidence: Mapping[str, Any], p: ContactScrapingParameters) -> str:
    """The verdict as a sentence."""
    return f"The {entity['actor_kind']} {entity['actor']} had {said_over(evidence, _limits(p))}."


RULE = Rule(
    id="contact_scraping",
    version=1,
    dataset="contact_requests",
    owner="trust-and-safety",
    pattern_id="CONTACT-SCRAPING",
    action_type="CONTACT-SCRAPING",
    severity="critical",
    bannable=True,
    entity=("actor_kind", "actor"),
    evidence=("in_1_minute", "requests", "tokens"),
    inputs=("contact_actors",),
    reach=2,
    parameters=ContactScrapingParameters,
    judge=judge,
    say=say,
)
