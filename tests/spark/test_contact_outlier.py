"""CONTACT-OUTLIER on both sides of its score, its floor and its baseline."""

from __future__ import annotations

import random
from statistics import median
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from include.spark_jobs.rules.contact_outlier import RULE
from tests.spark.days import CUT, at, expected, inputs, table
from tests.spark.states import found, missed

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = pytest.mark.spark

# Volumes of the others, that of the judged actor, and whether it is flagged.
# Of 1 to 19 the median is 10 and the MAD 5: over 6 * 5 / 0.6745 + 10 = 54.48 it is too much.
SPREAD = list(range(1, 20))
CASES: dict[str, tuple[list[int], int, bool]] = {
    "just over": (SPREAD, 55, True),
    "just under": (SPREAD, 54, False),
    "under the floor": ([1] * 19, 49, False),
    "at the floor, where all others are alike": ([1] * 19, 50, True),
    "an even number of others": ([*SPREAD, 20], 55, True),
    "an even number of others, under": ([*SPREAD, 20], 54, False),
    "ten others": ([1] * 10, 60, True),
    "nine others": ([1] * 9, 60, False),
    "among as busy ones": ([60] * 19, 60, False),
}


def volumes(others: list[int], judged: int) -> pa.Table:
    """Requests of a day by so many phones; IPs are not known."""
    named = {f"other {number}": volume for number, volume in enumerate(others)} | {"judged": judged}
    rows = [
        {"phone": phone, "token": "ad", **at(second * 60)}
        for phone, volume in named.items()
        for second in range(volume)
    ]
    return table(rows, **dict.fromkeys(("phone", "ip", "token"), pa.string()))


@pytest.mark.parametrize("case", CASES)
def test_holds_or_not(spark: SparkSession, case: str) -> None:
    others, judged, flagged = CASES[case]
    events = volumes(others, judged)
    given = found(RULE, inputs(spark, RULE.inputs, events))
    assert (("phone", "judged") in given) is flagged
    assert given == expected(RULE, events)


def test_the_oracle_finds_the_same_among_many(spark: SparkSession) -> None:
    dice = random.Random(3)
    kinds = {"phone": 300, "ip": 80}
    rows = [
        {kind: f"{kind} {number}", "token": "ad", **at(second * 20)}
        for kind, count in kinds.items()
        for number in range(count)
        for second in range(min(400, int(dice.paretovariate(0.8))))
    ]
    events = table(rows, **dict.fromkeys(("phone", "ip", "token"), pa.string()))
    given = found(RULE, inputs(spark, RULE.inputs, events))
    assert given == expected(RULE, events)
    assert {kind for kind, _ in given} == set(kinds)


def test_evidence_and_words(spark: SparkSession) -> None:
    row = found(RULE, inputs(spark, RULE.inputs, volumes(SPREAD, 55)))["phone", "judged"]
    assert row["median_doubled"] == 2 * median(SPREAD)
    assert row["mad_fourfold"] == 4 * median(abs(volume - median(SPREAD)) for volume in SPREAD)
    assert row["score_tenths"] == int((55 - 10) * 6.745 / 5)
    assert RULE.say({"actor_kind": "phone", "actor": "phone_x"}, row, RULE.parameters()) == (
        "The phone phone_x made 55 requests in the day, the median of 19 others is 10: a robust z-score of 6 "
        "(over 6)."
    )


def test_near_misses_say_what_is_short(spark: SparkSession) -> None:
    near = missed(RULE, inputs(spark, RULE.inputs, volumes(SPREAD, 54), CUT))
    lacks, gap = near["phone", "judged"]
    assert lacks == "score over 60 tenths: it is 59"
    assert 0 < gap < 20_000
