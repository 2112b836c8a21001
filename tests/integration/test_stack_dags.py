"""The DAGs beside the flow, under the real Airflow: a look at its health, a replay, retention."""

from __future__ import annotations

import subprocess
import sys

import httpx
import pytest

from include.lake import lake
from include.settings import ROOT
from stack.wait import wait_until_through
from tests.airflow_api import AirflowApi
from tests.flow import put
from tests.full_stack import full_stack
from tests.integration.test_stack_flow import FEW, GOOD, SECONDS, counts, query
from tests.prove.chunks import chunks, importance_file

pytestmark = [pytest.mark.stack, pytest.mark.prove, pytest.mark.timeout(900)]


def test_they_change_nothing_where_nothing_is_to_be_changed() -> None:
    with full_stack(settle_seconds=0, poll_seconds=1, rule_parameters=FEW) as settings:
        airflow = AirflowApi(settings)
        put("importance", "weights.csv", importance_file([("C_0", "M_KIOSK", 1_000_000)]))
        wait_until_through(SECONDS)
        put("transactions", "chunk_0.csv", chunks(GOOD, size=1000).files[0])
        wait_until_through(SECONDS)
        _a_look_at_its_health_finds_nothing(airflow)
        _replay_shows_a_difference_and_changes_nothing()
        _retention_keeps_what_is_young(airflow)


def _a_look_at_its_health_finds_nothing(airflow: AirflowApi) -> None:
    before = query("select count(*) from incidents")
    assert airflow.wait("platform_health", airflow.trigger("platform_health", {})) == "success"
    assert query("select count(*) from incidents") == before


def _replay_shows_a_difference_and_changes_nothing() -> None:
    before = counts()
    command = [sys.executable, "-m", "stack", "replay", "--rule", "child", "--set"]
    done = subprocess.run(
        [*command, "child.min_transactions=4"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    (row,) = [line for line in done.stdout.splitlines() if "child" in line]
    assert [cell.strip() for cell in row.strip("│").split("│")] == ["child", "1", "0", "3", "1", "1"]
    page = httpx.get(done.stdout.split()[-1])
    assert "1 added, 0 gone, 3 unchanged" in page.text
    assert "C_FOUR" not in page.text
    refused = subprocess.run(
        [*command, "child.transactions=4"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert refused.returncode == 1
    assert "its parameters are min_transactions" in refused.stderr
    assert counts() == before


def _retention_keeps_what_is_young(airflow: AirflowApi) -> None:
    before = {file.path for file in lake().files("chunks")}
    for dry_run in (True, False):
        run = airflow.trigger("retention", {"dry_run": dry_run})
        assert airflow.wait("retention", run) == "success"
    assert {file.path for file in lake().files("chunks")} == before
    assert query("select count(*) as n from removals") == [{"n": 0}]
