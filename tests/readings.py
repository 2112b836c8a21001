"""Rows of generated chunks, read once more in plain Python: written apart from the contracts, to compare.

What a row says becomes a tuple of the dataset's good columns, in the order of COLUMNS.
"""

from __future__ import annotations

import ipaddress
import re
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from include.datasets import contract
from include.spark_jobs.json_lines import parse

DIGITS = str.maketrans("۰۱۲۳۴۵۶۷۸۹٠١٢٣٤٥٦٧٨٩", "01234567890123456789")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Hours that a time without a zone is ahead of UTC.
AHEAD = {"contact_requests": 3.5}

Read = Callable[[str], Any]


def instant(ahead: float) -> Read:
    """Microseconds since 1970 of ISO 8601 or digits."""

    def read(text: str) -> int:
        plain = text.translate(DIGITS)
        if plain.isdigit():
            return int(plain) * {10: 1_000_000, 13: 1000, 16: 1}[len(plain)]
        found = datetime.fromisoformat(plain)
        if found.tzinfo is None:
            found = found.replace(tzinfo=UTC) - timedelta(hours=ahead)
        return (found - EPOCH) // timedelta(microseconds=1)

    return read


def phone(text: str) -> str:
    """Country and number."""
    number = re.sub(r"[^0-9+]", "", text.translate(DIGITS))
    number = re.sub("^00", "+", number)
    if not number.startswith("+") or number.startswith("+98"):
        return "+98" + number.removeprefix("+").removeprefix("98").removeprefix("0")
    return number


def address(text: str) -> str:
    """IPv4 as it is, IPv6 in full."""
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return text
    mapped = getattr(found, "ipv4_mapped", None)
    return str(mapped) if mapped else found.exploded


def parts(decimals: int) -> Read:
    """A decimal as a whole number of its parts; the rest is cut off."""
    return lambda text: int(Decimal(text) * 10**decimals)


def truth(text: str) -> bool:
    """Whether it is so."""
    return {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}[text.lower()]


# Good column -> the raw one, and how to read it.
COLUMNS: dict[str, dict[str, tuple[str, Read]]] = {
    "contact_requests": {
        "event_time": ("date", instant(AHEAD["contact_requests"])),
        "status": ("status", str),
        "status_msg": ("status_msg", str),
        "ip": ("ip", address),
        "phone": ("phone", phone),
        "token": ("token", str),
    },
    "clickstream": {
        "event_time": ("timestamp", instant(0)),
        "user_id": ("user_id", str),
        "action": ("action", str),
        "category": ("category", str),
        "amount_minor": ("amount", parts(2)),
        "session_id": ("session_id", str),
    },
    "user_activity": {
        "event_time": ("timestamp", instant(0)),
        "user_id": ("user_id", str),
        "device_id": ("device_id", str),
        "ip_location": ("ip_location", address),
        "country": ("country", str.upper),
        "latitude_micro": ("latitude", parts(6)),
        "longitude_micro": ("longitude", parts(6)),
        "success": ("success", truth),
    },
    "subscriptions": {
        "event_time": ("timestamp", instant(0)),
        **{name: (name, str) for name in ("subscription_id", "user_id", "device_id", "plan", "kind")},
    },
    "payments": {
        "event_time": ("timestamp", instant(0)),
        **{name: (name, str) for name in ("payment_id", "user_id", "subscription_id", "status")},
        "amount_minor": ("amount", parts(2)),
    },
}


def rows(dataset: str, path: Path, reasons: Counter[str]) -> Iterator[tuple[Any, ...] | None]:
    """What each row of a chunk says, None if nothing good; counts the reasons of what the parser refuses."""
    about = contract(dataset)
    for batch in parse("chunk", str(path), about.columns, about.aliases, about.wrappers):
        for row in batch.to_pylist():
            if row["reason"]:
                reasons[row["reason"]] += 1
                yield None
            else:
                yield _said(dataset, row)


def _said(dataset: str, row: dict[str, Any]) -> tuple[Any, ...] | None:
    try:
        return tuple(
            read(text) if (text := row[f"raw_{raw}"]) else None for raw, read in COLUMNS[dataset].values()
        )
    except (ValueError, KeyError, InvalidOperation):
        return None
