"""Payments for subscriptions, and what became of them."""

from __future__ import annotations

from include.datasets.contract import Contract
from include.datasets.fields import fixed_point, one_of, text
from include.datasets.instants import instant

ZONE = "UTC"
# Ten digits of minor units: 9 * 10^8 such amounts of one user still add up within a signed 64-bit integer.
WHOLE_DIGITS = 8

CONTRACT = Contract(
    name="payments",
    owner="billing",
    doc="A row for each thing that becomes of a payment: paid, failed, and a chargeback as a row of its own, "
    "at its own time. Rules count distinct payments, since a producer may tell of one more than once. Times "
    f"are ISO 8601 or digits since 1970, and {ZONE} where they name no zone.",
    zone=ZONE,
    prefix_setting="payments_prefix",
    parser="json",
    mix=("status",),
    columns=("payment_id", "user_id", "subscription_id", "amount", "status", "timestamp"),
    fields=(
        text("payment_id", "which payment"),
        text("user_id", "who pays"),
        text("subscription_id", "for which subscription, if it is for one", optional=True),
        fixed_point(
            "amount_minor",
            "amount in minor units, exact; of a chargeback what went back",
            decimals=2,
            whole=WHOLE_DIGITS,
            of="amount",
            source="amount",
        ),
        one_of("status", "paid, failed or chargeback", "paid", "failed", "chargeback"),
        *instant("timestamp", "when, as a UTC instant", zone=ZONE),
    ),
)
