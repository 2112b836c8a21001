"""What each stage takes and gives, as Airflow's assets: the lineage from objects on S3 to incidents.

An event of an asset says that a run published something there, with the run's number and the stage's counts.
A dry run, and a stage that had nothing to publish, leave none.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from airflow.sdk import Asset, get_current_context

from include.datasets import contract
from include.settings import get_settings
from include.spark_jobs.rules import rules

# Stage -> what it gives, each with the figure that is empty where the run gave nothing.
GIVES = {
    "land": {"chunks": "chunks"},
    "check": {"events": "checked", "quarantine": "reasons"},
    "aggregate": {"state": "chunks"},
    "detect": {"evaluations": "rules"},
    "load": {"detections": "opened", "export": "files"},
    "alert": {"incidents": "incidents"},
}
TAKES = {
    "land": "objects",
    "check": "chunks",
    "aggregate": "events",
    "detect": "state",
    "load": "evaluations",
    "alert": "detections",
}


def asset(dataset: str, part: str) -> Asset:
    """A part of a dataset as an asset.

    What other programs see has its address on S3. What is the platform's own has an address of ours, since
    those of the lake and of Postgres may move.
    """
    if part == "objects":
        return Asset(f"{dataset}.objects", _on_s3(contract(dataset).prefix), group=dataset)
    if part == "export":  # of all datasets
        return Asset("export", _on_s3(get_settings().export_prefix), group="export")
    return Asset(f"{dataset}.{part}", f"vigil://{dataset}/{part}", group=dataset)


def lineage(dataset: str, stage: str) -> dict[str, Any]:
    """The inlets and outlets of a stage's task; detect also takes the reference data of its rules."""
    inlets = [asset(dataset, TAKES[stage])]
    if stage == "detect":
        needed = {name for rule in rules(dataset).values() for name in rule.reference}
        inlets += [asset(name, "state") for name in sorted(needed)]
    return {"inlets": inlets, "outlets": [asset(dataset, part) for part in GIVES[stage]]}


def announce(dataset: str, stage: str, ledger_run: int, figures: Mapping[str, Any]) -> None:
    """Of the running task's outlets, leaves those that the run gave something to, with the stage's counts."""
    context = get_current_context()
    given = [asset(dataset, part) for part, figure in GIVES[stage].items() if figures.get(figure)]
    context["task"].outlets = [] if context["params"].get("dry_run") else given
    for outlet in given:
        context["outlet_events"][outlet].extra = {"ledger_run": ledger_run, **counts(figures)}


def counts(figures: Mapping[str, Any]) -> dict[str, Any]:
    """The numbers among a stage's figures, of lists how many; of texts the cut alone, so no name."""
    found: dict[str, Any] = {}
    for name, value in figures.items():
        if isinstance(value, Mapping):
            found[name] = counts(value)
        elif isinstance(value, list):
            found[name] = len(value)
        elif isinstance(value, (int, float)) or name == "cut":
            found[name] = value
    return {name: value for name, value in found.items() if value not in ({}, None)}


def _on_s3(prefix: str) -> str:
    return f"s3://{get_settings().bucket}/{prefix.strip('/')}"
