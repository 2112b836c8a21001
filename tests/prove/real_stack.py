"""Real transactions through the running stack, and DuckDB alone over the same files, entity by entity.

    python -m tests.prove.real_stack TRANSACTIONS.csv[.gz] IMPORTANCE.csv[.gz]

Needs a running, empty stack (`make up`) and files in BankSim's columns. Feeds both through S3, waits for
Airflow, then triggers a run a configuration through Airflow's API: default thresholds with both ways to rank
weights, profile `sample`, and thresholds for which each rule finds between 5 and 500. Compares the open
detections in Postgres, with their evidence, and exits with 1 if any differ.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import duckdb
from rich.console import Console
from rich.table import Table

from include.settings import get_settings
from include.spark_jobs.rules import rules
from include.stages.start import resolve
from include.store.connection import transaction
from stack.wait import wait_until_through
from tests.airflow_api import AirflowApi
from tests.oracle.oracle import oracle
from tests.prove.real_input import CHOSEN, CONFIGURATIONS, relations

OPEN = """
    select entity || evidence as found from detections
    where dataset = 'transactions' and rule = %(rule)s and profile = %(profile)s and closed_at is null
"""


def _canonical(rows: list[dict[str, Any]], columns: list[str]) -> list[tuple[str, ...]]:
    return sorted(tuple(str(row[column]) for column in columns) for row in rows)


def _open_detections(rule: str, profile: str) -> list[dict[str, Any]]:
    with transaction() as conn:
        return [row["found"] for row in conn.execute(OPEN, {"rule": rule, "profile": profile})]


def _feed(transactions: Path, importance: Path) -> None:
    from sources.feed import feed_file

    feed_file("importance", str(importance), every=0)
    wait_until_through(600)
    feed_file("transactions", str(transactions), every=0)
    wait_until_through(1800)


def main(transactions: Path, importance: Path) -> int:
    """Feeds, triggers and compares; gives the exit code."""
    settings = get_settings()
    airflow = AirflowApi(settings)
    _feed(transactions, importance)
    con = duckdb.connect()
    events, weights = relations(con, str(transactions), str(importance), settings.transactions_epoch)
    table, wrong = Table("configuration", "rule", "open detections", "DuckDB", "verdict"), 0
    for name, overrides in CONFIGURATIONS:
        profile = "sample" if name == "profile sample" else "default"
        own = {} if profile == "sample" else overrides
        form = {f"{rule}_{key}": value for rule, values in own.items() for key, value in values.items()}
        run = airflow.trigger("transactions", {"profile": profile, **form})
        if (state := airflow.wait("transactions", run)) != "success":
            raise RuntimeError(f"the run {run} for {name} ended as {state}")
        label, parameters = resolve("transactions", profile, own)
        for rule in overrides:
            expected = oracle(rule, con, events, weights, parameters[rule])
            columns = [*rules("transactions")[rule].entity, *rules("transactions")[rule].evidence]
            found = _open_detections(rule, label)
            same = _canonical(found, columns) == _canonical(expected.to_pylist(), columns)
            wanted = name != CHOSEN or 5 <= len(found) <= 500
            wrong += not (same and wanted)
            table.add_row(
                name, rule, str(len(found)), str(expected.num_rows), "same" if same else "DIFFERENT"
            )
    wait_until_through(600)
    Console(width=120).print(table)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
