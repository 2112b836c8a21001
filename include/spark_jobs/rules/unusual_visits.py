"""UNUSUAL-VISITS: an account that is used as hardly any is, by what was learned.

What it flags: among the accounts with at least 2 activities in a day, those whose Isolation Forest score is
over `score_above_ppm`, and of these no more than `most_share_ppm` of all that were scored. The forest knows
how many places and devices and what speed are usual, from the window that it was trained on; the verdict
names the features that make it unusual, and the habit (group) that it is most like. Why it matters: shared
and stolen accounts that keep to every fixed limit still look unlike one person's. Known false positives: a
model older than a change of the app, people who travel, VPNs. What on-call should do: nothing at night; look
whether another rule found the account too, see docs/runbooks/unusual_visits.md. Nobody is banned for it
alone.
"""

from __future__ import annotations

from include.spark_jobs.models.visit_habits import MODEL
from include.spark_jobs.rules.learned import learned_rule

RULE = learned_rule(__name__, MODEL, version=1, pattern_id="UNUSUAL-VISITS", who="The account {user_id}")
