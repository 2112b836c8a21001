"""`make backup`: everything that a new machine needs to go on, in one folder, while the stack runs on.

In the order that makes it consistent: first Airflow's database, then the platform's with the list of what it
names, then exactly that from the lake. What the ledger names is there whole and is never written again, and
retention waits meanwhile: so everything that the dump names is in the backup.
"""

from __future__ import annotations

import json
import shutil
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from psycopg import IsolationLevel
from pydantic import BaseModel
from rich.console import Console

from include.errors import StackError
from include.lake import lake
from include.settings import get_settings
from include.stages.retention import alone
from include.store.connection import transaction
from include.store.retention import export_snapshot, named_paths
from stack.checkout import load_stack
from stack.config import stack_settings
from stack.credentials import write_private
from stack.dumps import dump
from stack.services import Stack

MANIFEST = "manifest.json"
# Databases in the order of their dumps: a run that only Airflow's forgot is harmless, one that only the
# ledger forgot would never be done again.
DATABASES = ("airflow", "vigil")
FOLDERS = ("s3", "docs")
# An upload that is not complete has another name until it is.
PARTIAL = shutil.ignore_patterns("*.partial")


class Manifest(BaseModel):
    """What a backup holds; written last, so one without it is not complete."""

    made_at: datetime
    has_lake: bool
    has_s3: bool
    paths: int
    lacking: list[str]


def backup(
    out: Annotated[Path, typer.Option(help="a folder that is not there yet")],
) -> None:
    """Copy databases, lake, embedded S3, Data Docs and secrets into a new folder."""
    console = Console(stderr=True, highlight=False)
    stack = load_stack(stack_settings())
    if out.exists():
        raise StackError(f"{out} is there already; name a folder that is not, so that nothing is mixed")
    out.mkdir(parents=True, mode=0o700)
    manifest = make_backup(stack, out)
    console.print(f"Backed up to {out}: {manifest.paths:,} paths of the lake")
    if not manifest.has_lake:
        console.print(f"Not included: the lake, {lake().root}; copy it now, with its own tools")
    if not manifest.has_s3:
        console.print(f"Not included: the bucket {get_settings().bucket}; it is on an S3 of its own")
    if manifest.lacking:
        few = ", ".join(manifest.lacking[:3])
        raise StackError(f"The lake lacks {len(manifest.lacking)} paths that the ledger names: {few}")


def make_backup(stack: Stack, out: Path) -> Manifest:
    """Fills the empty folder; paths that the ledger names and the lake does not have are `lacking`."""
    with alone():
        dump(stack.airflow.database, out / "airflow.dump")
        with transaction() as conn:
            conn.isolation_level = IsolationLevel.REPEATABLE_READ
            snapshot, paths = export_snapshot(conn), named_paths(conn)
            dump(get_settings().postgres_dsn.get_secret_value(), out / "vigil.dump", snapshot=snapshot)
        lacking = _copy_lake(paths, out / "lake") if lake().is_local else []
    for name in FOLDERS:
        if (stack.home / name).is_dir():
            shutil.copytree(stack.home / name, out / name, ignore=PARTIAL, copy_function=_copy)
    write_private(out / "secrets.json", (stack.home / "secrets.json").read_text())
    manifest = Manifest(
        made_at=datetime.now(UTC),
        has_lake=lake().is_local,
        has_s3=stack.s3 is not None,
        paths=len(paths),
        lacking=lacking,
    )
    (out / MANIFEST).write_text(json.dumps(manifest.model_dump(mode="json"), indent=2) + "\n")
    return manifest


def _copy_lake(paths: list[str], to: Path) -> list[str]:
    """Copies these paths; gives those of which there is nothing."""
    store = lake()
    lacking = []
    for path in paths:
        files = list(store.files(path))
        for file in files:
            target = to / file.path
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(store.path(file.path), target)
        if not files:
            lacking.append(path)
    return lacking


def _copy(source: str, target: str) -> None:
    """With its time stamp, which tells object versions apart; what somebody deletes meanwhile is left out."""
    with suppress(FileNotFoundError):
        shutil.copy2(source, target)
