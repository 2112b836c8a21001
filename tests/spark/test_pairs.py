"""The aggregate `pairs`: held to DuckDB, and merged from any parts in any order."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from include.lake import Lake
from include.spark_jobs.aggregate import write_delta
from include.spark_jobs.aggregates.pairs import AGGREGATE as PAIRS
from include.state.merged import read_merged
from include.state.plan import Checkpoint, Delta, StatePlan
from tests.batches import Event, some_events

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

pytestmark = pytest.mark.spark

CUTS = [date(2026, 3, 1) + timedelta(days=n) for n in range(1, 6)]
EVENTS = some_events(240, seed=11)
SCHEMA = (
    "event_day date, customer string, merchant string, gender string, amount_minor bigint, chunk_id string"
)
EXPECTED = """
    select merchant, customer, count(*) as transactions, sum(amount_minor)::bigint as amount_minor,
           bool_or(gender = 'F') as seen_f, bool_or(gender = 'M') as seen_m,
           min(event_day) as first_day, max(event_day) as last_day
    from known where event_day < ? group by all order by all
"""


def frame(spark: SparkSession, events: list[Event], chunks: int = 1) -> DataFrame:
    """The events as check leaves them, dealt to so many chunks."""
    return spark.createDataFrame([(*event, f"chunk {n % chunks}") for n, event in enumerate(events)], SCHEMA)


def expected(events: list[Event], cut: date) -> list[dict[str, Any]]:
    """The state of these events at the cut, from DuckDB."""
    con = duckdb.connect()
    known = pa.Table.from_pylist([event._asdict() for event in events])
    con.register("known", known)
    found: list[dict[str, Any]] = con.sql(EXPECTED, params=[cut]).to_arrow_table().to_pylist()
    return found


def rows(state: DataFrame) -> list[dict[str, Any]]:
    """The state's rows, sorted by key."""
    return sorted(state.toArrow().to_pylist(), key=lambda row: (row["merchant"], row["customer"]))


def test_a_delta_has_a_row_per_chunk_day_and_key(spark: SparkSession) -> None:
    delta = PAIRS.delta(frame(spark, EVENTS, chunks=3))
    assert delta.columns == ["chunk_id", "event_day", *PAIRS.keys, *PAIRS.measures]
    keys = [(row.chunk_id, row.event_day, row.merchant, row.customer) for row in delta.collect()]
    assert len(keys) == len(set(keys))
    assert rows(PAIRS.merge(delta)) == expected(EVENTS, date.max)


def test_merging_once_more_changes_nothing(spark: SparkSession) -> None:
    merged = PAIRS.merge(PAIRS.delta(frame(spark, EVENTS, chunks=3)))
    assert rows(PAIRS.merge(merged)) == rows(merged)


@settings(max_examples=6)
@given(data=st.data())
def test_any_batches_in_any_order_with_any_checkpoint_give_the_same_state(
    data: st.DataObject, spark: SparkSession, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The three sets of a plan, read from Parquet, are the state of all events at the cut."""
    folder = tmp_path_factory.mktemp("lake")
    lake = Lake(str(folder))
    shuffled = data.draw(st.permutations(EVENTS))
    borders = sorted(data.draw(st.lists(st.integers(0, len(EVENTS)), max_size=2)))
    batches = [shuffled[a:b] for a, b in pairwise([0, *borders, len(EVENTS)]) if a < b]
    known_to_base = data.draw(st.integers(0, len(batches)))
    base_cut, cut = sorted(data.draw(st.lists(st.sampled_from(CUTS), min_size=2, max_size=2)))
    deltas = []
    for number, batch in enumerate(batches):
        write_delta(frame(spark, batch, chunks=2), PAIRS, lake.path(f"delta{number}"))
        days = [event.event_day for event in batch]
        deltas.append(Delta(f"delta{number}", len(batch), min(days), max(days)))
    checkpoint = None
    if known_to_base:
        before = StatePlan("pairs", base_cut, known_to_base, None, [], deltas[:known_to_base])
        read_merged(spark, lake, PAIRS, before).write.parquet(lake.path("base"))
        checkpoint = Checkpoint(base_cut, known_to_base, "base", 1)
    plan = StatePlan("pairs", cut, len(batches), checkpoint, deltas[:known_to_base], deltas[known_to_base:])
    assert rows(read_merged(spark, lake, PAIRS, plan)) == expected(EVENTS, cut)
