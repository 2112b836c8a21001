"""Summaries: a table each, of which a load rewrites one day."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from psycopg.sql import SQL, Identifier

from include.store.connection import Connection, sql


def replace_day(
    conn: Connection, table: str, columns: Sequence[str], day: date, rows: Iterable[Sequence[Any]]
) -> int:
    """Puts these rows, of these columns, in the place of the table's rows of the day; gives their number.

    The caller's transaction holds the lock under which a day is written once at a time.
    """
    named = Identifier(table)
    conn.execute(SQL(sql("summaries/forget")).format(table=named), {"day": day})
    listed = SQL(", ").join(Identifier(name) for name in ("day", *columns))
    written = 0
    with conn.cursor() as cursor:
        query = SQL(sql("summaries/copy")).format(table=named, columns=listed)
        with cursor.copy(query) as copy:
            for row in rows:
                copy.write_row((day, *row))
                written += 1
    return written
