"""How important a merchant is to a customer: weights per pair, reference data of the rule UPGRADE."""

from __future__ import annotations

from include.datasets.contract import Contract
from include.datasets.fields import fixed_point, flag, text

CONTRACT = Contract(
    name="importance",
    owner="payments",
    doc="Importance weights of customer and merchant pairs (CSV, BankSim's network columns); a pair may have "
    "several rows, whose mean counts. A file is one version: it is published complete, or not at all.",
    zone="Asia/Kolkata",
    prefix_setting="importance_prefix",
    parser="csv",
    kind="reference",
    columns=("Source", "Target", "Weight", "typeTrans", "fraud"),
    fields=(
        text("source", "the customer", source="Source"),
        text("target", "the merchant", source="Target"),
        fixed_point("weight_micro", "weight in millionths, exact", decimals=6, of="weight", source="Weight"),
        text("type_trans", "what was bought", source="typeTrans", optional=True),
        flag("fraud", "marked as fraud by the source; no rule reads it"),
    ),
)
