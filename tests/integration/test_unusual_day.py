"""From a landed file to an incident: what check counts is what health judges."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from include.stages.aggregate import aggregate
from include.stages.anomalies import look_at_days
from include.stages.check import check
from include.stages.land import land
from include.store.connection import transaction
from tests.flow import open_flow, put

HEADER = "step,customer,age,gender,zipcodeOri,merchant,zipMerchant,category,amount,fraud\n"
USUAL = ("es_food", "es_tech", "es_health", "es_travel")


@pytest.fixture(autouse=True)
def services(database: str, bucket: str, spark_remote: str, configure: Callable[..., Any]) -> None:
    configure(settle_seconds=0)


def day(step: int, rows: int, categories: tuple[str, ...] = USUAL) -> str:
    lines = (
        f"{step},'C{i % 90}','{i % 7}','{'FM'[i % 2]}','28007','M{i % 9}','28007',"
        f"'{categories[i % len(categories)]}',{10 + i % 80}.{i % 90:02},0\n"
        for i in range(rows)
    )
    return "".join(lines)


def test_a_short_day_of_other_values_is_told() -> None:
    """Five weeks alike; then a day of half the rows, a fifth of a new category; then one as usual."""
    days = [day(step, 400) for step in range(35)]
    days += [day(35, 200, (*USUAL, "es_new")), day(36, 400)]
    put("transactions", "history.csv", (HEADER + "".join(days)).encode())
    run_id = open_flow()
    for stage in (land, check, aggregate):
        stage(run_id)

    assert look_at_days(datetime.now(UTC))["opened"] == 0, "the day is not over for an hour yet"
    assert look_at_days(datetime.now(UTC) + timedelta(hours=1))["opened"] == 3

    with transaction() as conn:
        told = conn.execute("select fingerprint, title from incidents order by 1").fetchall()
    assert [row["fingerprint"] for row in told] == [
        "anomaly:transactions:mix:category:2026-02-05",
        "anomaly:transactions:rows:2026-02-05",
        "schema_drift:transactions:new:category:2026-02-05",
    ]
    assert told[1]["title"] == (
        "transactions: 2026-02-05 has 200 rows; usual on a Thursday is 400 rows (median of 5 days)"
    )
