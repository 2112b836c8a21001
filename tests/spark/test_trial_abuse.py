"""TRIAL-ABUSE on both sides of its threshold, by user and by device."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

from include.spark_jobs.rules.trial_abuse import RULE
from tests.spark.days import DAY, at, table, verdicts_on

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = pytest.mark.spark

# Seconds, user, device, subscription and kind.
Begun = tuple[float, str, str | None, str, str]
BEGUN: list[Begun] = [
    (0, "two trials", None, "a1", "trial"),
    (-9_000_000, "two trials", None, "a2", "trial"),
    (0, "one trial", "d1", "b1", "trial"),
    (0, "told of twice", "d2", "c1", "trial"),
    (60, "told of twice", "d2", "c1", "trial"),
    (0, "a trial that was paid for", "d3", "e1", "trial"),
    (900, "a trial that was paid for", "d3", "e2", "paid"),
    (0, "first of a device", "shared", "f1", "trial"),
    (1, "second of a device", "shared", "f2", "trial"),
    (-60, "yesterday and tomorrow", "d4", "g1", "trial"),
    (90_000, "yesterday and tomorrow", "d4", "g2", "trial"),
]


def events() -> pa.Table:
    names = ("user_id", "device_id", "subscription_id", "kind")
    rows = [dict(zip(names, rest, strict=True)) | at(second) for second, *rest in BEGUN]
    return table(rows, **dict.fromkeys(names, pa.string()))


@pytest.fixture(scope="module")
def verdicts(spark: SparkSession) -> dict[str, Any]:
    return verdicts_on(spark, RULE, events())


def test_holds_or_not(verdicts: dict[str, Any]) -> None:
    assert verdicts["default"].keys() == {("user", "two trials"), ("device", "shared")}
    row = verdicts["default"]["user", "two trials"]
    assert (row["trials"], row["last_day"]) == (2, DAY)


def test_the_oracle_finds_the_same(verdicts: dict[str, Any]) -> None:
    assert verdicts["default"] == verdicts["oracle"]


def test_the_verdict_in_words(verdicts: dict[str, Any]) -> None:
    row = verdicts["default"]["device", "shared"]
    said = RULE.say({"holder_kind": "device", "holder": "device_x"}, row, RULE.parameters())
    assert said == "The device device_x began 2 trials (over 1)."


def test_near_misses_say_what_is_short(verdicts: dict[str, Any]) -> None:
    assert verdicts["near"]["user", "one trial"] == ("1 of 2 trials", 500_000)
