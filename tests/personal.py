"""A small dataset with personal fields, which stands in the place of a real one for the length of a test."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING

import pytest

import include.datasets
from include.datasets.contract import Contract, Field
from include.datasets.fields import text, whole_number
from include.datasets.transactions import CONTRACT as TRANSACTIONS

if TYPE_CHECKING:
    from collections.abc import Mapping

OLD, NEW = "0123456789abcdef0123456789abcdef", "fedcba9876543210fedcba9876543210"
ONE_KEY = json.dumps({"1970-01-01": OLD})
# From the second of the days below on, another key.
TWO_KEYS = json.dumps({"1970-01-01": OLD, "2026-01-02": NEW})
DAYS = [date(2026, 1, day) for day in (1, 2, 3)]
HEADER = b"step,phone,ip,note\n"

_EVENT = [field for field in TRANSACTIONS.fields if field.name in ("event_time", "event_day")]


def _personal(field: Field, kind: str) -> Field:
    return field.model_copy(update={"personal": kind})


CALLS = Contract(
    name="calls",
    owner="somebody",
    doc="Who called from where.",
    zone="Asia/Kolkata",
    prefix_setting="transactions_prefix",
    parser="csv",
    columns=("step", "phone", "ip", "note"),
    fields=(
        whole_number("step", "days since the epoch", most=lambda: 3650, bound="ten years"),
        _personal(text("phone", "who called"), "phone"),
        _personal(text("ip", "from where", optional=True), "ip"),
        text("note", "what was said", optional=True),
        *_EVENT,
    ),
)


def line(step: int, phone: str, ip: str = "", note: str = "") -> bytes:
    return f"{step},{phone},{ip},{note}\n".encode()


def customers_are_personal() -> Contract:
    """The transactions, whose customers are devices: for all that comes after check, rules included."""
    fields = [
        _personal(field, "device") if field.name == "customer" else field for field in TRANSACTIONS.fields
    ]
    return TRANSACTIONS.model_copy(update={"fields": tuple(fields)})


def use(monkeypatch: pytest.MonkeyPatch, *these: Contract) -> None:
    """Puts these datasets beside the real ones, or in their place."""
    known: Mapping[str, Contract] = include.datasets.contracts() | {one.name: one for one in these}
    monkeypatch.setattr(include.datasets, "discover", lambda *_: dict(known))
    include.datasets.contracts.cache_clear()


def unregister() -> None:
    """The real datasets again, once the patch is undone."""
    include.datasets.contracts.cache_clear()
