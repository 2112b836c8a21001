"""One walk from source to alert under the real Airflow: a good chunk, a held one, a dry run, a manual run.

And a bad row, which is corrected and driven through again.
"""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import httpx
import pytest

from include.errors import StackError
from include.lake import bucket
from include.settings import Settings
from include.stages.quarantine import write_rows
from include.store.connection import transaction
from stack.wait import wait_until_through
from tests.airflow_api import AirflowApi
from tests.flow import put
from tests.full_stack import LOOPBACK, full_stack, listening_addresses
from tests.prove.chunks import Row, chunks, importance_file

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900)]
SECONDS = 300.0

# Three customers of one merchant whom `child` finds from 5 transactions on, one who has 4, noise beside them.
GOOD = [
    *[Row(i, f"C_{n}", "F", "M_KIOSK", 1500 + n) for n in range(3) for i in range(5)],
    *[Row(i, "C_FOUR", "F", "M_KIOSK", 1500) for i in range(4)],
    *[Row(i % 5, f"C_N{i}", "FM"[i % 2], f"M_{i % 7}", 5000 + 13 * i) for i in range(200)],
]
# The fourth's fifth, with a decimal comma.
BAD = b"4,'C_FOUR','3','F','28007','M_KIOSK','28007','es_food',15,00,0\n"
EQUAL_AMOUNTS = [Row(i % 5, f"C_E{i}", "F", f"M_{i % 7}", 4200) for i in range(200)]
FOUND = ["C_0", "C_1", "C_2"]
FEW = {"child": {"min_transactions": 5}}
TABLES = ("chunks", "objects", "deltas", "evaluations", "detections", "exports", "incidents")


def test_from_source_to_alert() -> None:
    with full_stack(settle_seconds=0, poll_seconds=1, rule_parameters=FEW) as settings:
        airflow = AirflowApi(settings)
        put("importance", "weights.csv", importance_file([("C_0", "M_KIOSK", 1_000_000)]))
        wait_until_through(SECONDS)
        put("transactions", "chunk_0.csv", chunks(GOOD, size=1000).files[0] + BAD)
        put("transactions", "chunk_1.csv", chunks(EQUAL_AMOUNTS, size=1000).files[0])
        with pytest.raises(StackError, match=r"(?s)through, but:\n.*chunk_1\.csv is held"):
            wait_until_through(SECONDS)
        _good_chunk_is_judged_and_the_other_held(airflow)
        _detections_are_on_s3()
        _links_lead_to_pages_of_the_run(settings, airflow)
        _assets_know_what_the_run_gave(airflow)
        _incidents_reached_the_log(settings)
        assert listening_addresses(settings.home) <= LOOPBACK
        _dry_run_changes_nothing(airflow)
        _manual_run_has_a_profile_of_its_own(airflow)
        _corrected_row_is_judged(airflow, settings)
        _daily_runs_before_any_event_ended_with_land()


def query(text: str) -> list[dict[str, Any]]:
    """The rows of a query of the ledger."""
    with transaction() as conn:
        return conn.execute(text).fetchall()


def counts() -> list[dict[str, Any]]:
    """How many rows each table has that a run without effect must leave alone."""
    return query(" union all ".join(f"select '{name}' as name, count(*) as n from {name}" for name in TABLES))


def _customers(which: str) -> list[str]:
    rows = query(f"select entity ->> 'customer' as name from detections where rule = 'child' and {which}")
    return sorted(row["name"] for row in rows)


def _good_chunk_is_judged_and_the_other_held(airflow: AirflowApi) -> None:
    rows = query("select first_key, status from chunks where dataset = 'transactions'")
    assert {row["first_key"]: row["status"] for row in rows} == {
        "transaction_chunks/chunk_0.csv": "aggregated",
        "transaction_chunks/chunk_1.csv": "held",
    }
    assert _customers("closed_at is null") == FOUND
    assert airflow.state("transactions", _run_of("chunk_1.csv")) == "failed"


def _run_of(name: str) -> str:
    """The Airflow run of a chunk: both may have come in one run, or each in its own."""
    runs = query("select first_key, dag_run_id from chunks c join runs r using (run_id)")
    (run,) = [run["dag_run_id"] for run in runs if run["first_key"] == f"transaction_chunks/{name}"]
    return run


