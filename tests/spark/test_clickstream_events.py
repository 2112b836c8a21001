"""The table clickstream_events on both sides of two seconds, around midnight, over the borders of chunks."""

from __future__ import annotations

import random
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

from include.lake import Lake
from include.spark_jobs.aggregate import write_delta
from include.spark_jobs.sequences.click_events import SEQUENCE
from include.spark_jobs.summaries.clickstream_events import SUMMARY
from include.state.plan import Checkpoint, Delta, StatePlan
from include.state.sequences import read_facts
from tests.spark.days import CUT, DAY, at, every, expected_day, inputs, table

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = pytest.mark.spark

# Seconds at which a user clicks -> of the day's clicks the microseconds since the one before, and if fast.
CASES: dict[str, tuple[list[float], list[tuple[int | None, bool]]]] = {
    "just under two seconds": ([10, 11.999999], [(None, False), (1_999_999, True)]),
    "exactly two seconds": ([10, 12], [(None, False), (2_000_000, False)]),
    "the only click": ([10], [(None, False)]),
    "at one instant": ([10, 10, 10], [(None, False), (0, True), (0, True)]),
    "at one instant, after another": ([9, 10, 10], [(None, False), (1_000_000, True), (0, True)]),
    "fast over midnight": ([-0.5, 1.499999], [(1_999_999, True)]),
    "not fast over midnight": ([-0.5, 1.5], [(2_000_000, False)]),
    "the whole day before": ([-86_400, 86_399], [(172_799_000_000, False)]),
    "before the day before": ([-86_401, 5], [(None, False)]),
    "fast on the next day": ([86_399.5, 86_400.5], [(None, False)]),
}
KINDS = {
    "user_id": pa.string(),
    "action": pa.string(),
    "category": pa.string(),
    "amount_minor": pa.int64(),
    "session_id": pa.string(),
}


def clicks() -> list[dict[str, Any]]:
    """All cases, each a user's; the clicks of a case differ in nothing but their time."""
    return [
        {"user_id": case, "action": "view", **at(second)}
        for case, (made, _) in CASES.items()
        for second in made
    ]


def busy() -> pa.Table:
    """Two users who click over midnight, often at one instant, and not always on the same thing."""
    dice = random.Random(8)
    rows = [
        {
            "user_id": dice.choice("ab"),
            "action": dice.choice(["view", "buy"]),
            "category": dice.choice(["books", "toys", None]),
            "amount_minor": dice.choice([None, 0, 250]),
            "session_id": dice.choice(["s", None]),
            **at(second),
        }
        for second in every(0.75, 20, -7.5) + every(2.5, 20, 60)
        for _ in range(3)
    ]
    return table(rows, **KINDS)


def test_each_side_of_two_seconds(spark: SparkSession) -> None:
    events = table(clicks(), **KINDS)
    rows = SUMMARY.rows(inputs(spark, SUMMARY.inputs, events)).to_pylist()
    assert rows == expected_day(SUMMARY.name, events)
    found: dict[str, list[tuple[int | None, bool]]] = {case: [] for case in CASES}
    for row in rows:
        found[row["user_id"]].append((row["since_previous_micros"], row["is_high_frequency"]))
    assert found == {case: expected for case, (_, expected) in CASES.items()}


@pytest.mark.parametrize("known", [0, 1, 2])
def test_any_chunks_in_any_order_with_any_kept_give_the_same(
    spark: SparkSession, tmp_path: Path, known: int
) -> None:
    """Every instant has clicks in each of the three batches, of which so many are in a checkpoint."""
    events, lake = busy(), Lake(str(tmp_path))
    expected = expected_day(SUMMARY.name, events)
    assert {row["number"] for row in expected} == {1, 2, 3}
    assert {row["is_high_frequency"] for row in expected} == {True, False}
    deltas = []
    for number in range(3):
        part = events.take(list(range((known + number) % 3, len(events), 3)))
        write_delta(spark.createDataFrame(part), SEQUENCE, lake.path(f"delta{number}"))
        days = part["event_day"].to_pylist()
        deltas.append(Delta(f"delta{number}", len(part), min(days), max(days)))
    since, checkpoint = SEQUENCE.since(CUT), None
    if known:
        before = StatePlan(SEQUENCE.name, CUT, known, None, [], deltas[:known], since)
        read_facts(spark, lake, SEQUENCE, before).write.parquet(lake.path("facts"))
        checkpoint = Checkpoint(CUT, known, "facts", 1)
    plan = StatePlan(SEQUENCE.name, CUT, 3, checkpoint, deltas[:known], deltas[known:], since)
    rows = SUMMARY.rows({"click_events": read_facts(spark, lake, SEQUENCE, plan)}).to_pylist()
    assert rows == expected
    assert min(row["event_time"] for row in rows).date() == DAY
