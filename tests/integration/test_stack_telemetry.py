"""Metrics and lineage of the real Airflow: what the dashboard asks for arrives, and the stages' assets do."""

from __future__ import annotations

import time

import pytest

from include.errors import StackError
from stack.wait import wait_until_through
from tests.catalogue.test_grafana import AIRFLOWS, OURS
from tests.flow import put
from tests.full_stack import full_stack
from tests.integration.test_stack_flow import EQUAL_AMOUNTS, GOOD
from tests.prove.chunks import chunks, importance_file
from tests.telemetry import Telemetry, receiving_telemetry

pytestmark = [pytest.mark.stack, pytest.mark.prove, pytest.mark.timeout(900)]
SECONDS = 300.0
# Two of the triggerer's tellings, and as many of Airflow's own.
ARRIVAL = 60.0

# Stage of transactions -> its inputs and outputs, as OpenLineage has them.
LINEAGE = {
    "land": ({"s3://vigil transaction_chunks"}, {"vigil://transactions chunks"}),
    "check": (
        {"vigil://transactions chunks"},
        {"vigil://transactions events", "vigil://transactions quarantine"},
    ),
    "aggregate": ({"vigil://transactions events"}, {"vigil://transactions state"}),
    "detect": (
        {"vigil://transactions state", "vigil://importance state"},
        {"vigil://transactions evaluations"},
    ),
    "load": (
        {"vigil://transactions evaluations"},
        {"vigil://transactions detections", "s3://vigil output_detections"},
    ),
    "alert": ({"vigil://transactions detections"}, {"vigil://transactions incidents"}),
}


def test_metrics_and_lineage_go_where_the_settings_say() -> None:
    few = {"child": {"min_transactions": 5}}
    with receiving_telemetry() as told:
        sent = {"metrics_url": told.url, "openlineage_url": told.url}
        with full_stack(settle_seconds=0, poll_seconds=1, rule_parameters=few, **sent):
            put("importance", "weights.csv", importance_file([("C_0", "M_KIOSK", 1_000_000)]))
            wait_until_through(SECONDS)
            put("transactions", "chunk_0.csv", chunks(GOOD, size=1000).files[0])
            put("transactions", "chunk_1.csv", chunks(EQUAL_AMOUNTS, size=1000).files[0])
            with pytest.raises(StackError, match=r"chunk_1\.csv is held"):
                wait_until_through(SECONDS)
            _metrics_arrive(told)
        _lineage_arrived(told)


def _metrics_arrive(told: Telemetry) -> None:
    def seen() -> set[str]:
        return {point.prometheus_name for point in list(told.points.values())}

    def open_detections() -> float | None:
        return told.value("airflow.vigil.detections_open", rule="child")

    deadline = time.monotonic() + ARRIVAL
    while time.monotonic() < deadline and not (seen() >= OURS | AIRFLOWS and open_detections() == 3):
        time.sleep(1)
    assert (OURS | AIRFLOWS) - seen() == set()
    assert open_detections() == 3
    assert told.value("airflow.vigil.rows", dataset="transactions", fate="held") == len(EQUAL_AMOUNTS)
    failed = {"dag_id": "transactions", "task_id": "check_verdict", "state": "failed"}
    assert told.value("airflow.ti.finish", **failed) == 1


def _lineage_arrived(told: Telemetry) -> None:
    found: dict[str, tuple[set[str], set[str]]] = {stage: (set(), set()) for stage in LINEAGE}
    for event in told.events:
        dag, _, task = event["job"]["name"].partition(".")
        if dag == "transactions" and task in LINEAGE and event["eventType"] == "COMPLETE":
            for side, known in zip(("inputs", "outputs"), found[task], strict=True):
                known |= {f"{one['namespace']} {one['name']}" for one in event[side]}
    assert found == LINEAGE