def _links_lead_to_pages_of_the_run(settings: Settings, airflow: AirflowApi) -> None:
    stopped = airflow.links("transactions", _run_of("chunk_1.csv"), "check_verdict")
    assert sorted(stopped) == ["Data Docs", "Quarantine"]
    docs = _page(airflow, stopped["Data Docs"])
    assert "transaction_chunks/chunk_1.csv" in docs.text
    assert str(docs.url).startswith(f"{settings.docs_url}/validations/transactions/run-")
    assert "transaction_chunks/chunk_1.csv" in _page(airflow, stopped["Quarantine"]).text
    checked = airflow.links("transactions", _run_of("chunk_0.csv"), "check")
    assert "C_FOUR" in _page(airflow, checked["Quarantine"]).text  # who stands in its bad row alone
    loaded = airflow.links("transactions", _run_of("chunk_0.csv"), "load")
    assert FOUND[0] in _page(airflow, loaded["Detections"]).text


def _page(airflow: AirflowApi, address: str | None) -> httpx.Response:
    """The page, which only one who is logged in may see."""
    assert address
    assert httpx.get(address, timeout=60).status_code == 401
    bearer = {"Authorization": airflow.client.headers["Authorization"]}
    answer = httpx.get(address, headers=bearer, follow_redirects=True, timeout=60)
    answer.raise_for_status()
    return answer


def _assets_know_what_the_run_gave(airflow: AirflowApi) -> None:
    told = airflow.asset_events("transactions", _run_of("chunk_0.csv"))
    assert told["transactions.events"]["rows"]["loaded"] == len(GOOD)
    assert told["transactions.quarantine"]["reasons"]["wrong_field_count"] == 1
    assert told["transactions.state"]["deltas"]["pairs"]["rows"] > 0
    assert told["transactions.detections"]["opened"]["child"] == len(FOUND)
    assert told["export"]["files"] == 1
    assert told.keys() >= {"transactions.chunks", "transactions.evaluations", "transactions.incidents"}


def _detections_are_on_s3() -> None:
    current = b"".join(bucket().blocks("output_detections/current.csv")).decode()
    rows = list(csv.DictReader(io.StringIO(current)))
    assert sorted(row["customerName"] for row in rows) == FOUND
    patterns = {(row["patternId"], row["actionType"], row["merchantId"]) for row in rows}
    assert patterns == {("PatId2", "CHILD", "M_KIOSK")}
    assert all(row["detectionTime"].endswith("+05:30") for row in rows)


def _incidents_reached_the_log(settings: Settings) -> None:
    lines = (settings.home / "logs" / "alerts.jsonl").read_text().splitlines()
    assert sorted({json.loads(line)["kind"] for line in lines}) == ["detections", "held"]


def _dry_run_changes_nothing(airflow: AirflowApi) -> None:
    before = counts()
    run = airflow.trigger("transactions", {"dry_run": True, "child_min_transactions": 4})
    assert airflow.wait("transactions", run) == "success"
    assert counts() == before
    assert airflow.asset_events("transactions", run) == {}


def _manual_run_has_a_profile_of_its_own(airflow: AirflowApi) -> None:
    run = airflow.trigger("transactions", {"child_min_transactions": 4})
    assert airflow.wait("transactions", run) == "success"
    assert _customers("profile like 'default~%'") == [*FOUND, "C_FOUR"]
    assert _customers("profile = 'default'") == FOUND


def _corrected_row_is_judged(airflow: AirflowApi, settings: Settings) -> None:
    file = settings.home / "rows.csv"
    assert write_rows("transactions", file, reason="wrong_field_count") == (1, [])
    bucket().put("corrections/rows.csv", file.read_bytes().replace(b",15,00,", b",15.00,"))
    for _ in range(2):
        run = airflow.trigger("redrive", {"key": "corrections/rows.csv"})
        assert airflow.wait("redrive", run) == "success"
    with pytest.raises(StackError, match=r"(?s)through, but:\n.*chunk_1\.csv is held"):
        wait_until_through(SECONDS)
    assert _customers("profile = 'default'") == [*FOUND, "C_FOUR"]
    rows = query("select status, rows_in, rows_loaded from chunks where first_key like 'corrections/%'")
    assert rows == [{"status": "aggregated", "rows_in": 1, "rows_loaded": 1}]


def _daily_runs_before_any_event_ended_with_land() -> None:
    runs = query(
        "select status, array_agg(distinct stage) as stages from runs join attempts using (run_id)"
        " where dag_id = 'clickstream_daily' group by run_id, status"
    )
    assert runs == [{"status": "succeeded", "stages": ["land"]}]
