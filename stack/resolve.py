"""`make resolve`: a person says that an incident is over."""

from __future__ import annotations

from typing import Annotated

import typer

from include.errors import ConfigError
from include.store.connection import transaction
from include.store.incidents import resolve_incident


def resolve(
    id: Annotated[int, typer.Option(help="the incident's number, as in its message")],
    reason: Annotated[str, typer.Option(help="why, for those who read of it")] = "a person says so",
) -> None:
    """End an incident; that is announced wherever it was. What is reported again then opens it anew."""
    with transaction() as conn:
        if not resolve_incident(conn, id, body={"reason": reason}):
            raise ConfigError(f"there is no open incident {id}; `make status` counts those that are")
    typer.echo(f"incident {id} is resolved")
