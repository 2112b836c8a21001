"""`make status`: which services are up, and the ledger in figures."""

from __future__ import annotations

import json
import sys
from enum import StrEnum
from typing import Annotated, Any

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from include.datasets import contracts
from include.spark_jobs.rules import rules
from include.store.connection import Connection, transaction
from include.store.figures import (
    Alerts,
    DatasetFigures,
    Episodes,
    Rows,
    alert_figures,
    dataset_figures,
    episodes_by_rule,
)
from stack.checkout import load_stack, supervisor_of
from stack.config import DEFAULT_PORTS, stack_settings
from stack.ports import read_ports
from stack.services import Stack

# As the ledger has them, in the order of the flow.
CHUNK_STATES = ("landed", "checked", "aggregated", "held", "unreadable")


class Format(StrEnum):
    """How to print."""

    TABLE = "table"
    JSON = "json"


def service_states(stack: Stack) -> dict[str, str]:
    """ "up" or "down" for each service of this stack."""
    running = {name for name, program in supervisor_of(stack).programs().items() if program.is_running}
    return {service.name: "up" if service.name in running else "down" for service in stack.services()}


def _rows(rows: Rows) -> dict[str, int]:
    return {"in": rows.rows_in, **rows.model_dump(exclude={"rows_in"})}


def figures() -> dict[str, Any]:
    """Everything as one JSON-like object, with every dataset and rule that there is.

    Without Postgres the ledger's part is empty.
    """
    settings = stack_settings()
    stack = load_stack(settings, read_ports(settings.home / "run" / "ports.json") or DEFAULT_PORTS)
    found: dict[str, Any] = {
        "services": service_states(stack),
        "datasets": {},
        "detections": {},
        "alerts": Alerts().model_dump(),
    }
    if found["services"]["postgres"] == "up":
        with transaction() as conn:
            found |= ledger_figures(conn)
    return found


def ledger_figures(conn: Connection) -> dict[str, Any]:
    """Datasets, detections and alerts; zeros for datasets and rules of which the ledger knows nothing."""
    datasets = {name: DatasetFigures() for name in contracts()} | dataset_figures(conn)
    episodes = {rule: Episodes(open=0, closed=0) for rule in rules()} | episodes_by_rule(conn)
    return {
        "datasets": {
            dataset: {"chunks": figure.chunks, "rows": _rows(figure.rows), "corrected": figure.corrected}
            for dataset, figure in datasets.items()
        },
        "detections": {rule: episode.model_dump() for rule, episode in episodes.items()},
        "alerts": alert_figures(conn).model_dump(),
    }


def status(
    format: Annotated[Format, typer.Option(help="a table, or one JSON object")] = Format.TABLE,
) -> None:
    """Services, chunks, detections and alerts."""
    found = figures()
    if format is Format.JSON:
        sys.stdout.write(json.dumps(found) + "\n")
        return
    show(Console(highlight=False), found)


def show(console: Console, found: dict[str, Any]) -> None:
    """Prints the figures as tables that fit into 80 columns."""
    services = _table("services", "state")
    for name, state in found["services"].items():
        services.add_row(name, state, style=None if state == "up" else "red")
    console.print(services)
    if found["services"]["postgres"] == "down":
        console.print("Postgres is down: the ledger cannot be read. `make up` starts it.")
        return
    chunks = _table("chunks", *CHUNK_STATES)
    rows = _table("rows", *_rows(Rows()))
    for dataset, figure in found["datasets"].items():
        chunks.add_row(dataset, *(f"{figure['chunks'].get(state, 0):,}" for state in CHUNK_STATES))
        rows.add_row(dataset, *(f"{count:,}" for count in figure["rows"].values()))
    detections = _table("detections", "open", "closed")
    for rule, episodes in found["detections"].items():
        detections.add_row(rule, f"{episodes['open']:,}", f"{episodes['closed']:,}")
    console.print(chunks, rows)
    for dataset, figure in found["datasets"].items():
        if figure["corrected"]:
            console.print(f"{dataset}: {figure['corrected']:,} of the quarantined rows were corrected")
    console.print(detections)
    console.print(Alerts.model_validate(found["alerts"]).in_words())


def _table(*headers: str) -> Table:
    return Table(*headers, box=box.SIMPLE_HEAD)
