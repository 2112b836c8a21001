"""Batches of checked chunks, as land and check leave them, and what the oracle says of them."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from include.lake import lake
from include.spark_jobs.detect import rule_digest
from include.spark_jobs.rules import rules
from include.stages.aggregate import aggregate
from include.stages.detect import detect
from include.store.attempts import Figures, publish_attempt, start_attempt
from include.store.chunks import ChunkVerdict, record_checked
from include.store.connection import transaction
from include.store.references import publish_version
from include.store.runs import Run, Scope, open_run
from tests.oracle.oracle import oracle

# Thresholds at which the events below have findings of every rule, and non-findings beside them.
SMALL: dict[str, dict[str, Any]] = {
    "child": {"min_transactions": 4, "average_below_minor": 500},
    "dei_needed": {"min_female": 4},
    "upgrade": {"min_transactions": 40, "top_share_bp": 4000, "bottom_share_bp": 4000},
}
DAYS = [date(2026, 3, 1) + timedelta(days=n) for n in range(5)]
_numbers = count(1)


class Event(NamedTuple):
    """What the rules read of a transaction."""

    event_day: date
    customer: str
    merchant: str
    gender: str
    amount_minor: int


class Weight(NamedTuple):
    """What the rules read of a row of importance."""

    source: str
    target: str
    weight_micro: int


Rows = Sequence[Event] | Sequence[Weight]


def some_events(number: int = 600, seed: int = 7, days: Sequence[date] = DAYS) -> list[Event]:
    """Events of few customers at few merchants: ties, mixed genders, values around SMALL's thresholds."""
    dice = random.Random(seed)
    return [
        Event(
            dice.choice(days),
            customer := f"C{dice.randint(1, 24)}",
            f"M{int(dice.triangular(1, 7, 1))}",
            dice.choice("MMFEU") if dice.random() < 0.04 else "FMM"[int(customer[1:]) % 3],
            dice.choice([100, 499, 500, 501, 900]),
        )
        for _ in range(number)
    ]


def some_weights(seed: int = 7) -> list[Weight]:
    """Weights for most pairs, some with several rows; equal means are frequent."""
    dice = random.Random(seed)
    pairs = [(f"C{c}", f"M{m}") for c in range(1, 25) for m in range(1, 8) if dice.random() < 0.85]
    return [Weight(*pair, dice.randint(0, 6) * 10**6) for pair in pairs for _ in range(dice.randint(1, 3))]


