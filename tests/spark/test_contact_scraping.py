"""CONTACT-SCRAPING on both sides of its three thresholds, by phone and by IP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

from include.spark_jobs.rules.contact_scraping import RULE
from tests.spark.days import at, every, table, verdicts_on

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = pytest.mark.spark

# Seconds and ads of an actor's requests; most in a minute, requests and ads of the day where it is flagged.
Request = tuple[float, str]


def of_one(seconds: list[float]) -> list[Request]:
    """Requests for one ad."""
    return [(second, "ad") for second in seconds]


def of_many(seconds: list[float]) -> list[Request]:
    """Requests for an ad each."""
    return [(second, f"ad {number}") for number, second in enumerate(seconds)]


CASES: dict[str, tuple[list[Request], tuple[int, int, int] | None]] = {
    "11 in a minute": (of_one(every(5.999, 11)), (11, 11, 1)),
    "10 in a minute": (of_one(every(5.999, 10)), None),
    "the 11th after a minute": (of_one(every(6, 11)), None),
    "501 in a day": (of_one(every(60, 501)), (1, 501, 1)),
    "500 in a day": (of_one(every(60, 500)), None),
    "500 in a day, one on the day before": (of_one([-4000.0, *every(60, 500)]), None),
    "101 ads in a day": (of_many(every(60, 101)), (1, 101, 101)),
    "100 ads in a day": (of_many(every(60, 100)), None),
    "100 ads, some asked for twice": (of_many(every(60, 100)) + of_many(every(60, 100, 30_000)), None),
    "a minute around midnight": (of_one(every(5, 11, -20)), (11, 7, 1)),
    "a minute of the day before": (of_one([*every(1, 11, -600), 60.0]), None),
}


def events() -> pa.Table:
    """Each case is a phone and, with an IP before its name, an address."""
    rows = [
        {"phone": case, "ip": f"ip {case}", "token": token, **at(second)}
        for case, (requests, _) in CASES.items()
        for second, token in requests
    ]
    return table([*rows, {"token": "ad", **at(1)}], **dict.fromkeys(("phone", "ip", "token"), pa.string()))


@pytest.fixture(scope="module")
def verdicts(spark: SparkSession) -> dict[str, Any]:
    return verdicts_on(spark, RULE, events())


@pytest.mark.parametrize("case", CASES)
def test_holds_or_not(verdicts: dict[str, Any], case: str) -> None:
    for actor in (("phone", case), ("ip", f"ip {case}")):
        row = verdicts["default"].get(actor)
        counts = (row["in_1_minute"], row["requests"], row["tokens"]) if row else None
        assert counts == CASES[case][1]


def test_the_oracle_finds_the_same(verdicts: dict[str, Any]) -> None:
    assert verdicts["default"] == verdicts["oracle"]


def test_the_verdict_in_words(verdicts: dict[str, Any]) -> None:
    row = verdicts["default"]["phone", "101 ads in a day"]
    said = RULE.say({"actor_kind": "phone", "actor": "phone_x"}, row, RULE.parameters())
    assert said == "The phone phone_x had 101 different ads in the day (over 100)."


def test_near_misses_say_what_is_short(verdicts: dict[str, Any]) -> None:
    lacks, gap = verdicts["near"]["phone", "500 in a day"]
    assert lacks == (
        "1 of 11 requests in a minute, 500 of 501 requests in the day, 1 of 101 different ads in the day"
    )
    assert gap == 1_996
