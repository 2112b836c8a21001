"""What a data engineer does in Airflow's UI, in a real browser: a form, a backfill, a link to Data Docs.

The pictures of Airflow in docs/images are those that this test leaves in its temporary folder.
"""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from include.settings import Settings
from include.store.connection import transaction
from stack.wait import wait_until_through
from tests.airflow_api import AirflowApi
from tests.airflow_ui import AirflowUi
from tests.browser import browsing, chromium
from tests.flow import put
from tests.full_stack import full_stack
from tests.integration.test_stack_flow import FEW, GOOD
from tests.prove.chunks import chunks, importance_file

PROGRAMS = chromium()
pytestmark = [
    pytest.mark.stack,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(
        PROGRAMS is None,
        reason="no Chromium with its driver on the PATH: the browser does not drive Airflow's UI here"
        " (Debian has both as chromium and chromium-driver)",
    ),
]
SECONDS = 600.0
# The dataset's zone, as Chromium calls it.
ZONE = "Asia/Calcutta"
# Two of the five days that have events.
FIRST, LAST = date(2026, 1, 1), date(2026, 1, 2)
STAGES = 7


def test_a_form_a_backfill_and_a_link_do_in_the_browser_what_they_promise(tmp_path: Path) -> None:
    assert PROGRAMS
    with full_stack(settle_seconds=0, poll_seconds=1, rule_parameters=FEW) as settings:
        put("importance", "weights.csv", importance_file([("C_0", "M_KIOSK", 1_000_000)]))
        with browsing(PROGRAMS, tmp_path) as browser:
            ui = AirflowUi(browser, settings)
            ui.log_in()
            ui.choose_zone(ZONE)
            wait_until_through(SECONDS)
            put("transactions", "chunk_0.csv", chunks(GOOD, size=1000).files[0])
            wait_until_through(SECONDS)
            triggered = _triggers_with_a_form(ui)
            ui.backfill("transactions_daily", FIRST, LAST, at_once=2)
            _link_leads_to_data_docs(ui, settings)
            ui.wait_for_backfill("transactions_daily", FIRST, SECONDS)
            wait_until_through(SECONDS)
            _backfill_evaluated_the_end_of_each_day()
            _run_took_what_the_form_said(settings, triggered)
            ui.picture_graph("transactions", triggered, STAGES)


def _query(text: str, *values: Any) -> list[dict[str, Any]]:
    with transaction() as conn:
        return conn.execute(text, values).fetchall()


def _triggers_with_a_form(ui: AirflowUi) -> str:
    return ui.trigger(
        "transactions",
        choices={"Profile": "sample"},
        section="Rule child (CHILD)",
        numbers={"child: min transactions": 4},
    )


def _run_took_what_the_form_said(settings: Settings, dag_run_id: str) -> None:
    """The number that was typed, and what the chosen profile has beside it."""
    assert AirflowApi(settings).wait("transactions", dag_run_id, SECONDS) == "success"
    (run,) = _query(
        "select profile, status, scope -> 'parameters' -> 'child' as child from runs where dag_run_id = %s",
        dag_run_id,
    )
    assert run["profile"].startswith("sample~")
    assert run["status"] == "succeeded"
    assert run["child"] == {"min_transactions": 4, "average_below_minor": 80_000}


def _backfill_evaluated_the_end_of_each_day() -> None:
    runs = _query(
        "select cut, status from runs where dag_id = 'transactions_daily' and dag_run_id like 'backfill%%'"
        " order by cut"
    )
    days = (FIRST, LAST)
    assert runs == [{"cut": day + timedelta(days=1), "status": "succeeded"} for day in days]


def _link_leads_to_data_docs(ui: AirflowUi, settings: Settings) -> None:
    """Of the run that checked the chunk: the watch's, or the day's own, whichever was first."""
    (run,) = _query(
        "select dag_id, dag_run_id from chunks join runs using (run_id) where chunks.dataset = 'transactions'"
    )
    address = ui.follow_link(run["dag_id"], run["dag_run_id"], "check", "Data Docs")
    assert address.startswith(f"{settings.docs_url}/validations/transactions/run-")
    assert "transaction_chunks/chunk_0.csv" in ui.see_text("Vigil · Data Docs")
