"""MANY-LOCATIONS on both sides of its threshold, and around midnight."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

from include.spark_jobs.rules.many_locations import RULE
from tests.spark.days import activity, at, verdicts_on

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = pytest.mark.spark

# Seconds, locations and outcome of what a user does, and the locations in an hour where it is flagged.
Visit = tuple[float, str, str]
CASES: dict[str, tuple[list[Visit], int | None]] = {
    "three in an hour": ([(0, "a", ""), (1800, "b", ""), (3599.999999, "c", "")], 3),
    "the third an hour after the first": ([(0, "a", ""), (1800, "b", ""), (3600, "c", "")], None),
    "two that take turns": ([(n * 60.0, "ab"[n % 2], "") for n in range(30)], None),
    "three at one instant": ([(60, "a", ""), (60, "b", ""), (60, "c", "")], 3),
    "the third failed": ([(0, "a", ""), (1800, "b", ""), (1900, "c", "failed")], None),
    "before midnight and after": ([(-1200, "a", ""), (-600, "b", ""), (60, "c", "succeeded")], 3),
    "all before midnight": ([(-900, "a", ""), (-600, "b", ""), (-300, "c", ""), (4000, "a", "")], None),
    "out of order": ([(3000, "c", ""), (0, "a", ""), (1500, "b", ""), (2000, "d", "")], 4),
}


def events() -> pa.Table:
    return activity(
        {"user_id": case, "ip_location": where, "outcome": outcome or "not told", **at(second)}
        for case, (visits, _) in CASES.items()
        for second, where, outcome in visits
    )


@pytest.fixture(scope="module")
def verdicts(spark: SparkSession) -> dict[str, Any]:
    """All cases at once; each case is a user."""
    return verdicts_on(spark, RULE, events())


@pytest.mark.parametrize("case", CASES)
def test_holds_or_not(verdicts: dict[str, Any], case: str) -> None:
    row = verdicts["default"].get(case)
    assert (row["locations_in_hour"] if row else None) == CASES[case][1]


def test_the_oracle_finds_the_same(verdicts: dict[str, Any]) -> None:
    assert verdicts["default"] == verdicts["oracle"]


def test_the_verdict_in_words(verdicts: dict[str, Any]) -> None:
    row = verdicts["default"]["before midnight and after"]
    assert RULE.say({"user_id": "U1"}, row, RULE.parameters()) == (
        "U1 was active from 3 IP locations within an hour (at least 3), from 1 on the whole day."
    )


def test_near_misses_say_what_is_short(verdicts: dict[str, Any]) -> None:
    assert verdicts["near"]["two that take turns"] == ("locations in an hour: 2 of 3, 1 short", 333_333)
