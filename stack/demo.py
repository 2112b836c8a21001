"""`make demo`: sample data with planted patterns through the whole flow, and what came of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from include.datasets import contract
from include.errors import StackError
from include.settings import get_settings
from include.store.connection import transaction
from include.store.report import chunk_ids
from sources.feed import feed_file
from sources.slices import scan, slices
from sources.transactions import Truth, generate
from stack.report import Report
from stack.services import Stack
from stack.up import up
from stack.wait import Progress as Look
from stack.wait import wait_until_through

SEED = 20_260_101
CHUNK_ROWS = 10_000
TIMEOUT = 1800.0

# What the sample is fed as: data rows per chunk (None: whole).
SLICES = {"importance": None, "transactions": CHUNK_ROWS}


def demo() -> None:
    """Start everything, feed a sample with planted patterns, wait for the flow, compare; leave it running.

    Raises StackError if a stage failed, a planted pattern was missed, anything else was flagged, or bad rows
    did not end in quarantine with their reasons; and beforehand if the comparison would mean nothing.
    """
    console = Console(highlight=False)
    refuse_other_parameters()
    stack = up(console)
    get_settings.cache_clear()
    refuse_other_data(get_settings().home / "demo")
    truth = _sample(console)
    with _bar(console, truth.rows) as (progress, bar):
        feed_file("importance", str(truth.importance), every=0)
        wait_until_through(TIMEOUT, lambda look: progress.update(bar, note="publishing importance"))
        feed_file("transactions", str(truth.transactions), rows=CHUNK_ROWS, every=0)

        def show(look: Look) -> None:
            note = look.waiting[0] if look.waiting else "through"
            progress.update(bar, completed=look.rows.get("transactions", 0), note=note)

        wait_until_through(TIMEOUT, show)
    report = Report.read(truth)
    report.show(console)
    _show_addresses(console, stack)
    if report.problems:
        raise StackError("The demo is not as planned:\n" + "\n".join(report.problems))
    console.print(
        "\nEvery planted pattern was found, no near miss was flagged, every bad row is in quarantine."
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
    for dataset, rows in SLICES.items():
        with transaction() as conn:
            landed = chunk_ids(conn, dataset)
        if landed and (others := landed - _sample_ids(dataset, folder / f"{dataset}.csv", rows)):
            raise StackError(
                f"{len(others)} chunks of {dataset} have landed here that are not the demo's, so what was "
                "planted cannot be compared with what is found. `make clean` first, or set another VIGIL_HOME"
            )


def _sample_ids(dataset: str, file: Path, rows: int | None) -> set[str]:
    """The ids that the chunks of the sample's file get when they land."""
    if not file.exists():
        return set()
    found = scan(file, contract(dataset).columns, rows)
    return {sha256(data).hexdigest() for data in slices(file, found.header, rows or found.rows)}


def _sample(console: Console) -> Truth:
    """The seeded sample, generated unless a demo before this one did."""
    folder = get_settings().home / "demo"
    file = folder / "truth.json"
    if not file.exists():
        with console.status("generating the sample"):
            generate(folder, seed=SEED)
    return Truth.model_validate_json(Path(file).read_text())


@contextmanager
def _bar(console: Console, rows: int) -> Iterator[tuple[Progress, TaskID]]:
    columns = (
        TextColumn("rows through"),
        BarColumn(),
        TextColumn("{task.completed:,.0f} of {task.total:,.0f}"),
    )
    with Progress(
        *columns, TimeElapsedColumn(), TextColumn("{task.fields[note]}"), console=console
    ) as progress:
        yield progress, progress.add_task("flow", total=rows, note="starting")


def _show_addresses(console: Console, stack: Stack) -> None:
    console.print()
    console.print(
        f"Airflow    {stack.airflow.url}  user admin, password {stack.credentials.airflow_admin_password}"
    )
    console.print(f"Data Docs  {stack.docs.url}")
    console.print("It goes on running: `make down` stops it, `make status` shows it, `make feed` feeds it.")
