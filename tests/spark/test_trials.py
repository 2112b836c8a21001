"""The aggregate `trials`: one row per holder and subscription, whatever is told twice, in any order."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from include.spark_jobs.aggregates.trials import AGGREGATE as TRIALS
from tests.spark.days import DAY, at, table

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = pytest.mark.spark

ROWS = [
    {"user_id": "u", "device_id": "d", "subscription_id": "s1", "kind": "trial", **at(0)},
    {"user_id": "u", "device_id": "d", "subscription_id": "s1", "kind": "trial", **at(-86_400)},
    {"user_id": "u", "device_id": None, "subscription_id": "s2", "kind": "trial", **at(0)},
    {"user_id": "u", "device_id": "d", "subscription_id": "s3", "kind": "paid", **at(0)},
]
BEFORE = DAY - timedelta(days=1)
EXPECTED = [
    ("device", "d", "s1", BEFORE, DAY),
    ("user", "u", "s1", BEFORE, DAY),
    ("user", "u", "s2", DAY, DAY),
]


def merged(spark: SparkSession, parts: list[list[int]]) -> list[tuple[str | date, ...]]:
    """The state of these rows, a batch for each list of their numbers, merged in this order."""
    from pyspark.sql import functions as F

    names = dict.fromkeys(("user_id", "device_id", "subscription_id", "kind"), pa.string())
    deltas = [
        TRIALS.delta(
            spark.createDataFrame(table([ROWS[n] for n in part], **names)).withColumn("chunk_id", F.lit("c"))
        )
        for part in parts
    ]
    state = deltas[0]
    for delta in deltas[1:]:
        state = state.unionByName(delta)
    return sorted(tuple(row) for row in TRIALS.merge(state).collect())


@pytest.mark.parametrize("parts", [[[0, 1, 2, 3]], [[3], [1], [2], [0]], [[2, 0], [1, 3]]])
def test_any_batches_in_any_order(spark: SparkSession, parts: list[list[int]]) -> None:
    assert merged(spark, parts) == EXPECTED
