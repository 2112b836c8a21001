"""What people do in the shop, click by click."""

from __future__ import annotations

from include.datasets.contract import Contract
from include.datasets.fields import fixed_point, text
from include.datasets.instants import instant

# Producers write UTC, with or without saying so, and the shop has visitors in every zone.
ZONE = "UTC"
# Ten digits of minor units: 9 * 10^8 such amounts of one user still add up within a signed 64-bit integer.
WHOLE_DIGITS = 8

CONTRACT = Contract(
    name="clickstream",
    owner="web",
    doc="Clicks of users. Times are ISO 8601 with or without a zone, or digits since 1970; without a zone "
    f"they are {ZONE}. There is no event key: equal rows are different clicks.",
    zone=ZONE,
    prefix_setting="clickstream_prefix",
    parser="json",
    mix=("action",),
    columns=("user_id", "timestamp", "action", "category", "amount", "session_id"),
    fields=(
        text("user_id", "who acts"),
        *instant("timestamp", "when, as a UTC instant", zone=ZONE),
        text("action", "what the user does: view, add_to_cart, checkout, ..."),
        text("category", "of the product that it is about, if it is about one", optional=True),
        fixed_point(
            "amount_minor",
            "what it is worth in minor units, exact; never negative, empty where it is worth nothing",
            decimals=2,
            whole=WHOLE_DIGITS,
            of="amount",
            source="amount",
            optional=True,
        ),
        text("session_id", "the visit that it belongs to", optional=True),
    ),
)
