"""Silences: incidents that match are recorded and not delivered, for a reason and until a date."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import get_args

from pydantic import BaseModel, ConfigDict

from include.errors import ConfigError
from include.store.connection import Connection, fetch_all, fetch_one, storable
from include.store.incidents import Kind


class Silence(BaseModel):
    """One silence, and how many open incidents it keeps quiet. `*` in the pattern stands for any text."""

    model_config = ConfigDict(frozen=True)

    silence_id: int
    pattern: str
    reason: str
    silenced_by: str
    ends_at: datetime
    quiet: int


def silence(conn: Connection, *, pattern: str, reason: str, by: str, until: datetime) -> int:
    """Silences incidents whose fingerprint matches, from now until then; gives the silence's id.

    Raises ConfigError for a pattern that names no kind of incident, an empty reason or name, or a past end.
    """
    kinds = get_args(Kind)
    if pattern.partition(":")[0] not in kinds or ":" not in pattern:
        raise ConfigError(
            f"the pattern {pattern!r} must begin with a kind and a colon, as in anomaly:transactions:*; "
            f"the kinds are {', '.join(kinds)}"
        )
    if not reason.strip() or not by.strip():
        raise ConfigError("a silence needs a reason, and who wants it, for whoever finds it later")
    if until <= datetime.now(UTC):
        raise ConfigError(f"a silence must end in the future, not at {until.isoformat()}")
    row = fetch_one(
        conn, "silences/add", pattern=storable(pattern), reason=storable(reason), by=storable(by), until=until
    )
    assert row is not None
    number: int = row["silence_id"]
    return number


def end_silence(conn: Connection, silence_id: int) -> None:
    """Ends a silence now. Raises ConfigError naming those that last if this one does not."""
    if fetch_one(conn, "silences/end", silence_id=silence_id) is None:
        lasting = ", ".join(str(one.silence_id) for one in silences(conn)) or "none"
        raise ConfigError(f"there is no silence {silence_id} that lasts; there are {lasting}")


def silences(conn: Connection) -> list[Silence]:
    """The silences that last, the one that ends next first."""
    return [Silence.model_validate(row) for row in fetch_all(conn, "silences/lasting")]
