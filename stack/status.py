"""`make status`: which services are up, and the ledger in figures."""

from __future__ import annotations

import json
import sys
from enum import StrEnum
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from include.store.connection import transaction
from include.store.figures import Rows, alert_figures, dataset_figures, episodes_by_rule
from stack.checkout import load_stack, supervisor_of
from stack.config import DEFAULT_PORTS, stack_settings
from stack.ports import read_ports
from stack.services import Stack


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
    """Everything as one JSON-like object; without Postgres the ledger's part is empty."""
    settings = stack_settings()
    stack = load_stack(settings, read_ports(settings.home / "run" / "ports.json") or DEFAULT_PORTS)
    found: dict[str, Any] = {
        "services": service_states(stack),
        "datasets": {},
        "detections": {},
        "alerts": {"sent": 0, "pending": 0},
    }
    if found["services"]["postgres"] == "up":
        with transaction() as conn:
            for dataset, figure in dataset_figures(conn).items():
                found["datasets"][dataset] = {"chunks": figure.chunks, "rows": _rows(figure.rows)}
            found["detections"] = {rule: item.model_dump() for rule, item in episodes_by_rule(conn).items()}
            found["alerts"] = alert_figures(conn).model_dump()
    return found


def status(
    format: Annotated[Format, typer.Option(help="a table, or one JSON object")] = Format.TABLE,
) -> None:
    """Services, chunks, detections and alerts."""
    found = figures()
    if format is Format.JSON:
        sys.stdout.write(json.dumps(found) + "\n")
        return
    console = Console(highlight=False)
    services = Table("service", "state", title="Services")
    for name, state in found["services"].items():
        services.add_row(name, state, style=None if state == "up" else "red")
    console.print(services)
    if found["services"]["postgres"] == "down":
        console.print("Postgres is down: the ledger cannot be read. `make up` starts it.")
        return
    datasets = Table("dataset", "chunks", "rows in", "loaded", "quarantined", "duplicate", "held")
    for dataset, figure in found["datasets"].items():
        chunks = ", ".join(f"{count} {name}" for name, count in figure["chunks"].items())
        datasets.add_row(dataset, chunks, *(f"{count:,}" for count in figure["rows"].values()))
    detections = Table("rule", "open", "closed")
    for rule, episodes in found["detections"].items():
        detections.add_row(rule, str(episodes["open"]), str(episodes["closed"]))
    console.print(datasets, detections)
    console.print(f"Alerts: {found['alerts']['sent']} sent, {found['alerts']['pending']} pending")
