"""The ledger as measures: what they count, and that Airflow's own metrics carry them out of the house."""

from __future__ import annotations

import os
import subprocess
import sys

import psycopg
import pytest

from include.datasets import contracts
from include.settings import ROOT
from include.spark_jobs.rules import rules
from include.store.connection import transaction
from include.store.measures import MEANINGS, Measure, measures
from stack.metrics import as_text
from tests.integration.test_figures import LEDGER
from tests.telemetry import receiving_telemetry

# Beside LEDGER: an importance chunk that has waited for an hour, and a run that took 40 seconds from landing.
MORE = """
update chunks set landed_at = clock_timestamp() - interval '1 hour' where status = 'landed';
update chunks set landed_at = clock_timestamp() - interval '50 s' where seq = 1;
insert into dataset_clock values ('transactions', 2);
insert into attempts (run_id, stage, attempt, started_at, finished_at)
values (1, 'detect', 1, clock_timestamp() - interval '30 s', clock_timestamp() - interval '13 s'),
       (1, 'alert', 1, clock_timestamp() - interval '11 s', clock_timestamp() - interval '10 s');
update chunks set landed_at = clock_timestamp() where seq = 2;
update outbox set queued_at = clock_timestamp() - interval '5 min' where status = 'pending';
"""


def found() -> dict[tuple[str, tuple[str, ...]], float]:
    with transaction() as conn:
        return {(one.name, tuple(one.labels.values())): one.value for one in measures(conn)}


def test_measures_of_a_ledger(database: str) -> None:
    with psycopg.connect(database) as connection:
        connection.execute(LEDGER)
        connection.execute(MORE)
    known = found()
    exact = {key: value for key, value in known.items() if not key[0].endswith("_seconds") and value}
    assert exact == {
        ("vigil.chunks", ("importance", "landed")): 1,
        ("vigil.chunks", ("transactions", "aggregated")): 2,
        ("vigil.chunks", ("transactions", "held")): 1,
        ("vigil.chunks", ("transactions", "unreadable")): 1,
        ("vigil.rows", ("transactions", "loaded")): 12,
        ("vigil.rows", ("transactions", "quarantined")): 2,
        ("vigil.rows", ("transactions", "duplicate")): 1,
        ("vigil.rows", ("transactions", "held")): 4,
        ("vigil.runs", ("transactions", "running")): 1,
        ("vigil.detections_open", ("child",)): 1,
        ("vigil.detections_recorded", ("child",)): 3,
        ("vigil.detections_open", ("upgrade",)): 1,
        ("vigil.detections_recorded", ("upgrade",)): 1,
        ("vigil.outbox", ("log", "sent")): 1,
        ("vigil.outbox", ("log", "dead")): 1,
        ("vigil.outbox", ("webhook", "pending")): 1,
    }
    seconds = {key: value for key, value in known.items() if key[0].endswith("_seconds")}
    others = {("vigil.lag_seconds", (name,)): 0 for name in contracts() if name != "importance"}
    assert seconds == others | {
        ("vigil.lag_seconds", ("importance",)): pytest.approx(3600, abs=30),
        ("vigil.landing_to_alert_seconds", ("transactions",)): pytest.approx(40, abs=1),
        ("vigil.stage_seconds", ("transactions", "detect")): pytest.approx(17, abs=1),
        ("vigil.stage_seconds", ("transactions", "alert")): pytest.approx(1, abs=1),
        ("vigil.outbox_age_seconds", ("log",)): 0,
        ("vigil.outbox_age_seconds", ("webhook",)): pytest.approx(300, abs=30),
    }
    assert {name for name, _ in known} == MEANINGS.keys()


def test_an_empty_ledger_has_zeros_so_that_no_series_begins_late(database: str) -> None:
    known = found()
    assert set(known.values()) == {0}
    assert {labels[0] for name, labels in known if name == "vigil.rows"} == set(contracts())
    assert {labels for name, labels in known if name == "vigil.detections_open"} == {(r,) for r in rules()}


def test_prometheus_reads_them() -> None:
    text = as_text(
        [
            Measure("vigil.lag_seconds", 2.5, {"dataset": "transactions"}),
            Measure("vigil.rows", 12345678, {"dataset": 'a"b', "fate": "loaded"}),
            Measure("vigil.lag_seconds", 0, {"dataset": "importance"}),
        ]
    )
    assert text.splitlines() == [
        f"# HELP airflow_vigil_lag_seconds {MEANINGS['vigil.lag_seconds']}",
        "# TYPE airflow_vigil_lag_seconds gauge",
        'airflow_vigil_lag_seconds{dataset="transactions"} 2.5',
        'airflow_vigil_lag_seconds{dataset="importance"} 0',
        f"# HELP airflow_vigil_rows {MEANINGS['vigil.rows']}",
        "# TYPE airflow_vigil_rows gauge",
        'airflow_vigil_rows{dataset="a\\"b",fate="loaded"} 12345678',
    ]


TELL = """
import asyncio
from plugins import metrics
asyncio.run(metrics.tell_if_due())
print("telling" if metrics.airflows_metrics() else "silent")
"""


@pytest.mark.parametrize("on", [True, False])
def test_they_go_where_airflow_sends_its_own_metrics(database: str, tmp_path: str, on: bool) -> None:
    with psycopg.connect(database) as connection:
        connection.execute(LEDGER)
    with receiving_telemetry() as telemetry:
        environment = {**os.environ, "AIRFLOW_HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}
        environment |= {"OTEL_EXPORTER_OTLP_ENDPOINT": telemetry.url} if on else {}
        environment |= {"AIRFLOW__METRICS__OTEL_ON": str(on)}
        done = subprocess.run(
            [sys.executable, "-c", TELL],
            env=environment,
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
    assert done.stdout.split()[-1] == ("telling" if on else "silent")
    rows = telemetry.value("airflow.vigil.rows", dataset="transactions", fate="loaded")
    assert rows == (12 if on else None)


def test_what_goes_wrong_in_telling_stops_nobody(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """No database at all: the trigger that tells goes on with its own work."""
    import asyncio

    from plugins import metrics

    monkeypatch.setattr(metrics, "airflows_metrics", lambda: metrics)
    monkeypatch.setattr(metrics, "_next", 0.0)
    asyncio.run(metrics.tell_if_due())
    assert "measures cannot be told" in caplog.text
    assert "VIGIL_POSTGRES_DSN is empty" in caplog.text
