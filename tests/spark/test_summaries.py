"""Every summary, on random events of three days, held to DuckDB."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

from include.spark_jobs.summaries import summaries
from include.spark_jobs.summaries.summary import Summary
from tests.spark.days import at, expected_day, inputs, table

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = pytest.mark.spark

TEXT, NUMBER = pa.string(), pa.int64()
# Columns of each dataset's events, and the values that they take; None is drawn as often as they.
VALUES: dict[str, dict[str, tuple[pa.DataType, list[Any]]]] = {
    "contact_requests": {
        "request_type": (TEXT, ["backend", "user"]),
        "status_msg": (TEXT, ["ok", "too many", None]),
        "phone": (TEXT, [*(f"phone_{n}" for n in range(9)), None]),
        "ip": (TEXT, [*(f"ip_{n}" for n in range(5)), None]),
        "token": (TEXT, ["ad"]),
    },
    "clickstream": {
        "user_id": (TEXT, [f"u{n}" for n in range(12)]),
        "action": (TEXT, ["view", "buy"]),
        "category": (TEXT, ["books", None]),
        "amount_minor": (NUMBER, [0, 250, 1_999, None]),
    },
    "user_activity": {
        "user_id": (TEXT, [f"u{n}" for n in range(12)]),
        "ip_location": (TEXT, [f"l{n}" for n in range(4)]),
        "device_id": (TEXT, ["d1", "d2"]),
        "outcome": (TEXT, ["succeeded", "succeeded", "failed", "not told"]),
        "latitude_micro": (NUMBER, [51_507_400, None]),
        "longitude_micro": (NUMBER, [-127_800]),
    },
}


def events(dataset: str) -> pa.Table:
    """Six hundred events, in bursts, of the judged day, the one before it and the one after it."""
    dice = random.Random(dataset)
    kinds = VALUES[dataset]
    rows = []
    for _ in range(600):
        second = dice.choice([-80_000, -50, 50, 40_000, 86_350, 86_450]) + dice.randrange(400) / 2
        row = {name: dice.choice(values) for name, (_, values) in kinds.items()}
        if dataset == "contact_requests":  # as the contract has it: the client's own log has no status
            row["status"] = dice.choice(["200", "429"]) if row["request_type"] == "backend" else None
        rows.append(row | at(second))
    columns = {name: kind for name, (kind, _) in kinds.items()}
    return table(rows, **columns, **({"status": TEXT} if dataset == "contact_requests" else {}))


@pytest.mark.parametrize("summary", summaries().values(), ids=lambda summary: summary.name)
def test_the_oracle_counts_the_same(spark: SparkSession, summary: Summary) -> None:
    made = events(summary.dataset)
    found = summary.rows(inputs(spark, summary.inputs, made)).to_pylist()
    assert found == expected_day(summary.name, made)
    assert len(found) > 1
