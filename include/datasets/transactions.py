"""Payments of customers to merchants in BankSim's columns; a payment's day is the epoch plus its step."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from include.datasets.contract import Contract, Field
from include.datasets.fields import fixed_point, flag, one_of, text, whole_number
from include.errors import ConfigError
from include.settings import get_settings

if TYPE_CHECKING:
    from pyspark.sql import Column

ZONE = "Asia/Kolkata"
# Ten digits of minor units: 9 * 10^8 such amounts of one pair still add up within a signed 64-bit integer.
WHOLE_DIGITS = 8


def _last_step() -> int:
    # One valid row moves the cut (ADR 1) to the day after its own, for ever: hence a bound that people set.
    return get_settings().transactions_last_step


def _epoch() -> date:
    setting = get_settings().transactions_epoch
    try:
        return date.fromisoformat(setting)
    except ValueError as error:
        raise ConfigError(
            f"VIGIL_TRANSACTIONS_EPOCH must be a day like 2026-01-01, not {setting!r}"
        ) from error


def _event_day(step: Column) -> Column:
    from pyspark.sql import functions as F

    return F.date_add(F.lit(_epoch()), step.try_cast("int"))


def _event_time(step: Column) -> Column:
    from pyspark.sql import functions as F

    # the session's zone is UTC, so the cast gives that day's midnight as if in UTC
    return F.to_utc_timestamp(_event_day(step).cast("timestamp"), ZONE)


CONTRACT = Contract(
    name="transactions",
    owner="payments",
    doc="Payments of customers to merchants (CSV, BankSim columns). Values may be wrapped in quotes. "
    "Days are counted as steps from the configured epoch. There is no event key: equal rows are different "
    "payments.",
    zone=ZONE,
    prefix_setting="transactions_prefix",
    parser="csv",
    mix=("category", "gender"),
    columns=(
        "step",
        "customer",
        "age",
        "gender",
        "zipcodeOri",
        "merchant",
        "zipMerchant",
        "category",
        "amount",
        "fraud",
    ),
    fields=(
        whole_number("step", "days since the epoch", most=_last_step, bound="VIGIL_TRANSACTIONS_LAST_STEP"),
        text("customer", "who pays"),
        text("age", "age group of the customer, 0 (up to 18) to 6 (over 65), or U", optional=True),
        one_of("gender", "M, F, E (enterprise) or U (unknown)", "M", "F", "E", "U"),
        text("zipcode_ori", "postal code of the customer", source="zipcodeOri", optional=True),
        text("merchant", "who is paid"),
        text("zip_merchant", "postal code of the merchant", source="zipMerchant", optional=True),
        text("category", "what was bought"),
        fixed_point(
            "amount_minor",
            "amount in minor units, exact",
            decimals=2,
            whole=WHOLE_DIGITS,
            of="amount",
            source="amount",
        ),
        flag("fraud", "marked as fraud by the source; no rule reads it"),
        Field(
            name="event_time",
            type="timestamp",
            doc="midnight of the event day, as a UTC instant",
            source="step",
            cast=_event_time,
        ),
        Field(
            name="event_day", type="date", doc=f"day of the payment in {ZONE}", source="step", cast=_event_day
        ),
    ),
)
