"""`make redeliver`: a way back for dead letters, once their channel works again."""

from __future__ import annotations

from typing import Annotated

import typer

from include.store.connection import transaction
from include.store.outbox import redeliver as revive


def redeliver(
    channel: Annotated[str, typer.Option(help="log, slack, pagerduty, email or webhook; empty: all")] = "",
) -> None:
    """Try the messages anew that were given up, as if they had just been written."""
    with transaction() as conn:
        revived = revive(conn, channel)
    for name, count in sorted(revived.items()):
        typer.echo(f"{name}: {count}")
    typer.echo(f"{revived.total()} dead letters are tried again")
