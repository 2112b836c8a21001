"""The demo's comparison must fail for every way in which a result can differ from what was planted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from include.errors import StackError
from include.store.figures import Alerts, Rows
from sources.transactions import Truth
from stack.demo import refuse_other_parameters
from stack.report import Report

CHILD = {"customer": "C1", "merchant": "M1"}
NEAR = {"customer": "C2", "merchant": "M1"}

AS_PLANTED = Report(
    truth=Truth(
        seed=1,
        rows=100,
        days=3,
        bad={"bad_amount": 4},
        detections={"upgrade": [], "child": [CHILD], "dei_needed": [{"merchant": "M2"}]},
        upgrade_top_customers=[],
        near_misses={"upgrade": [], "child": [{"entity": NEAR, "lacks": "1 short"}], "dei_needed": []},
        transactions=Path("transactions.csv"),
        importance=Path("importance.csv"),
    ),
    rows=Rows(rows_in=100, loaded=96, quarantined=4),
    reasons={"bad_amount": 4},
    open={"child": {"C1 at M1"}, "dei_needed": {"M2"}},
    near=[],
    alerts=Alerts(sent=2, pending=0),
    seconds=[],
)


def test_a_demo_as_planted_has_no_problem() -> None:
    assert AS_PLANTED.problems == []


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"open": {"dei_needed": {"M2"}}}, "child: C1 at M1 was planted and missed"),
        (
            {"open": {"child": {"C1 at M1", "C2 at M1"}, "dei_needed": {"M2"}}},
            "child: C2 at M1 was a near miss, and flagged",
        ),
        (
            {"open": {"child": {"C1 at M1"}, "dei_needed": {"M2", "M3"}}},
            "dei_needed: M3 was not planted, and flagged",
        ),
        (
            {"open": {**AS_PLANTED.open, "upgrade": {"C9 at M9"}}},
            "upgrade: C9 at M9 was not planted, and flagged",
        ),
        ({"rows": Rows(rows_in=99, loaded=95, quarantined=4)}, "100 rows were fed, 99 are in the ledger"),
        ({"rows": Rows(rows_in=101, loaded=97, quarantined=4)}, "1 rows more than the sample were fed"),
        ({"reasons": {"bad_amount": 3}}, "bad_amount: 4 bad rows were planted, 3 quarantined"),
        ({"reasons": {"bad_amount": 4, "bad_step": 1}}, "bad_step: 0 bad rows were planted, 1 quarantined"),
    ],
)
def test_each_difference_is_a_problem(changed: dict[str, object], problem: str) -> None:
    (found,) = replace(AS_PLANTED, **changed).problems
    assert found.startswith(problem)


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"profile": "sample"}, "VIGIL_PROFILE is sample"),
        ({"rule_parameters": {"child": {"min_transactions": 90}}}, "VIGIL_RULE_PARAMETERS is "),
    ],
)
def test_other_parameters_than_the_plants_are_refused(
    configure: Callable[..., object], changed: dict[str, object], named: str
) -> None:
    refuse_other_parameters()
    configure(**changed)
    with pytest.raises(StackError, match=named):
        refuse_other_parameters()
