"""What became of payments on each day, by user."""

from __future__ import annotations

from include.spark_jobs.sequences.payments_told import SEQUENCE
from include.spark_jobs.sequences.sequence import Fact
from include.spark_jobs.summaries.summary import Summary

SUMMARY = Summary(
    name="user_payments",
    dataset="payments",
    version=1,
    doc="What became of payments on a day (UTC), each once: paid, failed or charged back.",
    owner="billing",
    inputs=("payments_told",),
    reach=1,
    key=("user_id", "payment_id", "status"),
    columns={
        "user_id": Fact("string", "who pays"),
        "payment_id": Fact("string", "which payment"),
        "status": Fact("string", "paid, failed or chargeback"),
        **SEQUENCE.facts,
    },
    build=lambda inputs: inputs["payments_told"],
)
