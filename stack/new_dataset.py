"""`make new-dataset`: drafts a contract, a suite, a DAG and a test from a sample, for a person to finish."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from include.datasets import contracts
from include.errors import ConfigError
from include.settings import ROOT, Settings
from sources.manifest import FOLDER
from stack.draft.choose import event_time, watched, with_event_time
from stack.draft.files import files_of, paths
from stack.draft.guess import Guess, guesses
from stack.draft.sample import Sample, read_sample

LONGEST_NAME = 40
# A flow's other DAGs are called after it.
DAG_ENDINGS = ("_daily", "_watch")


def new_dataset(
    file: Annotated[Path, typer.Option(help="a sample: CSV, JSON lines or a JSON array; may be gzipped")],
    name: Annotated[str, typer.Option(help="the dataset's name; else the file's")] = "",
    event: Annotated[
        str, typer.Option("--event-time", help="the column that says when; else the first of instants")
    ] = "",
) -> None:
    """Draft a dataset from a sample of its data; nothing that is there is overwritten."""
    chosen = name or _name_of(file)
    refuse_name(chosen)
    sample = read_sample(file.expanduser())
    found = guesses(sample, event)
    found = with_event_time(found, event_time(found, event), sample)
    found, mix = watched(found, sample)
    texts = files_of(chosen, found, mix, sample)
    for path, text in texts.items():
        (ROOT / path).write_text(text)
    python = [path for path in texts if path.endswith(".py")]
    subprocess.run([sys.executable, "-m", "ruff", "format", "--quiet", *python], cwd=ROOT, check=True)
    show(Console(highlight=False, soft_wrap=True), chosen, found, sample)


def refuse_name(name: str) -> None:
    """Raises ConfigError, saying why, for a name that no new dataset can have."""
    prefixes = [field.default for key, field in Settings.model_fields.items() if key.endswith("_prefix")]
    known = contracts()
    if not re.fullmatch(f"[a-z][a-z0-9_]{{1,{LONGEST_NAME - 1}}}", name) or name.endswith(DAG_ENDINGS):
        raise ConfigError(
            f"{name!r} cannot be the name of a dataset: give NAME= 2 to {LONGEST_NAME} small letters, digits "
            f"and underscores, a letter first, and not {' or '.join(DAG_ENDINGS)} at the end"
        )
    if name in known:
        raise ConfigError(
            f"there is a dataset {name} already, in {paths(name)['contract']}: give another NAME="
        )
    if there := [path for path in paths(name).values() if (ROOT / path).exists()]:
        raise ConfigError(f"{', '.join(there)} exists, and is not overwritten: give another NAME=")
    if find_spec(name) is not None or name in (FOLDER, *(prefix.partition("/")[0] for prefix in prefixes)):
        raise ConfigError(
            f"{name} is the name of a Python module or of a folder in the bucket already: give another NAME="
        )


def show(console: Console, name: str, found: list[Guess], sample: Sample) -> None:
    """What was guessed, and what to do next."""
    table = Table("column", "field", "read as", "refused", box=box.SIMPLE_HEAD)
    for one in found:
        time = one.kind == "instant"
        table.add_row(
            one.column,
            "event_time, event_day" if time else "" if one.kind == "unread" else one.field,
            one.kind + (", may be empty" if one.optional and one.kind != "unread" else ""),
            f"{one.bad:,}" if one.bad else "",
        )
    console.print(table)
    rows = f"{sample.rows:,} rows"
    if sample.unread:
        rows += f", and {sample.unread:,} that cannot be read and would be quarantined"
    console.print(f"Drafted from {rows}:")
    for path in paths(name).values():
        console.print(f"  {path}")
    console.print(
        f"Each `decide:` in them is a choice to make: grep -n decide: {' '.join(paths(name).values())}\n"
        "Then: docs/cookbooks/add-a-dataset.md"
    )


def _name_of(file: Path) -> str:
    """The file's name without its endings, as the name of a dataset."""
    return re.sub(r"[^a-z0-9]+", "_", file.name.partition(".")[0].lower()).strip("_")
