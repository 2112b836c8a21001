"""With MAX_CHUNKS=1, all that ever held at a chunk's end is recorded: against DuckDB over the plain rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
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
    ever = {found for holds in judged for found in holds[max(holds)]}
    expected = by_definition(judged[-1])
    counted = [found for found in recorded.episodes if found[5] != "retracted"]
    at_any_time = {found for holds in judged for at_cut in holds.values() for found in at_cut}
    missed = ever - {found[:2] for found in recorded.episodes}
    expect("entities that held at a chunk's end and were not recorded", missed, set())
    invented = {found[:2] for found in recorded.episodes} - at_any_time
    expect("entities recorded that never held", invented, set())
    expect("episodes that are not retracted", counted, expected)
    ends = Counter(found[5] or "open" for found in recorded.episodes)
    by_rule = Counter(rule for rule, _ in ever)
    if set(by_rule) != set(known_rules("transactions")) or not ends["ended"] or not ends["retracted"]:
        raise AssertionError(f"these chunks prove nothing: {dict(by_rule)} ever held, ended as {dict(ends)}")
    yield f"prefixes of chunks judged by DuckDB: {len(judged)}, at {sum(map(len, judged))} cuts"
    yield f"entities that held at some chunk's end: {dict(sorted(by_rule.items()))}, all recorded"
    yield f"episodes, each with its cuts: {dict(sorted(ends.items()))}"


def _judge(made: Chunks, epoch: date) -> Iterator[dict[str, Holds]]:
    """For each prefix of chunks what holds at each cut that was evaluated by then, by default parameters."""
    con = duckdb.connect()
    customers, merchants, micros = zip(*weights(rows()), strict=True)
    listed = pa.table({"customer": customers, "merchant": merchants, "weight_micro": micros})
    importance = con.from_arrow(listed)
    con.execute(
        "create table seen (event_day date, customer text, merchant text, gender text, amount_minor int8)"
    )
    newest = epoch
    verdicts: dict[str, Holds] = {}
    for part in made.good:
        fields = [
            (epoch + timedelta(days=r.step), r.customer, r.merchant, r.gender, r.amount_minor) for r in part
        ]
        con.append("seen", _frame(fields))
        newest = max([newest, *(row[0] for row in fields)])
        touched = min(row[0] for row in fields).isoformat()
        for cut in {*(cut for cut in verdicts if cut > touched), (newest + timedelta(days=1)).isoformat()}:
            verdicts[cut] = _holds(con, cut, importance)
        yield dict(verdicts)
    con.close()


def _holds(con: duckdb.DuckDBPyConnection, cut: str, importance: duckdb.DuckDBPyRelation) -> Holds:
    holds: Holds = set()
    known = con.table("seen").filter(f"event_day < date '{cut}'")
    for rule in known_rules("transactions").values():
        found = oracle(rule.id, con, known, importance, rule.parameters().model_dump())
        names = [found[column].to_pylist() for column in sorted(rule.entity)]
        holds |= {(rule.id, values) for values in zip(*names, strict=True)}
    return holds


def by_definition(verdicts: Mapping[str, Holds]) -> list[Episode]:
    """The episodes that verdicts by cut make: longest rows of neighbouring cuts at which an entity holds."""
    cuts = sorted(verdicts)
    made: list[Episode] = []
    for rule, entity in set().union(*verdicts.values()):
        start = None
        for cut, before in zip([*cuts, ""], ["", *cuts], strict=True):
            holds = bool(cut) and (rule, entity) in verdicts[cut]
            if holds and start is None:
                start = cut
            elif not holds and start is not None:
                made.append((rule, entity, start, before, cut, "ended" if cut else ""))
                start = None
    return sorted(made)


def _frame(fields: list[tuple[date, str, str, str, int]]) -> pd.DataFrame:
    return pd.DataFrame(fields, columns=["event_day", "customer", "merchant", "gender", "amount_minor"])
