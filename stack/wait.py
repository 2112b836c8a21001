"""`make wait`: returns when everything that has landed is through to its alerts."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import typer
from rich.console import Console

from include.datasets import contracts
from include.errors import StackError
from include.settings import get_settings
from include.stages.pending import pending
from include.store.connection import transaction
from include.store.progress import Stuck, pending_alerts, rows_through, stuck, unfinished

POLL_SECONDS = 1.0


@dataclass
class Progress:
    """What is still on its way, in words (empty: nothing), and the rows of each dataset that are through."""

    waiting: list[str] = field(default_factory=list)
    rows: dict[str, int] = field(default_factory=dict)


def look() -> Progress:
    """One look: the bucket first, since what it no longer shows the ledger has."""
    progress = Progress()
    for dataset in contracts():
        found = pending(dataset)
        if on_s3 := len(found.objects) + found.unsettled:
            progress.waiting.append(f"{dataset}: {on_s3} objects on S3 that no run has taken")
        if found.leftovers:
            progress.waiting.append(f"{dataset}: {found.leftovers} chunks that a failed run left behind")
    with transaction() as conn:
        for row in unfinished(conn):
            for count, what in ((row.runs, "runs in progress"), (row.chunks, "chunks between two stages")):
                if count:
                    progress.waiting.append(f"{row.dataset}: {count} {what}")
        if count := pending_alerts(conn):
            progress.waiting.append(f"alert_delivery: {count} deliveries not yet accepted")
        progress.rows = {dataset: rows_through(conn, dataset) for dataset in contracts()}
    return progress


def wait_until_through(timeout: float, show: Callable[[Progress], None] = lambda progress: None) -> None:
    """Waits at most `timeout` seconds, showing each look; StackError says what is stuck and where."""
    deadline = time.monotonic() + timeout
    while True:
        progress = look()
        show(progress)
        if not progress.waiting:
            break
        if time.monotonic() > deadline:
            lines = progress.waiting + _describe(_stuck())
            raise StackError(f"not through after {timeout:g} seconds:\n" + "\n".join(lines) + "\n" + _logs())
        time.sleep(POLL_SECONDS)
    if problems := _stuck():
        raise StackError("through, but:\n" + "\n".join(_describe(problems)) + "\n" + _logs())


def _stuck() -> list[Stuck]:
    with transaction() as conn:
        return stuck(conn)


def _describe(problems: list[Stuck]) -> list[str]:
    logs = get_settings().home / "logs" / "airflow"
    lines = []
    for problem in problems:
        lines.append(f"{problem.dataset}: {problem.what}")
        if problem.dag_id:
            lines.append(f"    log: {logs}/dag_id={problem.dag_id}/run_id={problem.dag_run_id}/")
    return lines


def _logs() -> str:
    settings = get_settings()
    return f"logs of the services: {settings.home / 'logs'}; Airflow: {settings.airflow_url}"


def wait(timeout: float = typer.Option(900, help="give up after so many seconds")) -> None:
    """Return when everything that has landed is through to its alerts."""
    console = Console()
    with console.status("looking") as status:
        wait_until_through(timeout, lambda progress: status.update("; ".join(progress.waiting) or "through"))
    console.print("everything that has landed is through to its alerts")
