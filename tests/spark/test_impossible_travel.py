"""IMPOSSIBLE-TRAVEL on both sides of its speed and its distance, and around midnight."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from pydantic import ValidationError

from include.spark_jobs.rules.impossible_travel import RULE
from tests.spark.days import activity, at, inputs, verdicts_on
from tests.spark.states import found

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = pytest.mark.spark

# Seconds, degrees north and east, and outcome of what a user does; kilometres and km/h where it is flagged.
Place = tuple[float, float | None, float | None, str]
LONDON, PARIS, NEW_YORK = (51.5074, -0.1278), (48.8566, 2.3522), (40.7128, -74.006)
# A degree of a meridian is 111,195.08 m on this sphere; 5 degrees are 555,975.39 m.
FIVE_DEGREES = 555_975
HOUR = 3600.0

CASES: dict[str, tuple[list[Place], bool]] = {
    "London to New York in an hour": ([(0, *LONDON, ""), (HOUR, *NEW_YORK, "")], True),
    "London to New York in eight hours": ([(0, *LONDON, ""), (8 * HOUR, *NEW_YORK, "")], False),
    "London to Paris in a minute": ([(0, *LONDON, ""), (60, *PARIS, "")], False),
    "just over the speed": ([(0, 0, 0, ""), (FIVE_DEGREES * 0.0036 - 0.0001, 5, 0, "")], True),
    "just at the speed": ([(0, 0, 0, ""), (FIVE_DEGREES * 0.0036, 5, 0, "")], False),
    "499 km at once": ([(0, 0, 0, ""), (0, 4.4876, 0, "")], False),
    "501 km at once": ([(0, 0, 0, ""), (0, 4.5056, 0, "")], True),
    "over the pole": ([(0, 89, 0, ""), (0.5 * HOUR, 89, 180, ""), (0.5 * HOUR, 80, 0, "")], True),
    "over the date line": ([(0, 0, 179.9, ""), (60, 0, -179.9, "")], False),
    "a stop between": ([(0, 0, 0, ""), (HOUR, 4, 0, ""), (2 * HOUR, 8, 0, "")], False),
    "a place that is not told": ([(0, *LONDON, ""), (60, None, None, ""), (HOUR, *NEW_YORK, "")], True),
    "who failed is no traveller": (
        [(0, *LONDON, ""), (HOUR, *NEW_YORK, "failed"), (2 * HOUR, *LONDON, "")],
        False,
    ),
    "from the day before": ([(-HOUR, *LONDON, ""), (60, *NEW_YORK, "")], True),
    "on the day before": ([(-HOUR, *LONDON, ""), (-60, *NEW_YORK, ""), (9 * HOUR, *NEW_YORK, "")], False),
    "one place": ([(0, *LONDON, "")], False),
    # 20,015,115 m, half around this sphere: 834 km/h is 86,396.18 seconds
    "half around the Earth, just over 834 km/h": ([(-86_396, 0, 0, ""), (0, 0, 180, "")], False),
    "half around the Earth, just under 834 km/h": ([(-86_397, 0, 0, ""), (0, 0, 180, "")], False),
}


def micro(degrees: float | None) -> int | None:
    return None if degrees is None else round(degrees * 1_000_000)


def events() -> pa.Table:
    return activity(
        {"user_id": case, "latitude_micro": micro(north), "longitude_micro": micro(east), **at(second)}
        | ({"outcome": outcome} if outcome else {})
        for case, (places, _) in CASES.items()
        for second, north, east, outcome in places
    )


@pytest.fixture(scope="module")
def verdicts(spark: SparkSession) -> dict[str, Any]:
    """All cases at once; each case is a user."""
    return verdicts_on(spark, RULE, events())


@pytest.mark.parametrize("case", CASES)
def test_holds_or_not(verdicts: dict[str, Any], case: str) -> None:
    assert (case in verdicts["default"]) is CASES[case][1]


def test_the_oracle_finds_the_same(verdicts: dict[str, Any]) -> None:
    assert verdicts["default"] == verdicts["oracle"]


def test_the_verdict_in_words(verdicts: dict[str, Any]) -> None:
    row = verdicts["default"]["London to New York in an hour"]
    assert RULE.say({"user_id": "U1"}, row, RULE.parameters()) == (
        "U1 was 5,570 km further within 60.0 minutes, which is over 1,000 km/h."
    )


def test_no_limit_is_so_low_that_a_journey_may_begin_before_the_look_back(spark: SparkSession) -> None:
    with pytest.raises(ValidationError, match="greater than or equal to 834"):
        RULE.parameters(kmh_above=833)
    slowest = found(RULE, inputs(spark, RULE.inputs, events()), kmh_above=834).keys()
    assert "half around the Earth, just over 834 km/h" in slowest
    assert "half around the Earth, just under 834 km/h" not in slowest


def test_a_slow_journey_is_a_near_miss(verdicts: dict[str, Any]) -> None:
    lacks, _ = verdicts["near"]["just at the speed"]
    assert lacks == "1000000 of 1000001 metres per hour over 500 km"
