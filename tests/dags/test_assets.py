"""The lineage that Airflow shows: what each stage takes is what another one gives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from dags.flows.assets import GIVES, TAKES, counts
from include.datasets import contracts

if TYPE_CHECKING:
    from airflow.sdk import DAG


def edges(dag: DAG) -> set[tuple[str, str]]:
    """(asset, task) for what a task takes, (task, asset) for what it gives."""
    taken = {(asset.name, task.task_id) for task in dag.tasks for asset in task.inlets}
    return taken | {(task.task_id, asset.name) for task in dag.tasks for asset in task.outlets}


def test_transactions_lead_from_objects_to_incidents(dags: dict[str, DAG]) -> None:
    assert edges(dags["transactions"]) == {
        ("transactions.objects", "land"),
        ("land", "transactions.chunks"),
        ("transactions.chunks", "check"),
        ("check", "transactions.events"),
        ("check", "transactions.quarantine"),
        ("transactions.events", "aggregate"),
        ("aggregate", "transactions.state"),
        ("transactions.state", "detect"),
        ("importance.state", "detect"),
        ("detect", "transactions.evaluations"),
        ("transactions.evaluations", "load"),
        ("load", "transactions.detections"),
        ("load", "export"),
        ("transactions.detections", "alert"),
        ("alert", "transactions.incidents"),
    }


def test_reference_data_leads_to_the_rules_that_need_it(dags: dict[str, DAG]) -> None:
    assert {("land", "importance.chunks"), ("aggregate", "importance.state")} < edges(dags["importance"])


@pytest.mark.parametrize("dataset", sorted(contracts()))
def test_an_asset_has_one_name_and_one_address(dags: dict[str, DAG], dataset: str) -> None:
    """Airflow takes an asset out of service whose name or address another one has too."""
    assets = [asset for dag in dags.values() for task in dag.tasks for asset in [*task.inlets, *task.outlets]]
    pairs = {(asset.name, asset.uri) for asset in assets}
    assert len(pairs) == len({name for name, _ in pairs}) == len({uri for _, uri in pairs})
    assert f"{dataset}.chunks" in {name for name, _ in pairs}


def test_each_stage_has_its_lineage() -> None:
    assert list(GIVES) == list(TAKES) == ["land", "check", "aggregate", "detect", "load", "alert"]


@pytest.mark.parametrize(
    ("figures", "expected"),
    [
        (
            {"rows": {"in": 10, "loaded": 9}, "held": [{"key": "a"}]},
            {"rows": {"in": 10, "loaded": 9}, "held": 1},
        ),
        ({"chunks": [], "more": False, "seconds": 1.5}, {"chunks": 0, "more": False, "seconds": 1.5}),
        ({"cut": "2026-01-02", "digest": "ab12", "path": "state/x"}, {"cut": "2026-01-02"}),
        ({"cut": None, "seq": None, "deltas": {}}, {}),
        ({"deltas": {"pairs": {"path": "state/x", "rows": 7}}}, {"deltas": {"pairs": {"rows": 7}}}),
    ],
)
def test_an_event_tells_numbers_and_no_names(figures: dict[str, Any], expected: dict[str, Any]) -> None:
    assert counts(figures) == expected


def test_lineage_adds_nothing_to_a_flows_parameters(dags: dict[str, DAG]) -> None:
    """The flow refuses parameters that its form does not have."""
    assert dags["transactions_watch"].get_task("run_flow").openlineage_inject_parent_info is False
