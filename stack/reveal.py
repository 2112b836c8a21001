"""`make reveal`: what a pseudonym stands for, to whom VIGIL_REVEALERS names; every attempt is on record."""

from __future__ import annotations

import sys
from typing import Annotated

import typer
from rich.console import Console

from include.stages.reveal import reveal as ask


def reveal(
    pseudonym: Annotated[str, typer.Option(help="the pseudonym, as phone_…")] = "",
    by: Annotated[str, typer.Option(help="who asks; one of VIGIL_REVEALERS")] = "",
    reason: Annotated[str, typer.Option(help="why, for whoever reads the record")] = "",
) -> None:
    """Print what a pseudonym stands for."""
    value = ask(pseudonym, by=by, reason=reason)
    if value is None:
        Console(stderr=True).print("The vault does not know it: it was erased, or never was. On record.")
        raise typer.Exit(1)
    # not through rich, which would colour and wrap it
    sys.stdout.write(f"{value}\n")
