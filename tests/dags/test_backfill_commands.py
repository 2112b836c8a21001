"""The commands for backfills that people are shown: Airflow takes them, and as they are meant."""

from __future__ import annotations

import re
import shlex

import pytest

from include.settings import DAILY_RUNS
from tests.airflow_home import ROOT


@pytest.mark.parametrize("page", ["dags/transactions.py", "docs/runbooks/missing_run.md"])
def test_airflow_takes_the_command_and_as_many_runs_at_once_as_the_dag_allows(page: str) -> None:
    from airflow.cli.cli_parser import get_parser

    text = (ROOT / page).read_text()
    shown = re.search(r"airflow (backfill create [^`]*?)(?:`|\n\n)", text)
    assert shown
    asked = get_parser().parse_args(shlex.split(shown[1].replace("\\\n", " ")))
    assert asked.dag_id == "transactions_daily"
    assert asked.max_active_runs == DAILY_RUNS
    assert asked.reprocess_behavior == "completed"
    for day in (asked.from_date, asked.to_date):
        assert day.isoformat().endswith("T00:00:00+05:30")
