"""The command line: each command is one module's function, imported only when it is called."""

from __future__ import annotations

import os
import shutil
import sys
import time
from importlib import import_module
from typing import Annotated, NoReturn

import typer
from pydantic import ValidationError
from rich.console import Console

from include.errors import VigilError

# Commands that live in modules of their own: command -> module and its function.
_ELSEWHERE = {
    "feed": ("sources.feed", "feed"),
    "wait": ("stack.wait", "wait"),
    "status": ("stack.status", "status"),
    "metrics": ("stack.metrics", "metrics"),
    "demo": ("stack.demo", "demo"),
    "digest": ("stack.digest", "digest"),
    "explain": ("stack.explain", "explain"),
    "results": ("stack.results", "results"),
    "quarantine": ("stack.quarantine", "quarantine"),
    "redrive": ("stack.redrive", "redrive"),
    "replay": ("stack.replay", "replay"),
    "train": ("stack.train", "train"),
    "rerun": ("stack.rerun", "rerun"),
    "backfill": ("stack.backfill", "backfill"),
    "redeliver": ("stack.redeliver", "redeliver"),
    "resolve": ("stack.resolve", "resolve"),
    "reveal": ("stack.reveal", "reveal"),
    "erase": ("stack.erase", "erase"),
    "rotate-key": ("stack.rotate_key", "rotate_key"),
    "secrets": ("stack.containers", "secrets"),
    "init": ("stack.containers", "init"),
    "spark": ("stack.containers", "spark"),
    "silence": ("stack.silence", "silence"),
    "retention": ("stack.retention", "retention"),
    "new-dataset": ("stack.new_dataset", "new_dataset"),
    "backup": ("stack.backup", "backup"),
    "restore": ("stack.restore", "restore"),
}

# All but the long ones do not wait long for a service that is down, unless told otherwise.
_SHORT = _ELSEWHERE.keys() - {"feed", "demo", "init", "spark", "erase", "retention", "backup", "restore"}
_IMPATIENT = {"VIGIL_POSTGRES_PATIENCE": "3", "VIGIL_S3_TRIES": "2"}

console = Console(stderr=True, highlight=False)


app = typer.Typer(
    epilog="And: " + ", ".join(_ELSEWHERE),
    add_completion=False,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
)


@app.command()
def up(
    only: Annotated[list[str] | None, typer.Option(help="only this service (may be repeated)")] = None,
) -> None:
    """Start every service and wait until each is ready."""
    from stack.up import up as start

    began = time.monotonic()
    stack = start(console, only or ())
    console.print(f"Up after {time.monotonic() - began:.1f} s")
    if not only:
        console.print(f"  Airflow    {stack.airflow.url}  (user admin, password: `make env`)")
        console.print(f"  Data Docs  {stack.docs.url}")


@app.command()
def down() -> None:
    """Stop every service; the data is kept."""
    from stack.down import down as stop

    console.print("Stopped" if stop(console) else "Nothing was running")


@app.command()
def clean(yes: Annotated[bool, typer.Option("--yes", help="do not ask")] = False) -> None:
    """Stop every service and delete all data of this checkout."""
    from stack.config import stack_settings
    from stack.down import down as stop

    home = stack_settings().home
    if not home.exists():
        console.print(f"Nothing to delete: {home} does not exist")
        return
    if not yes:
        typer.confirm(f"Delete all data in {home}?", abort=True, err=True)
    stop(console)
    shutil.rmtree(home)
    console.print(f"Deleted {home}")


@app.command()
def env() -> None:
    """Print shell exports for outside tools: S3, Postgres, Spark, Airflow."""
    from include.settings import get_settings
    from stack.checkout import load_stack
    from stack.config import stack_settings
    from stack.exports import exports

    stack = load_stack(stack_settings())
    sys.stdout.write(exports(stack, get_settings()))


def main() -> None:
    """Run a command; the platform's own errors and services out of reach end it with a message and status 1.

    Ctrl-C ends it with 130.
    """
    if len(sys.argv) > 1 and sys.argv[1] in _ELSEWHERE:
        module, function = _ELSEWHERE[sys.argv[1]]
        if sys.argv[1] in _SHORT:
            for name, value in _IMPATIENT.items():
                os.environ.setdefault(name, value)
        app.command(sys.argv[1])(getattr(import_module(module), function))
    try:
        app()
    except KeyboardInterrupt:
        console.print("Interrupted")
        sys.exit(130)
    except (VigilError, ValidationError) as error:
        _fail(str(error))
    except Exception as error:
        from stack.outage import in_words

        if (words := in_words(error)) is None:
            raise
        _fail(words)


def _fail(message: str) -> NoReturn:
    console.print(message, style="red", markup=False, soft_wrap=True)
    sys.exit(1)
