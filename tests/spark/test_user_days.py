"""The table user_days: who was only tried in vain is there, with nothing but failures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

from include.spark_jobs.rules import rules
from include.spark_jobs.sequences.visits import SEQUENCE
from include.spark_jobs.summaries.user_days import SUMMARY
from tests.spark.days import DAY, activity, at, every, expected_day, inputs
from tests.spark.states import found, missed

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = pytest.mark.spark

# Seconds, location, device and outcome of what a user does; activities, failed, locations, devices and
# locations in an hour of its row, if it has one.
Visit = tuple[float, str, str, str]
CASES: dict[str, tuple[list[Visit], tuple[int, ...] | None]] = {
    "a never anything but failures": (
        [(second, f"l{n % 7}", f"d{n % 5}", "failed") for n, second in enumerate(every(2, 500))],
        (0, 500, 0, 0, 0),
    ),
    "a one failure": ([(60, "a", "d", "failed")], (0, 1, 0, 0, 0)),
    "all failed, after successes an hour before": (
        [(-600, "a", "d1", "succeeded"), (-300, "b", "d2", "succeeded"), (60, "c", "d3", "failed")],
        (0, 1, 0, 0, 0),
    ),
    "all failed on the day before": (
        [(-60, "a", "d", "failed"), (60, "b", "d", "not told")],
        (1, 0, 1, 1, 1),
    ),
    "only on the day before": ([(-60, "a", "d", "failed"), (-50, "b", "d", "succeeded")], None),
    "some failed": (
        [(60, "a", "d1", "succeeded"), (61, "b", "d2", "failed"), (62, "a", "d1", "not told")],
        (2, 1, 1, 1, 1),
    ),
}
RULES = [rule for rule in rules("user_activity").values() if SEQUENCE.name in rule.inputs and not rule.model]


@pytest.fixture(scope="module")
def events() -> pa.Table:
    """All cases at once; each case is a user, every location in another part of the world."""
    return activity(
        {"user_id": case, "ip_location": where, "device_id": what, "outcome": outcome, **at(second)}
        | {"latitude_micro": (ord(where[0]) - 97) * 10_000_000, "longitude_micro": ord(where[-1]) * 1_000_000}
        for case, (visits, _) in CASES.items()
        for second, where, what, outcome in visits
    )


@pytest.fixture(scope="module")
def rows(spark: SparkSession, events: pa.Table) -> list[dict[str, Any]]:
    return SUMMARY.rows(inputs(spark, SUMMARY.inputs, events)).to_pylist()


@pytest.mark.parametrize("case", CASES)
def test_a_row_says_what_failed_beside_what_did_not(rows: list[dict[str, Any]], case: str) -> None:
    found = [tuple(row.values())[1:] for row in rows if row["user_id"] == case]
    expected = CASES[case][1]
    assert found == ([expected] if expected else [])


def test_the_oracle_counts_the_same(rows: list[dict[str, Any]], events: pa.Table) -> None:
    assert rows == expected_day(SUMMARY.name, events)


def test_its_facts_are_zeros_of_the_judged_day(spark: SparkSession, events: pa.Table) -> None:
    facts = inputs(spark, [SEQUENCE.name], events)[SEQUENCE.name].toArrow().to_pylist()
    (only,) = [row for row in facts if row["user_id"] == "a never anything but failures"]
    days = {"first_day": DAY, "last_day": DAY}
    assert only == dict.fromkeys(SEQUENCE.facts, 0) | {"user_id": only["user_id"], "failed": 500} | days


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_no_rule_finds_it_nor_puts_it_before_who_was_there(
    spark: SparkSession, events: pa.Table, rule: Any
) -> None:
    """The names of those that only failed come first in the alphabet, which decides between equal gaps."""
    given = inputs(spark, rule.inputs, events)
    vain = {case for case, (_, row) in CASES.items() if row and row[0] == 0}
    assert not vain & found(rule, given).keys()
    near = missed(rule, given)
    gaps = {case: gap for case, (_, gap) in near.items()}
    there = gaps.keys() - vain
    assert there == {"all failed on the day before", "some failed"}
    assert max(gaps[case] for case in there) < min((gaps[case] for case in vain & gaps.keys()), default=10**9)
