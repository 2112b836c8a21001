"""What killed clients leave in the Spark server, and that nothing of it reaches the next attempt."""

from __future__ import annotations

from uuid import uuid4

import pytest

from include.spark_jobs.session import end_session, spark_work
from include.stages.stage import spark_for
from include.store.attempts import start_attempt
from include.store.connection import transaction
from tests.batches import new_run

pytestmark = [pytest.mark.spark, pytest.mark.postgres, pytest.mark.usefixtures("database")]


def test_an_attempt_reads_nothing_that_a_killed_session_had_cached(
    spark_remote: str, capfd: pytest.CaptureFixture[str]
) -> None:
    session = uuid4()
    with spark_work(spark_remote, session) as dead:
        kept = dead.spark.range(1234).persist()
        assert kept.count() == 1234
        end_session(spark_remote, session)
    with transaction() as conn:
        attempt = start_attempt(conn, new_run().run_id, "detect")
    with spark_work(spark_remote, uuid4()) as other:
        other.spark.range(1234).explain()
    assert "InMemoryTableScan" in capfd.readouterr().out, "a server that forgets by itself needs no test"
    with spark_for(attempt) as work:
        work.spark.range(1234).explain()
    plan = capfd.readouterr().out
    assert "Range" in plan and "InMemoryTableScan" not in plan
