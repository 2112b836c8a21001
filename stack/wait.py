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
from include.store.progress import (
    Hanging,
    Stuck,
    hanging,
    pending_alerts,
    rows_through,
    stuck,
    unfinished,
)
from stack.checkout import supervised
from stack.config import stack_settings
from stack.outage import PASSING, in_words

POLL_SECONDS = 1.0
OLDER_SHOWN = 3


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
        if found.cuts_left:
            progress.waiting.append(f"{dataset}: {found.cuts_left} past days left to the next run to judge")
    with transaction() as conn:
        for row in unfinished(conn):
            for count, what in ((row.runs, "runs in progress"), (row.chunks, "chunks between two stages")):
                if count:
                    progress.waiting.append(f"{row.dataset}: {count} {what}")
        if count := pending_alerts(conn):
            progress.waiting.append(f"alert_delivery: {count} deliveries not yet accepted")
        progress.rows = {dataset: rows_through(conn, dataset) for dataset in contracts()}
    return progress


def wait_until_through(
    timeout: float, show: Callable[[Progress], None] = lambda progress: None
) -> list[Stuck]:
    """Waits at most `timeout` seconds, showing each look; StackError says what is stuck and where.

    What stopped on the way is an error too: chunks held or unreadable and dead letters of no longer than
    `timeout` seconds before the wait began, and a dataset's newest run if it failed. Older ones are given
    back: they are known, and no later wait fails for them. A service that is out of reach is waited for
    where a supervisor starts it again, and else raises its own error.
    """
    began = time.monotonic()
    progress = Progress()
    while True:
        in_time = time.monotonic() <= began + timeout
        try:
            progress = look()
        except PASSING as error:
            if not (in_time and supervised(stack_settings())):
                raise
            progress = Progress([in_words(error) or ""], progress.rows)
        show(progress)
        if not progress.waiting:
            break
        if not in_time:
            runs, problems, _ = _stopped(began, timeout)
            lines = progress.waiting + _describe_runs(runs) + _describe(problems)
            raise StackError(f"not through after {timeout:g} seconds:\n" + "\n".join(lines) + "\n" + _logs())
        time.sleep(POLL_SECONDS)
    _, problems, older = _stopped(began, timeout)
    if problems:
        raise StackError("through, but:\n" + "\n".join(_describe(problems)) + "\n" + _logs())
    return older


def _stopped(began: float, timeout: float) -> tuple[list[Hanging], list[Stuck], list[Stuck]]:
    """Runs in progress, what stopped lately, and what did before that."""
    with transaction() as conn:
        found = stuck(conn, within=timeout + time.monotonic() - began)
        runs = hanging(conn)
    return runs, [one for one in found if one.recent], [one for one in found if not one.recent]


def _describe_runs(runs: list[Hanging]) -> list[str]:
    lines = []
    for run in runs:
        where = f"in {run.stage}, attempt {run.attempt}," if run.stage else "between two stages"
        lines.append(f"{run.dataset}: run {run.run_id} is {where} for {run.seconds:.0f} s")
        task = f"task_id={run.stage}/" if run.stage else ""
        lines.append(f"    log: {_folder(run.dag_id, run.dag_run_id)}{task}")
    return lines


def _describe(problems: list[Stuck]) -> list[str]:
    lines = []
    for problem in problems:
        lines.append(f"{problem.dataset}: {problem.what}")
        if problem.dag_id:
            lines.append(f"    log: {_folder(problem.dag_id, problem.dag_run_id)}")
    return lines


def _folder(dag_id: str, dag_run_id: str | None) -> str:
    return f"{get_settings().home / 'logs' / 'airflow'}/dag_id={dag_id}/run_id={dag_run_id}/"


def _logs() -> str:
    settings = get_settings()
    logs = settings.home / "logs"
    return f"logs of the services: {logs}; of the tasks: {logs / 'airflow'}; Airflow: {settings.airflow_url}"


def in_one_line(older: list[Stuck]) -> str:
    """What stopped before a wait and was no failure of it."""
    shown = "; ".join(f"{one.dataset}: {one.what}" for one in older[:OLDER_SHOWN])
    more = f"; and {len(older) - OLDER_SHOWN} more" if len(older) > OLDER_SHOWN else ""
    return f"not counted, being from before: {shown}{more}"


def wait(timeout: float = typer.Option(900, help="give up after so many seconds")) -> None:
    """Return when everything that has landed is through to its alerts; fail if any of it stopped on the way.

    Stopped are chunks held or unreadable, alerts given up and a newest run that failed. Such chunks and
    alerts count if they stopped no longer before this wait than it may take; older ones are only mentioned.
    """
    console = Console()
    with console.status("looking") as status:
        older = wait_until_through(
            timeout, lambda progress: status.update("; ".join(progress.waiting) or "through")
        )
    if older:
        console.print(in_one_line(older), markup=False, soft_wrap=True)
    console.print("everything that has landed is through to its alerts")
