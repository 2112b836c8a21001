"""What users do with their accounts, from which device and from where; log-ins first of all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from include.datasets.contract import Contract, Field
from include.datasets.fields import text, truth
from include.datasets.instants import instant
from include.datasets.people import device, location
from include.datasets.places import coordinate, country

if TYPE_CHECKING:
    from pyspark.sql import Column

ZONE = "UTC"

_SUCCESS = truth("success", "whether it succeeded, if it is told", optional=True)


def _outcome(success: Column) -> Column:
    from pyspark.sql import functions as F

    done = _SUCCESS.cast(success)
    return F.when(done, "succeeded").when(~done, "failed").otherwise("not told")


CONTRACT = Contract(
    name="user_activity",
    owner="identity",
    doc="Activity of users on their devices. What failed, as a log-in with a wrong password, is told apart "
    f"by its outcome. Times are ISO 8601 or digits since 1970, and {ZONE} where they name no zone. There is "
    "no event key: equal rows are different activities.",
    zone=ZONE,
    prefix_setting="user_activity_prefix",
    parser="json",
    mix=("outcome",),
    columns=(
        "user_id",
        "device_id",
        "ip_location",
        "timestamp",
        "country",
        "latitude",
        "longitude",
        "success",
    ),
    fields=(
        text("user_id", "whose account"),
        device("device_id", "on what"),
        location("ip_location", "from where: an IP address, or the place that it stands for"),
        *instant("timestamp", "when, as a UTC instant", zone=ZONE),
        country("country", "two letters, in capitals"),
        coordinate("latitude_micro", "millionths of a degree north", of="latitude", most=90),
        coordinate("longitude_micro", "millionths of a degree east", of="longitude", most=180),
        _SUCCESS,
        Field(
            name="outcome",
            type="string",
            doc="succeeded, failed, or not told",
            source="success",
            cast=_outcome,
        ),
    ),
)
