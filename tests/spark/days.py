"""Hand-made events of two days for the tests of rules that judge a day, and what the oracle says of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa

from include.spark_jobs.rules.rule import Inputs, Rule
from include.spark_jobs.sequences.sequence import Sequence
from include.state.kinds import states
from tests.oracle.oracle import oracle_of_day
from tests.spark.states import found, missed

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

DAY = date(2026, 3, 5)
CUT = DAY + timedelta(days=1)
MIDNIGHT = datetime.combine(DAY, datetime.min.time(), UTC)


def at(second: float) -> dict[str, Any]:
    """The event time and day, so many seconds after the midnight that begins DAY."""
    time = MIDNIGHT + timedelta(seconds=second)
    return {"event_time": time, "event_day": time.date()}


def every(gap: float, count: int, start: float = 3600) -> list[float]:
    """So many seconds after that midnight, with this gap between."""
    return [start + gap * number for number in range(count)]


def table(rows: Iterable[Mapping[str, Any]], **kinds: pa.DataType) -> pa.Table:
    """Lines of one chunk as columns event_time, event_day and these; what a row does not give is NULL."""
    times = {"event_time": pa.timestamp("us", "UTC"), "event_day": pa.date32()}
    origin = {"chunk_id": pa.string(), "line": pa.int32()}
    lines = [{"chunk_id": "chunk", "line": number, **row} for number, row in enumerate(rows, 2)]
    return pa.Table.from_pylist(lines, schema=pa.schema({**times, **origin, **kinds}))


def activity(rows: Iterable[Mapping[str, Any]]) -> pa.Table:
    """Events of user_activity; what a row does not say is alike for all."""
    alike = {"ip_location": "l", "device_id": "d", "outcome": "succeeded"}
    text = dict.fromkeys(("user_id", *alike), pa.string())
    places = dict.fromkeys(("latitude_micro", "longitude_micro"), pa.int64())
    return table([alike | dict(row) for row in rows], **text, **places)


def verdicts_on(spark: SparkSession, rule: Rule[Any], events: pa.Table) -> dict[str, Any]:
    """What the rule finds by default, what nearly holds, and what the oracle finds."""
    given = inputs(spark, rule.inputs, events)
    return {"default": found(rule, given), "near": missed(rule, given), "oracle": expected(rule, events)}


def inputs(spark: SparkSession, names: Iterable[str], events: pa.Table, cut: date = CUT) -> Inputs:
    """The state of these names that these events make at a cut."""
    from pyspark.sql import functions as F

    before = spark.createDataFrame(events).where(F.col("event_day") < cut)
    state_of = {}
    for name in names:
        state = states()[name]
        if isinstance(state, Sequence):
            within = before.where(F.col("event_day") >= state.since(cut))
            state_of[name] = state.judge(state.delta(within), cut)
        else:
            state_of[name] = state.merge(state.delta(before))
    return state_of


def expected(rule: Rule[Any], events: pa.Table, cut: date = CUT) -> dict[Any, dict[str, Any]]:
    """What the oracle finds with the rule's defaults: {entity: its row}, an entity of one column bare."""
    rows = expected_day(rule.id, events, cut, rule.parameters().model_dump())
    keys = [tuple(row[column] for column in rule.entity) for row in rows]
    return {key if len(key) > 1 else key[0]: row for key, row in zip(keys, rows, strict=True)}


def expected_day(
    name: str, events: pa.Table, cut: date = CUT, parameters: Mapping[str, Any] = MappingProxyType({})
) -> list[dict[str, Any]]:
    """What the oracle of a rule or a summary finds."""
    con = duckdb.connect()
    con.sql("set timezone = 'UTC'")
    rows: list[dict[str, Any]] = oracle_of_day(name, con, con.from_arrow(events), cut, parameters).to_pylist()
    return rows
