"""Links of task instances, and the pages behind them, as far as they go without a running Airflow."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from tests.dags.conftest import ROOT

if TYPE_CHECKING:
    from airflow.sdk import DAG

RUN = "manual__2026-11-20T10:00:00+00:00"


def addresses(dag: DAG) -> dict[str, dict[str, str]]:
    """{task: {link: address}} of a run of the DAG, as the tasks' processes make them."""
    ti: Any = SimpleNamespace(dag_id=dag.dag_id, run_id=RUN)
    return {
        task.task_id: {link.name: link.get_link(task, ti_key=ti) for link in task.operator_extra_links}
        for task in dag.tasks
        if task.operator_extra_links
    }


def test_tasks_have_the_links_that_people_look_for(dags: dict[str, DAG], configure: Any) -> None:
    configure(airflow_url="http://127.0.0.1:8080/")
    base = "http://127.0.0.1:8080/vigil/transactions/manual__2026-11-20T10%3A00%3A00%2B00%3A00"
    checks = {"Data Docs": f"{base}/docs", "Quarantine": f"{base}/quarantine"}
    detections = {"Detections": f"{base}/detections"}
    assert addresses(dags["transactions"]) == {
        "check": checks,
        "check_verdict": checks,
        "load": detections,
        "alert": detections,
    }
    assert addresses(dags["importance"]).keys() == {"check", "check_verdict"}


def test_links_survive_serialization(dags: dict[str, DAG]) -> None:
    """The UI knows of a link what the DAG processor wrote down: its name, and where its address will be."""
    from airflow.serialization.serialized_objects import DagSerialization

    serialized: Any = DagSerialization.to_dict(dags["transactions"])
    tasks = {task["__var"]["task_id"]: task["__var"] for task in serialized["dag"]["tasks"]}
    links = {"Data Docs": "_link_docs", "Quarantine": "_link_quarantine"}
    assert tasks["check"]["_operator_extra_links"] == links
    assert tasks["load"]["_operator_extra_links"] == {"Detections": "_link_detections"}


def test_airflow_loads_the_pages_and_no_other_module() -> None:
    from airflow._shared.module_loading import find_path_from_directory

    found = find_path_from_directory(str(ROOT / "plugins"), ".airflowignore", "glob")
    assert list(found) == [str(ROOT / "plugins" / "pages.py")]


def test_each_link_leads_to_a_page_that_asks_who_is_there(dags: dict[str, DAG]) -> None:
    from fastapi import FastAPI
    from fastapi.testclient import TestClient

    from plugins.pages import VigilPages

    root = FastAPI()
    for mounted in VigilPages().fastapi_apps:
        root.mount(mounted["url_prefix"], mounted["app"])
    client = TestClient(root)
    leads = {address for links in addresses(dags["transactions"]).values() for address in links.values()}
    assert len(leads) == 3
    for address in leads:
        assert client.get(urlsplit(address).path).status_code == 401
    assert client.get("/vigil/openapi.json").status_code == 404


@pytest.mark.parametrize("page", ["quarantine", "detections"])
def test_a_page_escapes_what_came_from_outside(page: str) -> None:
    from plugins.pages import _render

    evil = "<script>alert(1)</script>"
    run: Any = SimpleNamespace(
        run_id=1, dataset="transactions", dag_id="t", dag_run_id=evil, profile="p", cut=None, dry_run=False
    )
    line = SimpleNamespace(key=evil, line=1, reason="bad_age", text=evil)
    change = SimpleNamespace(
        detection_id=1,
        rule="child",
        entity={"customer": evil},
        change="opened",
        cut="2026-01-02",
        closed_cut=None,
        close_reason=None,
        opened_cut="2026-01-02",
        evidence={"n": evil},
    )
    found = SimpleNamespace(
        rows={"in": 1},
        stopped=[("held", evil, evil, "")],
        reasons=[("bad_age", evil, 1)],
        lines=[line],
        left_out={"child": evil},
        counts={"child": {"opened": 1}},
        changes=[change],
    )
    text = _render(f"{page}.html", "Title", run, found)
    assert "<script>" not in text
    assert text.count("&lt;script&gt;") >= 3
