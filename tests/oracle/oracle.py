"""The rules once more, in DuckDB SQL over plain events: written apart from the platform, to compare with it.

Transactions need event_day, customer, merchant, gender, amount_minor; importance needs customer, merchant and
weight_micro; what is judged by the day needs event_day and event_time. Each function gives a table with the
columns of the rule's evaluation, so that digests can be compared as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from include.spark_jobs.rules import rules

HERE = Path(__file__).parent


def rules_with_oracle(dataset: str) -> list[str]:
    """The rules of a dataset that people wrote; what is learned has no SQL."""
    return [rule.id for rule in rules(dataset).values() if not rule.model]


def oracle_upgrade(
    con: duckdb.DuckDBPyConnection,
    events: duckdb.DuckDBPyRelation,
    importance: duckdb.DuckDBPyRelation,
    parameters: Mapping[str, Any],
) -> pa.Table:
    """What upgrade must find."""
    importance.create_view("importance", replace=True)
    return _run(con, "upgrade", events, parameters)


def oracle_child(
    con: duckdb.DuckDBPyConnection, events: duckdb.DuckDBPyRelation, parameters: Mapping[str, Any]
) -> pa.Table:
    """What child must find."""
    return _run(con, "child", events, parameters)


def oracle_dei_needed(
    con: duckdb.DuckDBPyConnection, events: duckdb.DuckDBPyRelation, parameters: Mapping[str, Any]
) -> pa.Table:
    """What dei_needed must find."""
    return _run(con, "dei_needed", events, parameters)


def oracle(
    rule: str,
    con: duckdb.DuckDBPyConnection,
    events: duckdb.DuckDBPyRelation,
    importance: duckdb.DuckDBPyRelation,
    parameters: Mapping[str, Any],
) -> pa.Table:
    """What the rule of this id must find."""
    if rule == "upgrade":
        return oracle_upgrade(con, events, importance, parameters)
    return {"child": oracle_child, "dei_needed": oracle_dei_needed}[rule](con, events, parameters)


def oracle_of_day(
    rule: str,
    con: duckdb.DuckDBPyConnection,
    events: duckdb.DuckDBPyRelation,
    cut: date,
    parameters: Mapping[str, Any],
) -> pa.Table:
    """What a rule with a reach must find at a cut."""
    return _run(con, rule, events, {**parameters, "cut": cut})


def _run(
    con: duckdb.DuckDBPyConnection, rule: str, events: duckdb.DuckDBPyRelation, parameters: Mapping[str, Any]
) -> pa.Table:
    events.create_view("events", replace=True)
    return con.sql((HERE / f"{rule}.sql").read_text(), params=dict(parameters)).to_arrow_table()
