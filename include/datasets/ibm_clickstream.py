"""IBM's simulated clickstream: a file of its own columns, read as the fields of clickstream.

The file is data/clickstream.csv of IBM/ibm-streams-with-python-api, without a header. Its columns, and what
becomes of them:

user_id, timestamp, action, category: as they are; times name no zone, and are taken as clickstream's. price:
the amount, what the one product of an add_to_cart costs; all other actions have 0. product, total, items,
products (what is in the cart by then: its price, pieces and different products) and seconds (how long a
visit took that ends here): not read. It has no session_id: that field is always empty.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from include.datasets.clickstream import CONTRACT as CLICKSTREAM
from include.datasets.contract import Contract, Field

if TYPE_CHECKING:
    from pyspark.sql import Column

# Column of clickstream -> column of this file.
READ_FROM = {"amount": "price"}


def _never(raw: Column) -> Column:
    from pyspark.sql import functions as F

    return F.lit(None).cast("string")


def _mapped(field: Field) -> Field:
    if field.name == "session_id":
        nothing = {"source": "user_id", "cast": _never, "rejects": (), "doc": "not told by this file"}
        return field.model_copy(update=nothing)
    return field.model_copy(update={"source": READ_FROM.get(field.raw, field.raw)})


CONTRACT = Contract(
    name="ibm_clickstream",
    owner="web",
    doc="IBM's simulated clickstream (CSV without a header), with the fields of clickstream: its price is "
    "the amount, and it knows no sessions. Times name no zone and are UTC.",
    zone=CLICKSTREAM.zone,
    prefix_setting="ibm_clickstream_prefix",
    parser="csv",
    mix=CLICKSTREAM.mix,
    columns=(
        "user_id",
        "timestamp",
        "action",
        "product",
        "category",
        "price",
        "total",
        "items",
        "products",
        "seconds",
    ),
    fields=tuple(_mapped(field) for field in CLICKSTREAM.fields),
)
