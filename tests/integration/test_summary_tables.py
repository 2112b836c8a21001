"""The tables of summaries: columns as declared, and days that are replaced whole and apart."""

from __future__ import annotations

from datetime import date

import pytest

from include.spark_jobs.summaries import summaries
from include.spark_jobs.summaries.summary import Summary
from include.store.connection import transaction
from include.store.summaries import replace_day

pytestmark = [pytest.mark.postgres, pytest.mark.usefixtures("database")]

TYPES = {
    "string": "text",
    "bigint": "bigint",
    "int": "integer",
    "boolean": "boolean",
    "date": "date",
    "timestamp": "timestamp with time zone",
}
FIRST, SECOND = date(2026, 3, 1), date(2026, 3, 2)


@pytest.mark.parametrize("summary", summaries().values(), ids=lambda summary: summary.name)
def test_a_table_has_the_columns_of_its_summary(summary: Summary) -> None:
    with transaction() as conn:
        columns = conn.execute(
            "select column_name, data_type, is_nullable from information_schema.columns"
            " where table_name = %s order by ordinal_position",
            [summary.name],
        ).fetchall()
        key = conn.execute(
            "select a.attname as name from pg_index i"
            " join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any(i.indkey)"
            " where i.indrelid = %s::regclass and i.indisprimary",
            [summary.name],
        ).fetchall()
    declared = {"day": "date"} | {name: TYPES[column.type] for name, column in summary.columns.items()}
    assert {row["column_name"]: row["data_type"] for row in columns} == declared
    assert list(declared) == [row["column_name"] for row in columns]
    optional = {name for name, column in summary.columns.items() if column.optional}
    assert {row["column_name"] for row in columns if row["is_nullable"] == "YES"} == optional
    assert {row["name"] for row in key} == {"day", *summary.key}


def test_a_day_is_replaced_and_no_other() -> None:
    name, columns = "contact_requests_by_type", ["request_type", "request_count"]
    with transaction() as conn:
        assert replace_day(conn, name, columns, FIRST, [("backend", 3), ("user", 1)]) == 2
        replace_day(conn, name, columns, SECOND, [("user", 5)])
        replace_day(conn, name, columns, FIRST, [("user", 2)])
        rows = conn.execute("select * from contact_requests_by_type order by day, request_type").fetchall()
    assert [tuple(row.values()) for row in rows] == [(FIRST, "user", 2), (SECOND, "user", 5)]
