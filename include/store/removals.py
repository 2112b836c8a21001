"""Removals: what was taken away of what the ledger names, by retention or an erasure. Marked is gone.

The files go a lease later, or at once where no run can be reading them.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

from pydantic import BaseModel, ConfigDict

from include.settings import get_settings
from include.store.connection import Connection, execute, fetch_all

Store = Literal["lake", "bucket"]


class Removal(BaseModel):
    """A path in the lake, or a key of the bucket, and why it goes: the variable of its days, or a receipt."""

    model_config = ConfigDict(frozen=True)

    store: Store
    path: str
    setting: str


def mark(conn: Connection, store: Store, paths: Collection[str], setting: str) -> int:
    """Takes these paths away from every reader; how many were not before."""
    return execute(conn, "removals/mark", store=store, paths=sorted(paths), setting=setting)


def due(conn: Connection) -> list[Removal]:
    """What was marked at least a lease ago: no task that began to read it before is at work any more."""
    rows = fetch_all(conn, "removals/due", lease=get_settings().run_lease_seconds)
    return [Removal.model_validate(row) for row in rows]


def done(conn: Connection, removal: Removal, *, files: int, bytes: int) -> None:
    """Notes that the files are deleted."""
    execute(conn, "removals/done", store=removal.store, path=removal.path, files=files, bytes=bytes)


def taken_away(conn: Connection, paths: Collection[str], store: Store = "lake") -> dict[str, str]:
    """Those of these paths that were taken away, whether their files are deleted yet or not, and by what.

    That is a variable by whose days they went, or an erasure's receipt.
    """
    rows = fetch_all(conn, "removals/among", store=store, paths=sorted(set(paths)))
    return {row["path"]: row["setting"] for row in rows}
