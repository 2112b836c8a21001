"""`make demo`: sample data with planted patterns through the whole flow, and what came of it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from include.errors import StackError
from include.settings import get_settings
from include.store.connection import transaction
from include.store.report import chunk_ids
from stack.report import Report
from stack.sample import feed_events, feed_reference, sample, sample_ids
from stack.services import Stack
from stack.tables import show_report
from stack.up import up
from stack.wait import Progress as Look
from stack.wait import wait_until_through

TIMEOUT = 1800.0


def demo() -> None:
    """Start everything, feed a sample with planted patterns, wait for the flow, compare; leave it running.

    Raises StackError if a stage failed, a planted pattern was missed, anything else was flagged, or bad rows
    did not end in quarantine with their reasons; and beforehand if the comparison would mean nothing.
    """
    console = Console(highlight=False)
    began = time.monotonic()
    refuse_other_parameters()
    stack = up(console)
    get_settings.cache_clear()
    folder = get_settings().home / "demo"
    refuse_other_data(folder)
    started = time.monotonic()
    with console.status("generating the sample"):
        truths = sample(folder)
    _through_the_flow(console, folder, {dataset: truth.rows for dataset, truth in truths.items()})
    through = time.monotonic()
    report = Report.read(truths)
    show_report(console, report)
    _show_addresses(console, stack)
    if report.problems:
        raise StackError("The demo is not as planned:\n" + "\n".join(report.problems))
    console.print(
        f"\nUp after {started - began:.0f} s, through after {through - began:.0f} s. Every planted "
        "pattern was found, no near miss, no bystander and nobody else was flagged, and every bad row is in "
        "quarantine."
    )


def refuse_other_parameters() -> None:
    """Raises StackError if the settings make the rules find something else than by default."""
    settings = get_settings()
    changed = []
    if settings.profile != "default":
        changed.append(f"VIGIL_PROFILE is {settings.profile}")
    if settings.rule_parameters:
        changed.append(f"VIGIL_RULE_PARAMETERS is {settings.rule_parameters}")
    if changed:
        raise StackError(
            f"{' and '.join(changed)}: the demo's patterns are planted for the default parameters. Unset "
            "that for the demo (with `make down` before, if the stack runs), or feed a file of your own"
        )


def refuse_other_data(folder: Path) -> None:
    """Raises StackError if chunks have landed that are not of the sample in this folder, if there is one."""
    for dataset, mine in sample_ids(folder):
        with transaction() as conn:
            others = chunk_ids(conn, dataset) - mine
        if others:
            raise StackError(
                f"{len(others)} chunks of {dataset} have landed here that are not the demo's, so what was "
                "planted cannot be compared with what is found. `make clean` first, or set another VIGIL_HOME"
            )


def _through_the_flow(console: Console, folder: Path, rows: Mapping[str, int]) -> None:
    """Feeds the sample and waits until it is through, with a bar over these rows of each dataset.

    The events go when the reference data is through: the daily runs with which a new Airflow begins are over
    then, and do not take events of last spring to judge the end of yesterday.
    """
    columns = (
        TextColumn("rows through"),
        BarColumn(),
        TextColumn("{task.completed:,.0f} of {task.total:,.0f}"),
        TimeElapsedColumn(),
        TextColumn("{task.fields[note]}"),
    )
    with Progress(*columns, console=console) as progress:
        bar = progress.add_task("flow", total=sum(rows.values()), note="starting")

        def show(look: Look) -> None:
            note = look.waiting[0] if look.waiting else "through"
            through = sum(look.rows.get(dataset, 0) for dataset in rows)
            progress.update(bar, completed=through, note=note)

        for feed in (feed_reference, feed_events):
            feed(folder)
            wait_until_through(TIMEOUT, show)


def _show_addresses(console: Console, stack: Stack) -> None:
    console.print()
    console.print(
        f"Airflow    {stack.airflow.url}  user admin, password {stack.credentials.airflow_admin_password}"
    )
    console.print(f"Data Docs  {stack.docs.url}")
    console.print("It goes on running: `make down` stops it, `make status` shows it, `make feed` feeds it.")
