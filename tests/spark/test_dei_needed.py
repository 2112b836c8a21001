"""DEI-NEEDED on both sides of its thresholds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from include.spark_jobs.rules.dei_needed import RULE
from tests.spark.states import FIRST, LAST, Pair, found, inputs, missed

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = pytest.mark.spark

# customers of the merchant by the genders seen for the pair, found by default, found with profile sample
CASES: dict[str, tuple[dict[str, int], bool, bool]] = {
    "at both edges": ({"F": 100, "M": 101}, True, True),
    "one woman short": ({"F": 99, "M": 300}, False, True),
    "as many women as men": ({"F": 100, "M": 100}, False, False),
    "more women": ({"F": 101, "M": 100}, False, False),
    "both genders seen counts as neither: women": ({"F": 99, "FM": 50, "M": 300}, False, True),
    "both genders seen counts as neither: men": ({"F": 100, "M": 100, "FM": 50}, False, False),
    "no gender seen counts as neither": ({"F": 99, "": 50, "M": 100}, False, True),
    "sample: eleven women": ({"F": 11, "M": 12}, False, True),
    "sample: ten women": ({"F": 10, "M": 12}, False, False),
    "women only": ({"F": 100}, False, False),
    "nobody's gender is known": ({"": 5}, False, False),
}


def _pairs() -> Iterator[Pair]:
    for merchant, (customers, _, _) in CASES.items():
        for genders, count in customers.items():
            yield from (Pair(merchant, f"C{genders}{n}", genders=genders) for n in range(count))


@pytest.fixture(scope="module")
def verdicts(spark: SparkSession) -> dict[str, Any]:
    """Both profiles over all cases at once; each case is a merchant."""
    given = inputs(spark, _pairs())
    return {
        "default": found(RULE, given),
        "sample": found(RULE, given, **RULE.profiles["sample"]),
        "120 %": found(RULE, given, female_below_percent=120),
        "near": missed(RULE, given),
    }


@pytest.mark.parametrize("case", CASES)
def test_holds_or_not(verdicts: dict[str, Any], case: str) -> None:
    _, by_default, by_sample = CASES[case]
    assert (case in verdicts["default"]) is by_default
    assert (case in verdicts["sample"]) is by_sample


def test_the_percentage_moves_parity(verdicts: dict[str, Any]) -> None:
    assert {"at both edges", "as many women as men", "more women"} <= verdicts["120 %"].keys()
    assert "women only" not in verdicts["120 %"]


def test_evidence_says_what_met_the_thresholds(verdicts: dict[str, Any]) -> None:
    row = verdicts["default"]["at both edges"]
    assert (row["female_customers"], row["male_customers"]) == (100, 101)
    assert (row["first_day"], row["last_day"]) == (FIRST, LAST)
    assert RULE.say({"merchant": "M1"}, row, RULE.parameters()) == (
        "M1 has 100 female customers (at least 100), below 100 % of its 101 male ones."
    )


def test_near_misses_lack_exactly_one_condition(verdicts: dict[str, Any]) -> None:
    near = verdicts["near"]
    assert near["one woman short"] == ("female customers: 99 of 100, 1 short", 10_000)
    assert near["as many women as men"] == ("female below 100 % of male customers: 100 to 100", 0)
    assert near["more women"] == ("female below 100 % of male customers: 101 to 100", 10_000)
    assert near["women only"][1] == 10_000_000_000  # no division by no men
    assert "at both edges" not in near
    assert "nobody's gender is known" not in near  # it lacks both
