"""Requests for the phone number behind an ad, as the backend and as the client logged them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from include.datasets.contract import Contract, Field
from include.datasets.fields import text
from include.datasets.instants import instant
from include.datasets.people import ip, phone

if TYPE_CHECKING:
    from pyspark.sql import Column

ZONE = "Asia/Tehran"
# Messages are sentences, not labels.
LONGEST_MESSAGE = 256


def _request_type(status: Column) -> Column:
    from pyspark.sql import functions as F

    return F.when(status != "", "backend").otherwise("user")


CONTRACT = Contract(
    name="contact_requests",
    owner="trust-and-safety",
    doc="Requests for the contact of an ad, from the log of the backend and that of the client. Payloads may "
    "be JSON inside strings, keys may be missing or renamed, numbers may have Persian digits; times are ISO "
    f"8601 or digits since 1970, and {ZONE} where they name no zone. A request without a phone or an IP "
    "still counts. There is no event key: equal rows are different requests.",
    zone=ZONE,
    prefix_setting="contact_requests_prefix",
    parser="json",
    mix=("request_type",),
    columns=("date", "status", "status_msg", "ip", "phone", "token"),
    aliases={
        "date": ("timestamp", "datetime", "time", "ts", "created_at", "createdAt", "event_time"),
        "status": ("status_code", "statusCode", "code"),
        "status_msg": ("statusMsg", "status_message", "statusMessage", "message", "msg"),
        "ip": ("ip_address", "ipAddress", "client_ip", "clientIp", "remote_addr", "user_ip"),
        "phone": ("phone_number", "phoneNumber", "mobile", "msisdn", "user_phone", "tel"),
        "token": ("ad_token", "adToken", "post_token", "postToken", "ad_id", "post_id"),
    },
    wrappers=("payload", "data", "body", "event", "request"),
    fields=(
        *instant("date", "when, as a UTC instant", zone=ZONE),
        text("status", "what the backend answered, as 200", optional=True),
        text("status_msg", "the same in words", optional=True, longest=LONGEST_MESSAGE),
        ip("ip", "from where", optional=True),
        phone("phone", "who asks", optional=True),
        text("token", "the ad whose contact is asked for"),
        Field(
            name="request_type",
            type="string",
            doc="backend: of the backend's log, which has a status; user: of the client's own",
            source="status",
            cast=_request_type,
        ),
    ),
)
