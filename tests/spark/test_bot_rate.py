"""BOT-RATE on both sides of its three thresholds, and around midnight."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

from include.spark_jobs.rules.bot_rate import RULE
from tests.spark.days import at, every, inputs, table, verdicts_on
from tests.spark.states import found

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = pytest.mark.spark

# Seconds at which a user clicks, and the most in 1, 5 and 30 minutes where it is flagged.
CASES: dict[str, tuple[list[float], tuple[int, int, int] | None]] = {
    "61 within a minute": (every(0.99, 61), (61, 61, 61)),
    "60 within a minute": (every(0.99, 60), None),
    "the 61st comes a minute after the first": (every(1, 61), None),
    "the 61st comes a microsecond earlier": (every(1, 60) + every(0, 1, 3659.999999), (61, 61, 61)),
    "301 within five minutes": (every(0.999, 301), (61, 301, 301)),
    "300 within five minutes": (every(1.0001, 299), None),
    "1,800 within thirty minutes, never too many in less": (every(1, 1800), None),
    "1,801 within thirty minutes": (every(0.999, 1801), (61, 301, 1801)),
    "before midnight and after": (every(0.5, 61, -20), (61, 61, 61)),
    "all before midnight": (every(0.5, 61, -40) + every(1, 1), None),
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
    most = (row["in_1_minute"], row["in_5_minutes"], row["in_30_minutes"]) if row else None
    assert most == CASES[case][1]


def test_the_oracle_finds_the_same(verdicts: dict[str, Any]) -> None:
    assert verdicts["default"] == verdicts["oracle"]


@pytest.mark.parametrize(
    ("limits", "flagged"),
    [
        (
            {"per_minute": 10**6, "per_30_minutes": 10**6},
            {"301 within five minutes", "1,801 within thirty minutes"},
        ),
        ({"per_minute": 10**6, "per_5_minutes": 10**6}, {"1,801 within thirty minutes"}),
        ({"per_minute": 61, "per_5_minutes": 301, "per_30_minutes": 1801}, set()),
    ],
)
def test_each_window_has_a_limit_of_its_own(
    spark: SparkSession, limits: dict[str, int], flagged: set[str]
) -> None:
    """By default the minute decides: who keeps to 60 in each minute has no more than 300 in five."""
    assert found(RULE, inputs(spark, RULE.inputs, clicks()), **limits).keys() == flagged


def test_the_verdict_names_the_windows_that_are_over(verdicts: dict[str, Any]) -> None:
    said = RULE.say({"user_id": "U1"}, verdicts["default"]["61 within a minute"], RULE.parameters())
    assert said == "U1 made 61 actions in a minute (over 60); 61 actions on the whole day."


def test_near_misses_say_what_is_short(verdicts: dict[str, Any]) -> None:
    lacks, gap = verdicts["near"]["60 within a minute"]
    assert lacks == (
        "60 of 61 actions in a minute, 60 of 301 actions in 5 minutes, 60 of 1801 actions in 30 minutes"
    )
    assert gap == 16_393
