"""UNUSUAL-CLICKS: a user who clicks as hardly anybody does, by what was learned.

What it flags: among the users with at least 5 clicks in a day, those whose Isolation Forest score is over
`score_above_ppm`, and of these no more than `most_share_ppm` of all that were scored. The forest knows how
much and how fast is usual, from the window that it was trained on; the verdict names the features that make
it unusual, and the habit (group) that it is most like. Why it matters: scripts that keep to every fixed limit
still click unlike people. Known false positives: a model older than a change of the shop, testers, a sale.
What on-call should do: nothing at night; look whether RAPID-ACTIONS or BOT-RATE found the user too, see
docs/runbooks/unusual_clicks.md. Nobody is banned for it alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from include.spark_jobs.models.click_habits import MODEL
from include.spark_jobs.rules.learned import EVIDENCE, LearnedParameters, judge_learned, say_learned
from include.spark_jobs.rules.rule import Inputs, Judged, Rule


def judge(inputs: Inputs, p: LearnedParameters) -> Judged:
    """Candidates: the users with enough clicks."""
    return judge_learned(MODEL, inputs, p)


def say(entity: Mapping[str, str], evidence: Mapping[str, Any], p: LearnedParameters) -> str:
    """The verdict as a sentence."""
    return say_learned(entity["user_id"], evidence, p)


RULE = Rule(
    id="unusual_clicks",
    version=1,
    dataset="clickstream",
    owner="trust-and-safety",
    pattern_id="UNUSUAL-CLICKS",
    action_type="UNUSUAL-CLICKS",
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
