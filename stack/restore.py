"""`make restore`: a backup becomes the state of an empty home, to be started with `make up`."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Annotated

import psycopg
import typer
from psycopg.rows import dict_row
from pydantic import ValidationError
from rich.console import Console

from include.errors import StackError
from include.lake import Lake, lake
from include.store.retention import named_paths
from stack.backup import DATABASES, FOLDERS, MANIFEST, Manifest
from stack.checkout import exclusive
from stack.config import stack_settings
from stack.credentials import load_credentials, write_private
from stack.dumps import load
from stack.postgres import STOP_SIGNAL, Postgres, ensure_database
from stack.process import free_port, running


def restore(
    source: Annotated[Path, typer.Option(help="the folder that `make backup` made")],
) -> None:
    """Put a backup into this checkout's home, which must be empty; `make up` then starts it."""
    console = Console(stderr=True, highlight=False)
    home = stack_settings().home
    manifest = _manifest(source)
    with exclusive(home, console):
        if there := [name for name in ("postgres", "secrets.json", *FOLDERS) if (home / name).exists()]:
            raise StackError(
                f"{home} holds {', '.join(there)} already; restore into another VIGIL_HOME, or `make clean`"
            )
        if manifest.has_lake and (not lake().is_local or Path(lake().root).exists()):
            raise StackError(f"the backup holds a lake, and {lake().root} is not a folder to be made for it")
        _restore(source, home, manifest)
    console.print(f"Restored into {home}, as of {manifest.made_at:%Y-%m-%d %H:%M} UTC; `make up` starts it")


def _manifest(source: Path) -> Manifest:
    try:
        return Manifest.model_validate_json((source / MANIFEST).read_text())
    except (OSError, ValidationError) as error:
        raise StackError(f"{source} is not a complete backup: {error}") from error


def _restore(source: Path, home: Path, manifest: Manifest) -> None:
    """Puts everything together aside, and moves it to its places last."""
    aside = home / "restoring"
    if aside.exists():
        shutil.rmtree(aside)
    for name in ("lake", *FOLDERS):
        if (source / name).is_dir():
            shutil.copytree(source / name, aside / name)
    named = _fill_databases(source, aside / "postgres", home / "logs" / "restore.log")
    if manifest.has_lake:
        (aside / "lake").mkdir(parents=True, exist_ok=True)
        _insist_complete(Lake(str(aside / "lake")), named, manifest)
        Path(lake().root).parent.mkdir(parents=True, exist_ok=True)
        shutil.move(aside / "lake", lake().root)
    for name in (*FOLDERS, "postgres"):
        if (aside / name).exists():
            (aside / name).rename(home / name)
    write_private(home / "secrets.json", (source / "secrets.json").read_text())
    aside.rmdir()


def _fill_databases(source: Path, data: Path, log: Path) -> list[str]:
    """Both databases in a new cluster, owned by their roles; gives the paths that the ledger names."""
    credentials = load_credentials(source / "secrets.json")
    passwords = (credentials.postgres_airflow_password, credentials.postgres_vigil_password)
    server = Postgres(data, free_port(), credentials.postgres_password)
    server.initdb()
    with running("postgres", server.command(), log=log, ready=server.ready, stop=STOP_SIGNAL):
        for name, password in zip(DATABASES, passwords, strict=True):
            ensure_database(server.url(), name, password)
            load(server.url(name), source / f"{name}.dump", owner=name)
        with psycopg.connect(server.url("vigil"), row_factory=dict_row) as conn:
            return named_paths(conn)


def _insist_complete(restored: Lake, named: list[str], manifest: Manifest) -> None:
    """Raises StackError if files are missing that the backup had."""
    missing = [path for path in named if path not in manifest.lacking and not restored.exists(path)]
    if missing:
        few = ", ".join(missing[:3])
        raise StackError(
            f"the backup lacks {len(missing)} paths that its ledger names: {few}; nothing was restored"
        )
