"""A replay's figures from what holds: each entity once, new ones by day, samples that name nobody."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from include.spark_jobs.curve import numeric_parameters, values_around
from include.spark_jobs.rules import rules
from include.stages.difference import SAMPLES, AtCut, Held, Side, alerts, difference
from include.store.detections import Holding

CHILD, UPGRADE = rules()["child"], rules()["upgrade"]
CUTS = [date(2026, 3, day) for day in (2, 3, 4)]
SIDE = Side(CHILD, CHILD.parameters())


def held(*customers: str, transactions: int = 90) -> Held:
    evidence = {"transactions": transactions, "amount_minor": transactions * 2000}
    rows = [{"customer": customer, "merchant": "M-of-the-corner"} for customer in customers]
    return {tuple(row.values()): Holding(row, evidence, CUTS[0], CUTS[1]) for row in rows}


def test_an_entity_counts_once_over_the_window_and_at_each_cut() -> None:
    found = difference(
        [
            AtCut(CUTS[0], held("a", "b"), held("a")),
            AtCut(CUTS[1], held("a", "c"), held("a", "b", "d")),
            AtCut(CUTS[2], held(), held("d")),
        ],
        SIDE,
        SIDE,
    )
    assert {name: found[name] for name in ("added", "gone", "unchanged")} == {
        "added": 1,
        "gone": 1,
        "unchanged": 2,
    }
    at = [
        tuple(one[name] for name in ("in_force", "tried", "added", "gone", "unchanged"))
        for one in found["by_cut"]
    ]
    assert at == [(2, 1, 0, 1, 1), (2, 3, 2, 1, 1), (0, 1, 1, 0, 0)]


def test_samples_are_few_masked_and_the_same_each_time() -> None:
    names = [f"customer-{number:04}" for number in range(50)]
    at = [AtCut(CUTS[0], held(), held(*names)), AtCut(CUTS[1], held(), held(*names[:25], transactions=91))]
    samples = difference(at, SIDE, SIDE)["samples"]
    assert samples == difference(at, SIDE, SIDE)["samples"]
    assert {name: len(some) for name, some in samples.items()} == {
        "added": SAMPLES,
        "gone": 0,
        "unchanged": 0,
    }
    assert not [name for name in [*names, "M-of-the-corner"] if name in str(samples)]
    first = samples["added"][0]
    assert first["entity"].keys() == {"customer", "merchant"}
    assert first["entity"]["merchant"] == "M-…er"
    assert {(one["cut"], one["evidence"]["transactions"]) for one in samples["added"]} == {
        ("2026-03-02", 90),
        ("2026-03-03", 91),
    }
    assert "cu…" in first["verdict"]


@pytest.mark.parametrize(
    ("threshold", "first", "days"),
    [
        (1, CUTS[0], {"2026-03-01": 2, "2026-03-02": 1, "2026-03-03": 2}),
        (2, CUTS[0], {"2026-03-01": 2, "2026-03-03": 2}),
        (2, CUTS[1], {"2026-03-03": 2}),
        (3, CUTS[0], {}),
    ],
)
def test_an_incident_opens_where_new_ones_reach_the_threshold(
    threshold: int, first: date, days: dict[str, int]
) -> None:
    at = [(CUTS[0], held("a", "b")), (CUTS[1], held("b", "c")), (CUTS[2], held("a", "b", "c", "d"))]
    assert {one["event_day"]: one["found"] for one in alerts(at, first, threshold)} == days


@pytest.mark.parametrize(
    ("rule", "parameter", "today", "others"),
    [
        (CHILD, "min_transactions", 80, []),
        (CHILD, "min_transactions", 1, [500]),
        (CHILD, "average_below_minor", 10**9, []),
        (UPGRADE, "top_share_bp", 9_000, []),
    ],
)
def test_a_curve_has_ten_valid_values_around_todays(
    rule: Any, parameter: str, today: int, others: list[int]
) -> None:
    values = values_around(rule, parameter, today, others)
    assert len(values) >= 10 or rule is UPGRADE
    assert values == sorted(set(values))
    assert {today, *others} <= set(values)
    for value in values:
        rule.parameters(**{parameter: value})


def test_a_value_that_cannot_be_is_not_on_the_curve() -> None:
    assert max(values_around(UPGRADE, "top_share_bp", 10_000, [20_000])) == 10_000


def test_words_have_no_curve() -> None:
    assert "weight_rank_within" not in numeric_parameters(UPGRADE)
    assert "min_transactions" in numeric_parameters(UPGRADE)


def test_days_are_those_before_the_cut() -> None:
    (one,) = alerts([(CUTS[0], held("a"))], CUTS[0], 1)
    assert date.fromisoformat(one["event_day"]) == CUTS[0] - timedelta(days=1)
