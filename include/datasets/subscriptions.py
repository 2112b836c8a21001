"""Subscriptions as they begin: trials and paid ones."""

from __future__ import annotations

from include.datasets.contract import Contract
from include.datasets.fields import one_of, text
from include.datasets.instants import instant
from include.datasets.people import device

ZONE = "UTC"

CONTRACT = Contract(
    name="subscriptions",
    owner="billing",
    doc="A row for each beginning of a subscription; a trial that goes on as a paid one is two. Rules count "
    "distinct subscriptions, since a producer may tell of one more than once. Times are ISO 8601 or digits "
    f"since 1970, and {ZONE} where they name no zone.",
    zone=ZONE,
    prefix_setting="subscriptions_prefix",
    parser="json",
    mix=("kind", "plan"),
    columns=("subscription_id", "user_id", "device_id", "plan", "kind", "timestamp"),
    fields=(
        text("subscription_id", "which subscription"),
        text("user_id", "who subscribes"),
        device("device_id", "on what it was begun, if it is told", optional=True),
        text("plan", "what is subscribed to: basic, family, ..."),
        one_of("kind", "trial or paid", "trial", "paid"),
        *instant("timestamp", "when it begins, as a UTC instant", zone=ZONE),
    ),
)
