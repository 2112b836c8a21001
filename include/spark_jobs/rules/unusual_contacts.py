"""UNUSUAL-CONTACTS: a phone or an IP that asks for contacts as hardly anybody does, by what was learned.

What it flags: among the phones and IPs with at least 5 requests in a day, those whose Isolation Forest score
is over `score_above_ppm`, and of these no more than `most_share_ppm` of all that were scored. The forest
knows how much, for how many ads and how fast is usual, from the window that it was trained on; the verdict
names the features that make it unusual, and the habit (group) that it is most like. Why it matters: scrapers
change their ways, fixed limits do not. Known false positives: a model older than a change of the app, shared
offices, the day of a campaign. What on-call should do: nothing at night; look whether CONTACT-SCRAPING or
CONTACT-OUTLIER found it too, see docs/runbooks/unusual_contacts.md. Nobody is banned for it alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from include.spark_jobs.models.contact_habits import MODEL
from include.spark_jobs.rules.learned import EVIDENCE, LearnedParameters, judge_learned, say_learned
from include.spark_jobs.rules.rule import Inputs, Judged, Rule


def judge(inputs: Inputs, p: LearnedParameters) -> Judged:
    """Candidates: the phones and IPs with enough requests."""
    return judge_learned(MODEL, inputs, p)


def say(entity: Mapping[str, str], evidence: Mapping[str, Any], p: LearnedParameters) -> str:
    """The verdict as a sentence."""
    return say_learned(f"The {entity['actor_kind']} {entity['actor']}", evidence, p)


RULE = Rule(
    id="unusual_contacts",
    version=1,
    dataset="contact_requests",
    owner="trust-and-safety",
    pattern_id="UNUSUAL-CONTACTS",
    action_type="UNUSUAL-CONTACTS",
    severity="info",
    bannable=False,
    entity=MODEL.entity,
    evidence=(*MODEL.features, *EVIDENCE),
    inputs=(MODEL.sequence,),
    model=MODEL,
    reach=2,
    parameters=LearnedParameters,
    judge=judge,
    say=say,
)
