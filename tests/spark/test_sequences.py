"""Sequence state: any batches in any order, with any facts kept on the way, give what all rows give."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from include.lake import Lake
from include.spark_jobs.aggregate import write_delta
from include.spark_jobs.sequences.sequence import Fact, Sequence
from include.spark_jobs.sequences.windows import SECOND, gap, judged, sliding
from include.state.plan import Checkpoint, Delta, StatePlan
from include.state.sequences import read_facts

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

pytestmark = pytest.mark.spark

DAY0 = date(2026, 3, 1)
DAYS = 5
WINDOW = 3600


class Click(NamedTuple):
    """One event: who, when, and on which day."""

    who: str
    at: datetime

    @property
    def day(self) -> date:
        return self.at.date()


def some_clicks(count: int) -> list[Click]:
    """Clicks that lie close together, often at one instant, most of all around midnight."""
    dice = random.Random(5)
    found = []
    for _ in range(count):
        midnight = datetime.combine(
            DAY0 + timedelta(days=dice.randint(1, DAYS - 1)), datetime.min.time(), UTC
        )
        found.append(Click(f"u{dice.randrange(6)}", midnight + timedelta(minutes=dice.randint(-180, 180))))
    return found


CLICKS = some_clicks(160)
CUTS = [DAY0 + timedelta(days=n) for n in range(1, DAYS + 2)]


def build(rows: DataFrame, cut: date) -> DataFrame:
    from pyspark.sql import functions as F

    measured = rows.withColumn("busy", F.count("*").over(sliding(["who"], WINDOW))).withColumn(
        "gap", gap(["who"])
    )
    return (
        measured.where(judged(cut))
        .groupBy("who")
        .agg(
            F.count("*").alias("clicks"),
            F.max("busy").alias("busiest"),
            F.min("gap").alias("least_gap"),
        )
    )


SEQUENCE = Sequence(
    name="clicks_of_a_day",
    dataset="clicks",
    version=1,
    doc="Clicks of a day, most in an hour, least gap.",
    owner="tests",
    keys={"who": "string"},
    columns={"event_time": "timestamp"},
    project=lambda events: events.withColumnRenamed("at", "event_time"),
    days=2,
    facts={
        "clicks": Fact("bigint", "clicks of the day"),
        "busiest": Fact("bigint", "most clicks in an hour that ends on the day"),
        "least_gap": Fact("bigint", "microseconds between two neighbouring clicks"),
    },
    build=build,
)


def expected(clicks: list[Click], cut: date) -> list[dict[str, Any]]:
    """The facts by the definition, click by click."""
    judged_day = cut - timedelta(days=1)
    counted = [click for click in clicks if judged_day - timedelta(days=1) <= click.day <= judged_day]
    found = []
    for who in sorted({click.who for click in counted if click.day == judged_day}):
        times = sorted(click.at for click in counted if click.who == who)
        own = [at for at in times if at.date() == judged_day]
        busy = [sum(at - timedelta(seconds=WINDOW) < other <= at for other in times) for at in own]
        gaps = [after - before for before, after in pairwise(times) if after.date() == judged_day]
        least = min(gaps, default=None)
        found.append(
            {
                "who": who,
                "clicks": len(own),
                "busiest": max(busy),
                "least_gap": None if least is None else least // timedelta(microseconds=1),
            }
        )
    return found


def frame(spark: SparkSession, clicks: list[Click]) -> DataFrame:
    """The clicks as check leaves them."""
    rows = [(click.who, click.at, click.day, "chunk") for click in clicks]
    return spark.createDataFrame(rows, "who string, at timestamp, event_day date, chunk_id string")


def rows_of(facts: DataFrame) -> list[dict[str, Any]]:
    return sorted(facts.toArrow().to_pylist(), key=lambda row: row["who"])


@settings(max_examples=4)
@given(data=st.data())
def test_any_batches_in_any_order_with_any_facts_kept_give_the_same(
    data: st.DataObject, spark: SparkSession, tmp_path_factory: pytest.TempPathFactory
) -> None:
    lake = Lake(str(tmp_path_factory.mktemp("lake")))
    shuffled = data.draw(st.permutations(CLICKS))
    borders = sorted(data.draw(st.lists(st.integers(0, len(CLICKS)), max_size=4)))
    batches = [shuffled[a:b] for a, b in pairwise([0, *borders, len(CLICKS)]) if a < b]
    known = data.draw(st.integers(0, len(batches)))
    cut = data.draw(st.sampled_from(CUTS))
    deltas = []
    for number, batch in enumerate(batches):
        write_delta(frame(spark, batch), SEQUENCE, lake.path(f"delta{number}"))
        days = [click.day for click in batch]
        deltas.append(Delta(f"delta{number}", len(batch), min(days), max(days)))
    since = SEQUENCE.since(cut)
    checkpoint = None
    if known:
        before = StatePlan(SEQUENCE.name, cut, known, None, [], deltas[:known], since)
        read_facts(spark, lake, SEQUENCE, before).write.parquet(lake.path("facts"))
        checkpoint = Checkpoint(cut, known, "facts", 1)
    plan = StatePlan(SEQUENCE.name, cut, len(batches), checkpoint, deltas[:known], deltas[known:], since)
    assert rows_of(read_facts(spark, lake, SEQUENCE, plan)) == expected(CLICKS, cut)


def test_a_window_is_open_at_its_beginning_and_closed_at_its_end(spark: SparkSession) -> None:
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    hour, least = timedelta(seconds=WINDOW), timedelta(microseconds=1)
    for at, busiest in ((noon + hour - least, 2), (noon + hour, 1)):
        rows = SEQUENCE.delta(frame(spark, [Click("u", noon), Click("u", at)]))
        assert rows_of(SEQUENCE.judge(rows, CUTS[0]))[0]["busiest"] == busiest
    assert hour // least == SECOND * WINDOW
