"""Exports: which detections go into which file, fixed in the store before the file is written."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from pydantic import BaseModel, ConfigDict

from include.store.connection import Connection, execute, fetch_all, fetch_one


class ExportFile(BaseModel):
    """A file that was allotted: its number among those of its run, and its key on S3."""

    model_config = ConfigDict(frozen=True)

    run_id: int
    number: int
    key: str


class ExportRow(BaseModel):
    """One exported detection: when its run started and when it was recorded first (UTC), and what it says."""

    model_config = ConfigDict(frozen=True)

    started_at: datetime
    recorded_at: datetime
    rule: str
    entity: dict[str, str]


def lock_exports(conn: Connection, name: str) -> None:
    """Waits until no other transaction holds this name's lock, and holds it until this one ends."""
    execute(conn, "exports/lock", name=name)


def allot(conn: Connection, run_id: int, folder: str, rows: int, taken: int | None) -> list[str]:
    """Fixes the files of the episodes that a run opened, sorted by rule and entity, at most `rows` in each.

    They are `<folder>detection_<i>.csv`, `i` going on after the highest number that the store knows of this
    folder and after `taken`, the highest that S3 has, else from 0. Gives the keys.
    """
    first = _next_number(conn, folder, taken)
    allotted = fetch_all(conn, "exports/allot", run_id=run_id, folder=folder, first=first, rows=rows)
    return [row["key"] for row in allotted]


def renumber(conn: Connection, file: ExportFile, taken: int | None) -> ExportFile | None:
    """Gives a file whose key is taken the next free number of its folder; None if it is uploaded by now."""
    folder = file.key.rpartition("/")[0] + "/"
    lock_exports(conn, folder)
    row = fetch_one(
        conn,
        "exports/renumber",
        run_id=file.run_id,
        number=file.number,
        new_number=_next_number(conn, folder, taken),
        folder=folder,
    )
    return ExportFile.model_validate(row) if row else None


def pending_files(conn: Connection) -> list[ExportFile]:
    """Files not known to be at their place, of every run: one may have died before it had uploaded."""
    return [ExportFile.model_validate(row) for row in fetch_all(conn, "exports/pending")]


def mark_uploaded(conn: Connection, file: ExportFile) -> None:
    """Notes that the file is at its place."""
    execute(conn, "exports/mark_uploaded", run_id=file.run_id, number=file.number)


def file_rows(conn: Connection, file: ExportFile) -> list[ExportRow]:
    """The detections of a file, in its order: the same whenever it is asked."""
    rows = fetch_all(conn, "exports/rows", run_id=file.run_id, number=file.number)
    return [ExportRow.model_validate(row) for row in rows]


def current_rows(conn: Connection, profile: str, rules: Collection[str]) -> list[ExportRow]:
    """All detections of these rules that are open now under a profile, by rule and entity."""
    rows = fetch_all(conn, "exports/current", profile=profile, rules=sorted(rules))
    return [ExportRow.model_validate(row) for row in rows]


def _next_number(conn: Connection, folder: str, taken: int | None) -> int:
    row = fetch_one(conn, "exports/highest_number", folder=folder)
    assert row is not None
    known = [number for number in (row["number"], taken) if number is not None]
    return 1 + max(known, default=-1)
