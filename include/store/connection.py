"""Connections to the platform's own Postgres, and the text of its queries."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, LiteralString

import psycopg
from psycopg.rows import DictRow, dict_row
from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_exponential_jitter

from include.errors import ConfigError
from include.settings import get_settings

SQL_DIR = Path(__file__).resolve().parent.parent / "sql"

Connection = psycopg.Connection[DictRow]
Row = dict[str, Any]


def storable(text: str) -> str:
    """The text with what Postgres cannot keep, NUL and halves of surrogate pairs, replaced."""
    return text.encode(errors="replace").decode().replace("\0", "\ufffd")


@cache
def sql(name: str) -> LiteralString:
    """The text of `include/sql/<name>.sql`, a query whose values are bound by name."""
    return (SQL_DIR / f"{name}.sql").read_text()


@contextmanager
def transaction() -> Iterator[Connection]:
    """One transaction on a connection of its own: committed at the end, rolled back on any error.

    A server that cannot be reached is tried again for `postgres_patience` seconds, since a restart is no
    reason to fail a run; then psycopg.OperationalError. An error inside the transaction is never retried
    here: the caller knows what is safe. Raises ConfigError when no VIGIL_POSTGRES_DSN is set.
    """
    settings = get_settings()
    dsn = settings.postgres_dsn.get_secret_value()
    if not dsn:
        raise ConfigError("VIGIL_POSTGRES_DSN is empty: start the stack with `make up`, or set it in .env")
    retrying = Retrying(
        retry=retry_if_exception_type(psycopg.OperationalError),
        stop=stop_after_delay(settings.postgres_patience),
        wait=wait_exponential_jitter(multiplier=0.2, max=5),
        reraise=True,
    )
    connection: Connection = retrying(
        psycopg.connect, dsn, row_factory=dict_row, connect_timeout=10, options="-c timezone=UTC"
    )
    with connection:
        yield connection


def fetch_one(conn: Connection, query: str, **values: object) -> Row | None:
    """The first row of the named query, or None."""
    return conn.execute(sql(query), values).fetchone()


def fetch_all(conn: Connection, query: str, **values: object) -> list[Row]:
    """All rows of the named query."""
    return conn.execute(sql(query), values).fetchall()


def execute(conn: Connection, query: str, **values: object) -> int:
    """Runs the named query and gives the number of rows that it changed."""
    return conn.execute(sql(query), values).rowcount
