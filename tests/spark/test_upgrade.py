"""UPGRADE on both sides of its thresholds, its ties, its lonely customers and its two ways to rank weights.

A merchant of 21 customers ranks from 1 to 21: (rank - 1)/20 <= 0.10 lets ranks 1 to 3 pass.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import pytest

from include.spark_jobs.rules.upgrade import RULE
from tests.spark.states import FIRST, LAST, Pair, found, inputs, missed

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = pytest.mark.spark

TOP: dict[str, Any] = {"weight_rank_within": "top_customers"}


def merchant(
    name: str, counts: Sequence[int], weights: Sequence[Sequence[int]], total: int = 50_000
) -> list[Pair]:
    """Customers c1, c2, … with these counts and weights; one without a weight fills up to the total."""
    pairs = [
        Pair(name, f"c{i}", n, weights=tuple(w))
        for i, (n, w) in enumerate(zip(counts, weights, strict=True), start=1)
    ]
    return [*pairs, Pair(name, "unweighted", total - sum(counts))]


def ranked(of: Callable[[int], int]) -> list[list[int]]:
    """A single weight for each of 21 customers."""
    return [[of(i)] for i in range(1, 22)]


FALLING = [1000 - i for i in range(1, 22)]  # c1 is the most frequent of 21, c21 the least
RISING = ranked(lambda i: i * 10)  # c1 is the least important, c21 the most

# merchant -> (its pairs, who is found by default, who with weights ranked within the top)
CASES: dict[str, tuple[list[Pair], set[str], set[str]]] = {
    "big enough": (merchant("big enough", FALLING, RISING), {"c1", "c2", "c3"}, {"c1"}),
    "one transaction short": (merchant("one transaction short", FALLING, RISING, 49_999), set(), set()),
    # by count c1, c2, c3 pass; by weight c3, c4, c5 do
    "both edges at once": (
        merchant("both edges at once", FALLING, ranked(lambda i: {3: 3, 4: 1, 5: 2}.get(i, i * 10))),
        {"c3"},
        {"c3"},
    ),
    "fourth by weight": (
        merchant("fourth by weight", FALLING, ranked(lambda i: {3: 4, 4: 1, 5: 2, 6: 3}.get(i, i * 10))),
        set(),
        {"c3"},
    ),
    # c3 to c6 share rank 3; the next is 7
    "ties by count": (
        merchant("ties by count", [999, 998, *[900] * 4, *range(800, 785, -1)], RISING),
        {"c1", "c2", "c3"},
        {"c1"},
    ),
    # every weight equal: all share rank 1
    "ties by weight": (
        merchant("ties by weight", FALLING, ranked(lambda _: 5)),
        {"c1", "c2", "c3"},
        {"c1", "c2", "c3"},
    ),
    "all tied in all": (
        merchant("all tied in all", [100] * 21, ranked(lambda _: 5)),
        {f"c{i}" for i in range(1, 22)},
        {f"c{i}" for i in range(1, 22)},
    ),
    "ranked alone": (merchant("ranked alone", [900], [[5]]), set(), set()),
    # n = 2: rank 1 passes, (2 - 1)/1 does not
    "two customers": (merchant("two customers", [900, 800], [[5], [6]]), {"c1"}, set()),
    # 22 customers: 2/21 < 0.10 < 3/21
    "one more customer": (
        merchant("one more customer", [*FALLING, 1], [*RISING, [9999]]),
        {"c1", "c2", "c3"},
        {"c1"},
    ),
    # 20 customers: 1/19 < 0.10 < 2/19
    "one customer less": (merchant("one customer less", FALLING[:-1], RISING[:-1]), {"c1", "c2"}, {"c1"}),
    # The mean ranks: c1 has 1/3, c2 has 2/6 and ties with it, c3 has 1.
    "means, not sums": (
        merchant(
            "means, not sums",
            FALLING,
            [[1, 0, 0], [1, 1, 0, 0, 0, 0], [1], *RISING[3:]],
        ),
        {"c1", "c2", "c3"},
        {"c1", "c2"},
    ),
}


@pytest.fixture(scope="module")
def verdicts(spark: SparkSession) -> dict[str, Any]:
    """Both ways over all merchants at once."""
    given = inputs(spark, [pair for pairs, _, _ in CASES.values() for pair in pairs])
    return {
        "merchant": found(RULE, given),
        "top": found(RULE, given, **TOP),
        "at least 21": found(RULE, given, min_customers=21),
        "near": missed(RULE, given),
        "near, top": missed(RULE, given, **TOP),
    }


def _customers(verdict: dict[Any, Any], merchant: str) -> set[str]:
    return {customer for customer, where in verdict if where == merchant}


@pytest.mark.parametrize("case", CASES)
def test_holds_or_not(verdicts: dict[str, Any], case: str) -> None:
    _, by_default, by_top = CASES[case]
    assert _customers(verdicts["merchant"], case) == by_default
    assert _customers(verdicts["top"], case) == by_top


def test_too_few_ranked_customers(verdicts: dict[str, Any]) -> None:
    assert _customers(verdicts["at least 21"], "big enough") == {"c1", "c2", "c3"}
    assert _customers(verdicts["at least 21"], "one customer less") == set()


def test_evidence_says_what_met_the_thresholds(verdicts: dict[str, Any]) -> None:
    row = verdicts["merchant"]["c3", "both edges at once"]
    assert row == {
        "customer": "c3",
        "merchant": "both edges at once",
        "first_day": FIRST,
        "last_day": LAST,
        "merchant_transactions": 50_000,
        "customers": 21,
        "transactions": 997,
        "count_rank": 3,
        "weight_sum_micro": 3,
        "weight_count": 1,
        "weight_rank": 3,
        "weights_ranked": 21,
    }
    assert "number 3 of 21 customers" in RULE.say(row, row, RULE.parameters())
    assert verdicts["top"]["c3", "fourth by weight"]["weights_ranked"] == 3


def test_near_misses_lack_exactly_one_condition(verdicts: dict[str, Any]) -> None:
    near = verdicts["near"]
    lacks = "transactions of the merchant: 49999 of 50000, 1 short"
    assert near["c1", "one transaction short"] == (lacks, 20)
    assert near["c4", "both edges at once"] == (
        "by transaction count in the first 1000 bp: it is rank 4 of 21",
        500_000,
    )
    assert near["c3", "fourth by weight"] == (
        "by mean weight in the first 1000 bp: it is rank 4 of 21",
        500_000,
    )
    assert ("c1", "big enough") not in near
    assert ("c4", "big enough") not in near  # it lacks both
    assert ("c4", "both edges at once") not in verdicts[
        "near, top"
    ]  # not in the top, so without a rank by weight
    assert ("c1", "ranked alone") not in near


def test_means_that_differ_in_the_twelfth_digit_do_not_tie(spark: SparkSession) -> None:
    """Two fractions with denominators up to a million are told apart, as floats could not do it."""
    large = 10**6
    given = inputs(spark, merchant("fine", FALLING, RISING))
    # mean of a: q + 1/(10^6 - 1), of b: q + 1/10^6
    rows = [
        ("c1", "fine", 7 * 10**9 * (large - 1) + 1, large - 1),
        ("c2", "fine", 7 * 10**9 * large + 1, large),
    ]
    weights = spark.createDataFrame(rows, given["importance"].schema)
    ranks = RULE.judge({**given, "importance": weights}, RULE.parameters()).candidates
    by_customer = {row["customer"]: row["weight_rank"] for row in ranks.collect()}
    assert by_customer == {"c1": 2, "c2": 1}


def test_more_weights_than_can_be_ranked_exactly_are_refused(spark: SparkSession) -> None:
    given = inputs(spark, merchant("fine", FALLING, RISING))
    weights = spark.createDataFrame([("c1", "fine", 5, 10**6 + 1)], given["importance"].schema)
    with pytest.raises(Exception, match="too many to rank their mean exactly"):
        found(RULE, {**given, "importance": weights}, min_transactions=1)
