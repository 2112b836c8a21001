"""Generated behaviours, shuffled, late and twice: rules find whom they must, and all is as DuckDB has it."""

from __future__ import annotations

import json
import random
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from psycopg.sql import SQL, Identifier

from include.datasets import contract
from include.datasets.contract import ORIGIN
from include.lake import lake
from include.spark_jobs.pseudonyms import parse_keys, pseudonym
from include.spark_jobs.rules import rules
from include.spark_jobs.summaries import summaries
from include.store.connection import transaction
from include.store.evaluations import Evaluation, newest_evaluations
from sources.behaviours import SHAPES, generate, make
from sources.behaviours.truth import Truth
from stack.judged import Names
from tests.flow import put, run_flow
from tests.oracle.oracle import oracle_of_day, rules_with_oracle
from tests.prove.balance import expect
from tests.world import shared_servers, world

SECRET = "a secret of the proofs, of 32 characters"
KEYS = json.dumps({"1970-01-01": SECRET})
# Of which 4 % are bad: over 300,000 good ones.
ROWS, CHUNKS, SEED = 320_000, 32, 11
TWICE, RUNS = 8, 4
ONE_DAY = timedelta(days=1)


def prove() -> Iterator[str]:
    """By dataset its rows and cuts; by rule planted and found entities over all days, by table its rows."""
    for dataset in SHAPES:
        yield from prove_dataset(dataset, ROWS, CHUNKS)


def prove_dataset(dataset: str, rows: int, chunks: int) -> Iterator[str]:
    """The proof for one dataset of so many rows, in so many chunks."""
    with tempfile.TemporaryDirectory(prefix="vigil behaviours ") as name:
        truth = generate(dataset, Path(name), seed=SEED, rows=rows, chunks=chunks)
        events = as_published(dataset, make(dataset, seed=SEED, rows=rows).events)
        with world(shared_servers(), pseudonym_keys=KEYS):
            _feed(dataset, truth)
            _check_rows(dataset, truth)
            cuts = [day + ONE_DAY for day in truth.days]
            found = {cut: _evaluations(dataset, cut) for cut in cuts}
            good = truth.rows - sum(truth.bad.values())
            yield (
                f"{dataset}: {truth.rows:,} rows, {good:,} of them good, in {chunks} chunks, {TWICE} of them "
                f"twice; {len(cuts)} cuts"
            )
            for rule in rules_with_oracle(dataset):
                yield _check_rule(dataset, rule, truth, events, found)
            for table in summaries(dataset):
                yield _check_table(dataset, table, events, found)


@cache
def _stands_for(kind: str, value: str) -> str:
    return pseudonym(SECRET.encode(), kind, value)


def as_published(dataset: str, events: pa.Table) -> pa.Table:
    """The events with pseudonyms in the place of personal values."""
    for field in contract(dataset).fields:
        if field.personal and field.name in events.column_names:
            clear = events[field.name].to_pylist()
            hidden = [None if value is None else _stands_for(field.personal, value) for value in clear]
            place = events.column_names.index(field.name)
            events = events.set_column(place, field.name, pa.array(hidden, pa.string()))
    # Where each comes to lie is known to nobody before it is written.
    for name in ORIGIN:
        events = events.append_column(name, pa.nulls(len(events)))
    return events


