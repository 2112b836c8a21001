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

from include.spark_jobs.models.contact_habits import MODEL
from include.spark_jobs.rules.learned import learned_rule

RULE = learned_rule(__name__, MODEL, version=1, pattern_id="UNUSUAL-CONTACTS", who="The {actor_kind} {actor}")
