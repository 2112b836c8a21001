"""A run goes on with what a failed one had checked: batches in folders of their own, published together."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from include.lake import lake
from include.store.connection import transaction
from tests.flow import open_flow, publish_importance, put, run_stages, stage
from tests.prove.chunks import Row, chunks, importance_file

FIRST = [Row(i % 3, f"C_{i}", "F", "M_1", 5000 + i) for i in range(60)]
SECOND = [Row(2 + i % 3, f"C_{i}", "M", "M_1", 7000 + i) for i in range(40)]


@pytest.mark.usefixtures("database", "bucket", "spark_remote")
def test_checked_chunks_of_a_failed_run_are_aggregated_by_the_next(configure: Callable[..., object]) -> None:
    configure(settle_seconds=0)
    publish_importance(importance_file([("C_0", "M_1", 1_000_000)]))
    put("transactions", "chunk_0.csv", chunks(FIRST, size=1000).files[0])
    failed = open_flow(number=801)
    checked = stage("land")(failed), stage("check")(failed)
    with transaction() as conn:
        conn.execute("update runs set status = 'failed' where run_id = %s", [failed])
    put("transactions", "chunk_1.csv", chunks(SECOND, size=1000).files[0])

    figures = run_stages("transactions", open_flow(number=802))

    assert figures["land"]["adopted"] == [chunk["chunk_id"] for chunk in checked[0]["chunks"]]
    assert len(figures["aggregate"]["chunks"]) == 2
    delta = lake().read_parquet(figures["aggregate"]["deltas"]["pairs"]["path"])
    loaded = checked[1]["rows"]["loaded"] + figures["check"]["rows"]["loaded"]
    assert sum(delta["transactions"].to_pylist()) == loaded
    assert figures["aggregate"]["deltas"]["pairs"]["first_day"] == "2026-01-01"
    assert figures["aggregate"]["deltas"]["pairs"]["last_day"] == "2026-01-05"
