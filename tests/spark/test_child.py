"""CHILD on both sides of its thresholds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from include.spark_jobs.rules.child import RULE
from tests.spark.states import FIRST, LAST, Pair, found, inputs, missed

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = pytest.mark.spark

# transactions, their amounts in minor units, found by default, found with profile sample
CASES = {
    "at both edges": (80, 80 * 2300 - 1, True, True),
    "one transaction short": (79, 79 * 100, False, True),
    "average exactly 23.00": (80, 80 * 2300, False, True),
    "average above by less than a minor unit": (80, 80 * 2300 + 1, False, True),
    "far over the count": (5000, 5000 * 10, True, True),
    "free of charge": (80, 0, True, True),
    "sample: three transactions, under 800.00": (3, 3 * 80_000 - 1, False, True),
    "sample: two transactions": (2, 200, False, False),
    "sample: average exactly 800.00": (3, 3 * 80_000, False, False),
    "a sum that only integers hold": (2_000_000_001, 2_000_000_001 * 2300 - 1, True, True),
    "the same, one more": (2_000_000_001, 2_000_000_001 * 2300, False, True),
}


@pytest.fixture(scope="module")
def verdicts(spark: SparkSession) -> dict[str, Any]:
    """Both profiles over all cases at once; each case is a customer."""
    given = inputs(spark, (Pair("shop", case, n, amount) for case, (n, amount, _, _) in CASES.items()))
    return {
        "default": found(RULE, given),
        "sample": found(RULE, given, **RULE.profiles["sample"]),
        "near": missed(RULE, given),
    }


@pytest.mark.parametrize("case", CASES)
def test_holds_or_not(verdicts: dict[str, Any], case: str) -> None:
    _, _, by_default, by_sample = CASES[case]
    assert ((case, "shop") in verdicts["default"]) is by_default
    assert ((case, "shop") in verdicts["sample"]) is by_sample


def test_evidence_says_what_met_the_thresholds(verdicts: dict[str, Any]) -> None:
    row = verdicts["default"]["at both edges", "shop"]
    assert (row["transactions"], row["amount_minor"]) == (80, 183_999)
    assert (row["first_day"], row["last_day"]) == (FIRST, LAST)
    said = RULE.say({"customer": "C1", "merchant": "M1"}, row, RULE.parameters())
    assert said == "C1 made 80 transactions at M1 (at least 80) of 23.00 on average (below 23.00)."


def test_near_misses_lack_exactly_one_condition(verdicts: dict[str, Any]) -> None:
    near = verdicts["near"]
    assert near["one transaction short", "shop"] == ("transactions: 79 of 80, 1 short", 12_500)
    assert near["average exactly 23.00", "shop"] == ("average below 2300 minor units: it is 2300", 0)
    assert ("at both edges", "shop") not in near
    assert ("sample: average exactly 800.00", "shop") not in near  # it lacks both


def test_the_gap_of_huge_amounts_is_capped(spark: SparkSession) -> None:
    given = inputs(spark, [Pair("shop", "huge", 3, 2**63 - 1), Pair("shop", "near", 3, 3 * 80_000)])
    near = missed(RULE, given, **RULE.profiles["sample"])
    lacks, gap = near["huge", "shop"]
    assert lacks == f"average below 80000 minor units: it is {(2**63 - 1) // 3}"
    assert gap == (2**63 - 1) // 10**6 * 10**6 // 80_000
    assert near["near", "shop"][1] == 0


def test_nothing_from_nothing(spark: SparkSession) -> None:
    assert found(RULE, inputs(spark, [])) == {}
