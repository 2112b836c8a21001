"""`make retention`: the same as the DAG `retention`, now and at the terminal."""

from __future__ import annotations

from typing import Annotated

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from include.stages.collect import collect
from include.stages.expire import expire


def retention(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="delete nothing, say what would go")] = False,
) -> None:
    """Delete what nothing published, what was marked before; mark what is older than its retention."""
    collected = collect(dry_run)
    expired = expire(dry_run)
    console = Console(highlight=False)
    would = "would be " if dry_run else ""
    for title, amounts in [
        (f"unpublished, {would}deleted", collected),
        (f"marked before, {would}deleted", expired["deleted"]),
        (f"old, {would}marked", expired["marked"]),
    ]:
        table = Table(title, "paths", "files", "bytes", box=box.SIMPLE_HEAD)
        for kind, amount in amounts.items():
            table.add_row(kind, *(f"{amount[name]:,}" for name in ("paths", "files", "bytes")))
        if not amounts:
            table.add_row("nothing", "", "", "")
        console.print(table)
