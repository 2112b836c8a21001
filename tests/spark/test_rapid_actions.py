"""RAPID-ACTIONS on both sides of its thresholds, and around midnight."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

from include.spark_jobs.rules.rapid_actions import RULE
from tests.spark.days import DAY, at, every, table, verdicts_on

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = pytest.mark.spark

# Seconds at which a user clicks, and the longest run where it is flagged.
CASES: dict[str, tuple[list[float], int | None]] = {
    "five gaps": (every(1.999999, 6), 5),
    "four gaps": (every(1, 5), None),
    "gaps of exactly two seconds": (every(2, 50), None),
    "all at one instant": (every(0, 6), 5),
    "two runs of four gaps": (every(1, 5) + every(1, 5, 7200), None),
    "a pause of two seconds breaks a run": (every(1, 5) + every(1, 5, 3606), None),
    "a run that began the day before": (every(1, 6, -4), 5),
    "a run that ended the day before": (every(1, 6, -10) + every(1, 1), None),
    "a run of the next day": (every(1, 3, 86_397) + every(1, 9, 86_400), None),
    "a long run": (every(1.5, 20_000, -10_000), 19_999),
    "the only click": (every(1, 1), None),
}


def clicks() -> pa.Table:
    rows = [{"user_id": case, **at(second)} for case, (made, _) in CASES.items() for second in made]
    return table(rows, user_id=pa.string())


@pytest.fixture(scope="module")
def verdicts(spark: SparkSession) -> dict[str, Any]:
    """All cases at once; each case is a user."""
    return verdicts_on(spark, RULE, clicks())


@pytest.mark.parametrize("case", CASES)
def test_holds_or_not(verdicts: dict[str, Any], case: str) -> None:
    row = verdicts["default"].get(case)
    assert (row["longest_run"] if row else None) == CASES[case][1]


def test_the_oracle_finds_the_same(verdicts: dict[str, Any]) -> None:
    assert verdicts["default"] == verdicts["oracle"]


def test_evidence_says_what_met_the_threshold(verdicts: dict[str, Any]) -> None:
    row = verdicts["default"]["a run that began the day before"]
    assert (row["events"], row["high_frequency"]) == (2, 2)
    assert (row["first_day"], row["last_day"]) == (DAY, DAY)
    said = RULE.say({"user_id": "U1"}, row, RULE.parameters())
    assert said == (
        "U1 acted 6 times in a row with less than two seconds between (at least 5 gaps); "
        "2 of the day's 2 actions came that fast."
    )


def test_near_misses_say_what_is_short(verdicts: dict[str, Any]) -> None:
    assert verdicts["near"]["four gaps"] == ("gaps in a row: 4 of 5, 1 short", 200_000)
    assert "five gaps" not in verdicts["near"]
