"""PAYMENT-RISK on both sides of its thresholds and of its windows of 7 and 30 days."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

from include.spark_jobs.rules.payment_risk import RULE
from tests.spark.days import at, table, verdicts_on

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = pytest.mark.spark

DAY = 86_400.0
# Seconds, payments and status of a user; failures in 7 days and chargebacks in 30 where it is flagged.
Payment = tuple[float, str, str]
CASES: dict[str, tuple[list[Payment], tuple[int, int] | None]] = {
    "three failures": ([(n * 60.0, f"p{n}", "failed") for n in range(3)], (3, 0)),
    "two failures": ([(n * 60.0, f"p{n}", "failed") for n in range(2)], None),
    "one payment that fails three times": ([(n * 60.0, "p", "failed") for n in range(3)], None),
    "three in a week that ends today": (
        [(100, "a", "failed"), (-DAY, "b", "failed"), (100.000001 - 7 * DAY, "c", "failed")],
        (3, 0),
    ),
    "the first a week before the last": (
        [(100, "a", "failed"), (-DAY, "b", "failed"), (100 - 7 * DAY, "c", "failed")],
        None,
    ),
    "three that are days old": ([(-n * DAY - 1, f"p{n}", "failed") for n in range(3)], (3, 0)),
    "three that are a week old": ([(-6 * DAY - n, f"p{n}", "failed") for n in range(1, 4)], None),
    "a chargeback": ([(0, "a", "chargeback")], (0, 1)),
    "a chargeback of the first day that counts": ([(-29 * DAY, "a", "chargeback")], (0, 1)),
    "a chargeback of the day before": ([(-29 * DAY - 1, "a", "chargeback")], None),
    "what was paid": ([(n * 60.0, f"p{n}", "paid") for n in range(9)], None),
    "both": ([(0, "a", "chargeback"), (1, "b", "failed"), (2, "c", "failed"), (3, "d", "failed")], (3, 1)),
}


def events() -> pa.Table:
    rows = [
        {"user_id": case, "payment_id": payment, "status": status, **at(second)}
        for case, (payments, _) in CASES.items()
        for second, payment, status in payments
    ]
    return table(rows, **dict.fromkeys(("user_id", "payment_id", "status"), pa.string()))


@pytest.fixture(scope="module")
def verdicts(spark: SparkSession) -> dict[str, Any]:
    """All cases at once; each case is a user."""
    return verdicts_on(spark, RULE, events())


@pytest.mark.parametrize("case", CASES)
def test_holds_or_not(verdicts: dict[str, Any], case: str) -> None:
    row = verdicts["default"].get(case)
    counts = (row["failed_in_7_days"], row["chargebacks_in_30_days"]) if row else None
    assert counts == CASES[case][1]


def test_the_oracle_finds_the_same(verdicts: dict[str, Any]) -> None:
    assert verdicts["default"] == verdicts["oracle"]


def test_the_verdict_in_words(verdicts: dict[str, Any]) -> None:
    said = RULE.say({"user_id": "U1"}, verdicts["default"]["both"], RULE.parameters())
    assert said == "U1 had 3 failed payments in 7 days (over 2), 1 chargebacks in 30 days (over 0)."


def test_near_misses_say_what_is_short(verdicts: dict[str, Any]) -> None:
    lacks, gap = verdicts["near"]["two failures"]
    assert lacks == "2 of 3 failed payments in 7 days, 0 of 1 chargebacks in 30 days"
    assert gap == 333_333
