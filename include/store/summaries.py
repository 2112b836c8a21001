"""Summaries: a table each, of which a load rewrites one day."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, NamedTuple

from psycopg.sql import SQL, Identifier

from include.store.connection import Connection, execute, fetch_all, sql


class OldDay(NamedTuple):
    """A day of a table, and the paths in the lake of what was evaluated for it."""

    day: date
    paths: list[str]


def replace_day(
    conn: Connection, table: str, columns: Sequence[str], day: date, rows: Iterable[Sequence[Any]]
) -> int:
    """Puts these rows, of these columns, in the place of the table's rows of the day; gives their number.

    The caller's transaction holds the lock under which a day is written once at a time.
    """
    forget_day(conn, table, day)
    listed = SQL(", ").join(Identifier(name) for name in ("day", *columns))
    written = 0
    with conn.cursor() as cursor:
        query = SQL(sql("summaries/copy")).format(table=Identifier(table), columns=listed)
        with cursor.copy(query) as copy:
            for row in rows:
                copy.write_row((day, *row))
                written += 1
    return written


def forget_day(conn: Connection, table: str, day: date) -> None:
    """Takes the table's rows of the day out."""
    conn.execute(SQL(sql("summaries/forget")).format(table=Identifier(table)), {"day": day})


def lock_table(conn: Connection, dataset: str, table: str, profile: str) -> None:
    """Waits until no load writes the table, and keeps loads waiting until this transaction ends."""
    execute(conn, "detections/lock", dataset=dataset, rule=table, profile=profile)


def old_days(conn: Connection, dataset: str, table: str, days: float) -> list[OldDay]:
    """The table's days that were last evaluated so many days ago, and not taken out yet."""
    rows = fetch_all(conn, "summaries/old_days", dataset=dataset, table=table, days=days)
    return [OldDay(row["day"], row["paths"]) for row in rows]
