"""Quarantine: how many rows lie in it, of which chunks and why, and what else was stopped."""

from __future__ import annotations

from pydantic import BaseModel

from include.store.chunks import Status
from include.store.connection import Connection, fetch_all


class Quarantined(BaseModel):
    """Quarantined rows of one chunk with one reason, and how many of them were corrected."""

    chunk_id: str
    first_key: str
    status: Status
    reason: str
    rows: int
    corrected: int


class Stopped(BaseModel):
    """A chunk that is held or unreadable, and why.

    `held` rows (None: not known) were good; `over`: no run is at work on it.
    """

    chunk_id: str
    first_key: str
    status: Status
    reason: str
    held: int | None
    over: bool


def quarantined(conn: Connection, dataset: str, chunk: str = "", reason: str = "") -> list[Quarantined]:
    """The counts, in the order of landing; `chunk`: of those whose id begins so; `reason`: of that alone."""
    rows = fetch_all(conn, "quarantine/counts", dataset=dataset, chunk=chunk, reason=reason)
    return [Quarantined.model_validate(row) for row in rows]


def stopped(conn: Connection, dataset: str, chunk: str = "") -> list[Stopped]:
    """The chunks that are held or unreadable, all or those whose id begins so, in the order of landing."""
    rows = fetch_all(conn, "quarantine/stopped", dataset=dataset, chunk=chunk)
    return [Stopped.model_validate(row) for row in rows]


def quarantine_paths(conn: Connection, dataset: str, chunk: str = "") -> dict[str, str]:
    """{chunk id: lake path of its quarantined rows}, in the order of landing; `chunk` as for the counts."""
    rows = fetch_all(conn, "quarantine/paths", dataset=dataset, chunk=chunk)
    return {row["chunk_id"]: row["quarantine_path"] for row in rows}
