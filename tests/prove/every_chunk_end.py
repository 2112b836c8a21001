"""With MAX_CHUNKS=1, all that ever held at a chunk's end is recorded: against DuckDB over the plain rows."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

import duckdb
import pandas as pd
import pyarrow as pa

from include.spark_jobs.rules import rules as known_rules
from tests.flow import run_flow
from tests.oracle.oracle import oracle
from tests.prove.balance import Episode, check_balance, episodes, expect
from tests.prove.chunks import Chunks, chunks, publish_weights, rows, weights
from tests.world import shared_servers, world

Holds = set[tuple[str, tuple[str, ...]]]


@dataclass(frozen=True)
class Recorded:
    """What a run per chunk left: each run's digest, and the episodes."""

    digests: list[str]
    episodes: list[Episode]
    epoch: date


@cache
def chunk_by_chunk() -> Recorded:
    """Lands the chunks in order and takes one in each run."""
    good = rows()
    made = chunks(good)
    with world(shared_servers()) as settings:
        publish_weights(weights(good))
        made.put()
        digests = [run_flow(max_chunks=1)["detect"]["digest"] for _ in made.files]
        check_balance(made)
        return Recorded(digests, episodes(), date.fromisoformat(settings.transactions_epoch))


def prove() -> Iterator[str]:
    """Figures: prefixes judged, entities that ever held, episodes by how they ended."""
    recorded = chunk_by_chunk()
    made = chunks(rows())
    judged = list(_judge(made, recorded.epoch))
    ever: Counter[str] = Counter(rule for rule, _ in {found for _, holds in judged for found in holds})
    expected = _fold(judged)
    expect("entities recorded", {found[:2] for found in recorded.episodes}, {found[:2] for found in expected})
    expect("episodes recorded", recorded.episodes, expected)
    ends = Counter(found[5] or "open" for found in expected)
    if set(ever) != set(known_rules("transactions")) or not ends["ended"] or not ends["retracted"]:
        raise AssertionError(f"these chunks prove nothing: {dict(ever)} ever held, and ended as {dict(ends)}")
    yield f"prefixes of chunks judged by DuckDB: {len(judged)}"
    yield f"entities that held at some chunk's end: {dict(sorted(ever.items()))}, all recorded, no other"
    yield f"episodes, each with its cuts: {dict(sorted(ends.items()))}"


def _judge(made: Chunks, epoch: date) -> Iterator[tuple[str, Holds]]:
    """For each prefix of chunks its cut, and what holds there by the rules' default parameters."""
    con = duckdb.connect()
    customers, merchants, micros = zip(*weights(rows()), strict=True)
    listed = pa.table({"customer": customers, "merchant": merchants, "weight_micro": micros})
    importance = con.from_arrow(listed)
    con.execute(
        "create table seen (event_day date, customer text, merchant text, gender text, amount_minor int8)"
    )
    newest = epoch
    for part in made.good:
        fields = [
            (epoch + timedelta(days=r.step), r.customer, r.merchant, r.gender, r.amount_minor) for r in part
        ]
        con.append("seen", _frame(fields))
        newest = max([newest, *(row[0] for row in fields)])
        holds: Holds = set()
        for rule in known_rules("transactions").values():
            found = oracle(rule.id, con, con.table("seen"), importance, rule.parameters().model_dump())
            names = [found[column].to_pylist() for column in sorted(rule.entity)]
            holds |= {(rule.id, values) for values in zip(*names, strict=True)}
        yield (newest + timedelta(days=1)).isoformat(), holds
    con.close()


def _frame(fields: list[tuple[date, str, str, str, int]]) -> pd.DataFrame:
    return pd.DataFrame(fields, columns=["event_day", "customer", "merchant", "gender", "amount_minor"])


def _fold(judged: list[tuple[str, Holds]]) -> list[Episode]:
    """The episodes that the table of ADR 1 makes of these evaluations."""
    made: dict[tuple[str, tuple[str, ...]], list[list[str]]] = defaultdict(list)
    for cut, holds in judged:
        for entity in holds | set(made):
            history = made[entity]
            last = history[-1] if history else None
            is_open = last is not None and not last[3]
            if entity in holds:
                if last is not None and (is_open or (last[3] == "ended" and last[2] == cut)):
                    last[1:] = [cut, "", ""]
                else:
                    history.append([cut, cut, "", ""])
            elif last is not None and is_open:
                last[2:] = [cut, "retracted" if last[0] == cut else "ended"]
    return sorted((rule, entity, *episode) for (rule, entity), history in made.items() for episode in history)
