"""`make silence`: incidents that are known already are recorded and not delivered for a while."""

from __future__ import annotations

import getpass
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from include.errors import ConfigError
from include.store import silences
from include.store.connection import transaction


def silence(
    pattern: Annotated[
        str, typer.Option(help="a fingerprint, * for any text: anomaly:transactions:*; empty: list them")
    ] = "",
    reason: Annotated[str, typer.Option(help="why, for whoever finds it later")] = "",
    until: Annotated[str, typer.Option(help="a day (to its end, UTC) or an instant with a zone")] = "",
    by: Annotated[str, typer.Option(help="who wants it; empty: the user of this machine")] = "",
    id: Annotated[int | None, typer.Option(help="end this silence now")] = None,
) -> None:
    """Silence incidents until a date, end a silence, or list those that last."""
    console = Console(stderr=True, highlight=False)
    with transaction() as conn:
        if id is not None:
            silences.end_silence(conn, id)
            console.print(f"Silence {id} has ended")
        elif pattern:
            ends = end_of(until)
            who = by or getpass.getuser()
            number = silences.silence(conn, pattern=pattern, reason=reason, by=who, until=ends)
            console.print(f"Silence {number} lasts until {ends:%Y-%m-%d %H:%M} UTC", markup=False)
        lasting = silences.silences(conn)
    table = Table("id", "pattern", "until (UTC)", "by", "reason", "kept quiet", box=box.SIMPLE)
    for one in lasting:
        ends = one.ends_at.astimezone(UTC)
        table.add_row(
            str(one.silence_id),
            one.pattern,
            f"{ends:%Y-%m-%d %H:%M}",
            one.silenced_by,
            one.reason,
            str(one.quiet),
        )
    Console(highlight=False, markup=False).print(table if lasting else "No silence lasts")


def end_of(until: str) -> datetime:
    """The instant that is meant: a day is silent to its end, UTC.

    Raises ConfigError for anything but a day, or an instant with a zone.
    """
    try:
        moment = datetime.fromisoformat(until)
    except ValueError as error:
        raise ConfigError(
            f"UNTIL must be a day like 2026-03-31, or an instant like 2026-03-31T18:00+05:30, not {until!r}"
        ) from error
    if len(until) == len("2026-03-31"):
        return moment.replace(tzinfo=UTC) + timedelta(days=1)
    if moment.tzinfo is None:
        raise ConfigError(f"UNTIL {until!r} has no time zone; write Z for UTC, or +05:30")
    return moment.astimezone(UTC)
