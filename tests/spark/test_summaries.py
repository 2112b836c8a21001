"""Every summary, on random events of three days, held to DuckDB."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

from include.spark_jobs.detect import rule_digest
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
        "session_id": (TEXT, ["s1", "s2", None]),
    },
    "user_activity": {
        "user_id": (TEXT, [f"u{n}" for n in range(12)]),
        "ip_location": (TEXT, [f"l{n}" for n in range(4)]),
        "device_id": (TEXT, ["d1", "d2"]),
        "outcome": (TEXT, ["succeeded", "succeeded", "failed", "not told"]),
        "latitude_micro": (NUMBER, [51_507_400, None]),
        "longitude_micro": (NUMBER, [-127_800]),
        "country": (TEXT, ["GB", None]),
    },
    "subscriptions": {
        "user_id": (TEXT, [f"u{n}" for n in range(12)]),
        "subscription_id": (TEXT, [f"s{n}" for n in range(30)]),
        "kind": (TEXT, ["trial", "paid"]),
        "plan": (TEXT, ["basic", "family"]),
    },
    "payments": {
        "user_id": (TEXT, [f"u{n}" for n in range(12)]),
        "payment_id": (TEXT, [f"p{n}" for n in range(30)]),
        "status": (TEXT, ["paid", "failed", "chargeback"]),
        "amount_minor": (NUMBER, [250, 1_999]),
    },
}


def events(dataset: str) -> pa.Table:
    """Six hundred events, in bursts, of the judged day, the one before it and the one after it; sixty of them
    twice."""
    dice = random.Random(dataset)
    kinds = VALUES[dataset]
    rows = []
    for _ in range(600):
        second = dice.choice([-80_000, -50, 50, 40_000, 86_350, 86_450]) + dice.randrange(400) / 2
        row = {name: dice.choice(values) for name, (_, values) in kinds.items()}
        if dataset == "contact_requests":  # as the contract has it: the client's own log has no status
            row["status"] = dice.choice(["200", "429"]) if row["request_type"] == "backend" else None
        rows.append(row | at(second))
    rows += dice.sample(rows, 60)
    columns = {name: kind for name, (kind, _) in kinds.items()}
    return table(rows, **columns, **({"status": TEXT} if dataset == "contact_requests" else {}))


@pytest.mark.parametrize("summary", summaries().values(), ids=lambda summary: summary.name)
def test_the_oracle_counts_the_same(spark: SparkSession, summary: Summary) -> None:
    made = events(summary.dataset)
    found = summary.rows(inputs(spark, summary.inputs, made)).to_pylist()
    assert found == expected_day(summary.name, made)
    assert len(found) > 1


def test_where_events_came_in_and_in_which_order_leaves_the_digest(spark: SparkSession) -> None:
    summary = summaries()["raw_user_activity"]
    made = events(summary.dataset)
    moved = made.take(list(reversed(range(len(made))))).set_column(
        made.column_names.index("line"), "line", pa.array(range(len(made)), pa.int32())
    )
    found = [summary.rows(inputs(spark, summary.inputs, each)) for each in (made, moved)]
    assert found[0] != found[1]
    assert rule_digest(found[0]) == rule_digest(found[1])
