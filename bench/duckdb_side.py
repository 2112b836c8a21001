"""The other side: the same rules in DuckDB SQL over all events, in a process of its own.

`python -m bench.duckdb_side LAKE CUT REFERENCE BATCH…` prints one JSON object: the digest and how much each
rule found. The batches are folders of events in the lake.
"""

from __future__ import annotations

import json
import sys
from datetime import date

import duckdb

from include.spark_jobs.detect import RuleVerdict, cut_digest, rule_digest
from include.spark_jobs.rules import rules
from tests.oracle.oracle import oracle


def main(lake: str, cut: date, reference: str, batches: list[str]) -> None:
    """Evaluates every rule by its default parameters."""
    holds, verdicts = {}, []
    with duckdb.connect() as con:
        files = [f"{lake}/{batch}/*/*.parquet" for batch in batches]
        events = con.read_parquet(files, hive_partitioning=True)
        events = events.filter(f"event_day < date '{cut}'")
        weights = con.read_parquet(f"{lake}/weights.parquet")
        for rule in rules("transactions").values():
            parameters = rule.parameters().model_dump(mode="json")
            found = oracle(rule.id, con, events, weights, parameters)
            holds[rule.id] = found.num_rows
            used = reference if rule.reference else ""
            verdicts.append(RuleVerdict(rule.id, rule.version, parameters, used, rule_digest(found)))
    print(json.dumps({"digest": cut_digest(verdicts), "holds": holds}))


if __name__ == "__main__":
    main(sys.argv[1], date.fromisoformat(sys.argv[2]), sys.argv[3], sys.argv[4:])
