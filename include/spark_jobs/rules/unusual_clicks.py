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

from include.spark_jobs.models.click_habits import MODEL
from include.spark_jobs.rules.learned import learned_rule

RULE = learned_rule(__name__, MODEL, version=1, pattern_id="UNUSUAL-CLICKS", who="{user_id}")