def _feed(dataset: str, truth: Truth) -> None:
    """Lands the chunks in any order, some of them a second time under other names, in a few runs."""
    dice = random.Random(SEED)
    order = dice.sample(truth.files, len(truth.files))
    again = dice.sample(truth.files, TWICE)
    landing = [(path.name, path) for path in order] + [(f"again_{path.name}", path) for path in again]
    for name, path in dice.sample(landing, len(landing)):
        put(dataset, name, path.read_bytes())
    for _ in range(RUNS):
        run_flow(dataset, max_chunks=len(landing) // RUNS)
    figures = run_flow(dataset)
    expect("unseen objects left", figures["land"]["more"], False)


def _check_rows(dataset: str, truth: Truth) -> None:
    with transaction() as conn:
        ledger = conn.execute("select * from chunks where dataset = %s", [dataset]).fetchall()
        checks = conn.execute("select figures from attempts where stage = 'check'").fetchall()
    expect("statuses", {chunk["status"] for chunk in ledger}, {"aggregated"})
    fates = {fate: sum(chunk[f"rows_{fate}"] for chunk in ledger) for fate in ("in", "loaded", "quarantined")}
    bad = sum(truth.bad.values())
    expect("rows", fates, {"in": truth.rows, "loaded": truth.rows - bad, "quarantined": bad})
    reasons: Counter[str] = Counter()
    for check in checks:
        reasons.update((check["figures"] or {}).get("reasons", {}))
    expect("rows by reason", dict(reasons), truth.bad)


def _evaluations(dataset: str, cut: date) -> dict[str, Evaluation]:
    with transaction() as conn:
        return {one.rule: one for one in newest_evaluations(conn, dataset, "default", cut)}


def _rows(evaluation: Evaluation) -> list[dict[str, Any]]:
    return lake().read_parquet(evaluation.path).to_pylist() if evaluation.holds else []


def _oracle(name: str, events: pa.Table, cut: date, parameters: Mapping[str, Any]) -> list[dict[str, Any]]:
    con = duckdb.connect()
    con.execute("set timezone = 'UTC'")
    rows: list[dict[str, Any]] = oracle_of_day(name, con, con.from_arrow(events), cut, parameters).to_pylist()
    return rows


def _alike(rows: list[dict[str, Any]]) -> list[str]:
    """The rows as sorted text, but for where they came in."""
    said = ({name: value for name, value in row.items() if name not in ORIGIN} for row in rows)
    return sorted(json.dumps(row, sort_keys=True, default=str) for row in said)


def _check_rule(
    dataset: str, name: str, truth: Truth, events: pa.Table, found: Mapping[date, Mapping[str, Evaluation]]
) -> str:
    """The rule's entities, day by day, beside DuckDB's and beside those that were planted for it."""
    rule, keys = rules(dataset)[name], parse_keys(KEYS)
    assert keys is not None
    names = Names.of(dataset, keys)
    planted: set[tuple[date, str]] = set()
    held: set[tuple[date, str]] = set()
    expect(f"whether {name} is evaluated at the last cut", name in found[max(found)], True)
    for cut, evaluations in found.items():
        if rule.reach is None and name not in evaluations:
            continue  # what counts since ever is asked at the cuts of runs
        rows, day = _rows(evaluations[name]), cut - ONE_DAY
        expected = _oracle(name, events, cut, rule.parameters().model_dump())
        expect(f"{name} at {cut}", _alike(rows), _alike(expected))
        held |= {(day, names.found({part: row[part] for part in rule.entity})) for row in rows}
        planted |= {(day, names.planted(entity, day)) for entity in truth.detections[name][day]}
    if not planted:
        raise AssertionError(f"nothing is planted for {name}, so this proves nothing")
    false_alarms, missed = held - planted, planted - held
    figures = (
        f"{dataset}: {name}: planted {len(planted)}, found {len(held)}, false alarms {len(false_alarms)}, "
        f"missed {len(missed)}"
    )
    if false_alarms or missed:
        raise AssertionError(f"{figures}: false alarms {sorted(false_alarms)}, missed {sorted(missed)}")
    return figures


def _in_postgres(name: str, day: date) -> int:
    with transaction() as conn:
        query = SQL("select count(*) as n from {} where day = %s").format(Identifier(name))
        row = conn.execute(query, [day]).fetchone()
    assert row is not None
    count: int = row["n"]
    return count


def _check_table(
    dataset: str, name: str, events: pa.Table, found: Mapping[date, Mapping[str, Evaluation]]
) -> str:
    total = 0
    for cut, evaluations in found.items():
        rows = _rows(evaluations[name])
        expect(f"{name} at {cut}", _alike(rows), _alike(_oracle(name, events, cut, {})))
        expect(f"rows of {name} at {cut} in Postgres", _in_postgres(name, cut - ONE_DAY), len(rows))
        total += len(rows)
    if not total:
        raise AssertionError(f"{name} is empty, so this proves nothing")
    return f"{dataset}: table {name}: {total:,} rows as DuckDB has them"