def sliced(rows: Rows, parts: int) -> list[Rows]:
    """The rows in so many chunks, in their order."""
    return [rows[i * len(rows) // parts : (i + 1) * len(rows) // parts] for i in range(parts)]


def new_run(
    dataset: str = "transactions",
    *,
    dry_run: bool = False,
    cut: date | None = None,
    **parameters: Mapping[str, Any],
) -> Run:
    """A run with SMALL's thresholds, or these by rule; with a cut, of the interval that ends there."""
    number = next(_numbers)
    asked = {**SMALL, **parameters}
    scope = Scope(
        kind="interval" if cut else "chunks",
        cut=cut,
        max_chunks=1,
        max_bytes=1,
        parameters={
            rule.id: rule.parameters(**asked.get(rule.id, {})).model_dump()
            for rule in rules(dataset).values()
        },
    )
    with transaction() as conn:
        return open_run(
            conn,
            dataset=dataset,
            dag_id=dataset,
            dag_run_id=f"batch-{number}",
            started_at=datetime(2026, 4, 1, tzinfo=UTC) + timedelta(seconds=number),
            dry_run=dry_run,
            profile="default",
            scope=scope,
        )


def checked(run: Run, chunks: Sequence[Rows], held: Sequence[Rows] = ()) -> list[str]:
    """Leaves these chunks as check would: their rows in one folder, their verdicts in the ledger.

    A chunk without rows stands for one of which every row was quarantined.
    """
    with transaction() as conn:
        attempt = start_attempt(conn, run.run_id, "check")
    folder = f"events/{run.dataset}/{attempt.folder}"
    rows = {_chunk_id(run, number): chunk for number, chunk in enumerate([*chunks, *held])}
    ids = list(rows)
    if any(rows.values()):
        _write(run.dataset, folder, rows)
    with transaction() as conn:
        publish_attempt(
            conn, attempt, {"checked": ids[: len(chunks)], "events_path": folder}, output=None, operations=[]
        )
        if not run.dry_run:
            for chunk_id in ids:
                conn.execute(
                    "insert into chunks (dataset, chunk_id, bytes, first_key, status, run_id)"
                    " values (%s, %s, 1, %s, 'landed', %s)",
                    (run.dataset, chunk_id, chunk_id[:8], run.run_id),
                )
            verdicts = [
                _verdict(chunk_id, rows[chunk_id], folder, i < len(chunks)) for i, chunk_id in enumerate(ids)
            ]
            record_checked(conn, run.run_id, verdicts)
    return ids


def detected(chunks: Sequence[Rows], **asked: Any) -> tuple[Figures, Figures]:
    """A run over these chunks from checked to detected: the figures of aggregate and of detect."""
    run = new_run(**asked)
    checked(run, chunks)
    return aggregate(run.run_id), detect(run.run_id)


def published(weights: Sequence[Weight]) -> str:
    """Publishes these weights as a version of importance, as its own flow would; gives the version's id."""
    sums: dict[tuple[str, str], list[int]] = defaultdict(list)
    for weight in weights:
        sums[weight.source, weight.target].append(weight.weight_micro)
    rows = [
        {"customer": c, "merchant": m, "weight_sum_micro": sum(all_of), "weight_count": len(all_of)}
        for (c, m), all_of in sums.items()
    ]
    run = new_run("importance")
    version, path = _chunk_id(run, 0), f"reference/importance/run={run.run_id}"
    Path(lake().path(path)).mkdir(parents=True)
    pq.write_table(pa.Table.from_pylist(rows), f"{lake().path(path)}/part.parquet")
    with transaction() as conn:
        publish_version(conn, "importance", version, path, len(rows), run.run_id)
    return version


def expected(
    rule: str, events: Sequence[Event], weights: Sequence[Weight], parameters: Mapping[str, Any] | None = None
) -> pa.Table:
    """What the oracle says that the rule finds in these events."""
    typed = rules()[rule].parameters(**(SMALL[rule] if parameters is None else parameters)).model_dump()
    con = duckdb.connect()
    happened = con.from_arrow(_table(Event, events))
    important = con.from_arrow(
        _table(Weight, weights).rename_columns(["customer", "merchant", "weight_micro"])
    )
    return oracle(rule, con, happened, important, typed)


def expected_digests(events: Sequence[Event], weights: Sequence[Weight]) -> dict[str, str]:
    """The digest by rule that these events must give with SMALL's thresholds."""
    return {rule: rule_digest(expected(rule, events, weights)) for rule in SMALL}


def digests(figures: Figures) -> dict[str, str]:
    """The digest by rule of a run's detect figures."""
    return {rule: found["digest"] for rule, found in figures["rules"].items()}


def _table(kind: type[Event] | type[Weight], rows: Rows) -> pa.Table:
    types = {"event_day": pa.date32(), "amount_minor": pa.int64(), "weight_micro": pa.int64()}
    schema = pa.schema([(name, types.get(name, pa.string())) for name in kind._fields])
    return pa.Table.from_pylist([row._asdict() for row in rows], schema=schema)


def _write(dataset: str, folder: str, chunks: Mapping[str, Rows]) -> None:
    kind, days = (Weight, []) if dataset == "importance" else (Event, [("event_day", pa.date32())])
    tables = [
        _table(kind, rows).append_column("chunk_id", pa.array([chunk_id] * len(rows), pa.string()))
        for chunk_id, rows in chunks.items()
    ]
    ds.write_dataset(
        pa.concat_tables(tables),
        lake().path(folder),
        format="parquet",
        partitioning=ds.partitioning(pa.schema(days), flavor="hive"),
    )


def _chunk_id(run: Run, number: int) -> str:
    return sha256(f"{run.run_id} {number}".encode()).hexdigest()


def _verdict(chunk_id: str, rows: Rows, folder: str, good: bool) -> ChunkVerdict:
    days = [row.event_day for row in rows if isinstance(row, Event)] if good else []
    return ChunkVerdict(
        chunk_id,
        "checked" if good else "held",
        rows_in=len(rows) or 1,
        rows_loaded=len(rows) if good else 0,
        rows_quarantined=0 if rows else 1,
        rows_duplicate=0,
        rows_held=0 if good else len(rows),
        first_day=min(days, default=None),
        last_day=max(days, default=None),
        events_path=folder if rows else None,
    )
