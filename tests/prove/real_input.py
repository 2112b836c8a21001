"""Real transactions and their importance file, judged by the Spark jobs and by DuckDB, entity by entity.

    python tests/prove/real_input.py TRANSACTIONS.csv[.gz] IMPORTANCE.csv[.gz] [--spark sc://host:port]

Both files are in BankSim's columns, values perhaps in single quotes, all rows valid. Prints how many of each
rule hold with default thresholds (upgrade with both ways to rank weights), with profile `sample`, and with
thresholds for which each rule finds between 5 and 500 of the 200,000 rows; exits with 1 if any verdict or
evidence differs. Without --spark it starts a server.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import duckdb
from rich.console import Console
from rich.table import Table

from include.spark_jobs.aggregates.pairs import AGGREGATE as PAIRS
from include.spark_jobs.detect import rule_digest
from include.spark_jobs.rules import rules
from include.spark_jobs.session import spark_work
from tests.oracle.oracle import oracle

TOP = {"weight_rank_within": "top_customers"}
CHOSEN = "chosen thresholds"
CONFIGURATIONS: list[tuple[str, dict[str, dict[str, Any]]]] = [
    ("default thresholds", {"upgrade": {}, "child": {}, "dei_needed": {}}),
    ("default thresholds, ranked within the top", {"upgrade": TOP}),
    ("profile sample", {rule.id: dict(rule.profiles["sample"]) for rule in rules("transactions").values()}),
    (
        CHOSEN,
        {
            "upgrade": {"min_transactions": 2000},
            "child": {"min_transactions": 50, "average_below_minor": 2600},
            "dei_needed": {"min_female": 20, "female_below_percent": 120},
        },
    ),
]


@contextmanager
def _server(remote: str | None) -> Iterator[str]:
    if remote:
        yield remote
        return
    from stack.spark import temporary_spark

    with tempfile.TemporaryDirectory() as folder, temporary_spark(Path(folder)) as started:
        yield started


def relations(
    con: duckdb.DuckDBPyConnection, transactions: str, importance: str, epoch: str
) -> tuple[Any, Any]:
    """The files as the oracle's relations: events and importance."""
    events = con.sql(
        f"""select date '{epoch}' + step::int as event_day, customer, merchant, gender,
                   (amount::decimal(18, 2) * 100)::bigint as amount_minor
            from read_csv('{transactions}', quote='''', all_varchar=true)"""
    )
    weights = con.sql(
        f"""select Source as customer, Target as merchant,
                   (Weight::decimal(18, 6) * 1000000)::bigint as weight_micro
            from read_csv('{importance}', quote='''', all_varchar=true)"""
    )
    return events, weights


def main() -> int:
    parser = argparse.ArgumentParser(description="Compare the rules on Spark and in DuckDB over real files.")
    parser.add_argument("transactions")
    parser.add_argument("importance")
    parser.add_argument("--spark", help="Spark Connect URL; one is started if absent")
    parser.add_argument("--epoch", default="2026-01-01", help="the day of step 0")
    asked = parser.parse_args()
    con = duckdb.connect()
    events, weights = relations(con, asked.transactions, asked.importance, asked.epoch)
    table = Table("configuration", "rule", "holds", "verdict")
    wrong = 0
    with (
        tempfile.TemporaryDirectory() as folder,
        _server(asked.spark) as remote,
        spark_work(remote, uuid4()) as work,
    ):
        Path(folder).chmod(0o755)
        events.select("*, 'c' as chunk_id").write_parquet(f"{folder}/events.parquet")
        weights.aggregate(
            "customer, merchant, "
            "sum(weight_micro)::bigint as weight_sum_micro, count(*)::bigint as weight_count"
        ).write_parquet(f"{folder}/importance.parquet")
        pairs = PAIRS.merge(PAIRS.delta(work.spark.read.parquet(f"{folder}/events.parquet"))).persist()
        inputs = {"pairs": pairs, "importance": work.spark.read.parquet(f"{folder}/importance.parquet")}
        for name, parameters in CONFIGURATIONS:
            for rule_id, chosen in parameters.items():
                rule = rules("transactions")[rule_id]
                typed = rule.parameters(**chosen)
                found = rule.find(inputs, typed).toArrow()
                expected = oracle(rule_id, con, events, weights, typed.model_dump())
                same = rule_digest(found) == rule_digest(expected.select(found.column_names))
                counts = name != CHOSEN or 5 <= found.num_rows <= 500
                wrong += not (same and counts)
                table.add_row(
                    name, rule_id, str(found.num_rows), "same" if same else f"DuckDB: {expected.num_rows}"
                )
        pairs.unpersist()
    Console().print(table)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
