"""ACCOUNT-SHARING on both sides of its two thresholds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

from include.spark_jobs.rules.account_sharing import RULE
from tests.spark.days import activity, at, verdicts_on

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = pytest.mark.spark

# Seconds, locations, devices and outcome of what a user does, and locations and devices where it is flagged.
Visit = tuple[float, str, str, str]


def on(locations: int, devices: int, start: float = 60, outcome: str = "succeeded") -> list[Visit]:
    """Visits from so many locations, on so many devices."""
    most = max(locations, devices)
    return [(start + n, f"l{n % locations}", f"d{n % devices}", outcome) for n in range(most)]


CASES: dict[str, tuple[list[Visit], tuple[int, int] | None]] = {
    "four locations": (on(4, 1), (4, 1)),
    "three locations": (on(3, 1), None),
    "three devices": (on(1, 3), (1, 3)),
    "two devices": (on(1, 2), None),
    "three locations and two devices": (on(3, 2), None),
    "both": (on(5, 4), (5, 4)),
    "the fourth location failed": ([*on(3, 1), (90, "l9", "d0", "failed")], None),
    "two of four on the day before": (
        [*on(2, 1, -60), (60, "l2", "d0", "not told"), (61, "l3", "d0", "not told")],
        None,
    ),
    "only failures": (on(4, 4, outcome="failed"), None),
}


def events() -> pa.Table:
    return activity(
        {"user_id": case, "ip_location": where, "device_id": what, **at(second)}
        | ({"outcome": outcome} if outcome else {})
        for case, (visits, _) in CASES.items()
        for second, where, what, outcome in visits
    )


@pytest.fixture(scope="module")
def verdicts(spark: SparkSession) -> dict[str, Any]:
    """All cases at once; each case is a user."""
    return verdicts_on(spark, RULE, events())


@pytest.mark.parametrize("case", CASES)
def test_holds_or_not(verdicts: dict[str, Any], case: str) -> None:
    row = verdicts["default"].get(case)
    assert ((row["locations"], row["devices"]) if row else None) == CASES[case][1]


def test_the_oracle_finds_the_same(verdicts: dict[str, Any]) -> None:
    assert verdicts["default"] == verdicts["oracle"]


def test_the_verdict_in_words(verdicts: dict[str, Any]) -> None:
    said = RULE.say({"user_id": "U1"}, verdicts["default"]["both"], RULE.parameters())
    assert said == "U1 was active with 5 IP locations in the day (over 3), 4 devices in the day (over 2)."


def test_near_misses_say_what_is_short(verdicts: dict[str, Any]) -> None:
    lacks, gap = verdicts["near"]["three locations"]
    assert lacks == "3 of 4 IP locations in the day, 1 of 3 devices in the day"
    assert gap == 250_000
