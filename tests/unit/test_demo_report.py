"""The demo's comparison must fail for every way in which a result can differ from what was planted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from rich.console import Console

from include.errors import StackError
from include.spark_jobs.pseudonyms import Keys
from include.spark_jobs.rules import rules
from include.store.figures import Alerts, Rows
from include.store.report import NearMiss as Nearly
from include.store.report import StageSeconds
from sources.behaviours.truth import NearMiss, Truth
from stack.demo import refuse_other_parameters
from stack.judged import Found
from stack.report import DatasetReport, Report
from stack.tables import show_report

DAY = date(2026, 3, 8)
CHILD = {"customer": "C1", "merchant": "M1"}
NEAR = {"customer": "C2", "merchant": "M1"}

AS_PLANTED = DatasetReport(
    truth=Truth(
        dataset="transactions",
        seed=1,
        rows=100,
        bad={"bad_amount": 4},
        days=[DAY],
        detections={"upgrade": {DAY: []}, "child": {DAY: [CHILD]}},
        near_misses={"upgrade": [], "child": [NearMiss(day=DAY, entity=NEAR, lacks="1 short")]},
        bystanders={},
        files=[],
    ),
    keys=Keys((date(1970, 1, 1),), (b"a secret of the tests, of 32 characters",)),
    rows=Rows(rows_in=100, loaded=96, quarantined=4),
    reasons={"bad_amount": 4},
    found={"child": Found(now=[CHILD])},
    near=[Nearly(rule="child", entity=NEAR, lacks=lacks) for lacks in ("1 short", "2 short")],
    seconds=[StageSeconds(stage="check", runs=2, mean=3, longest=4.25)],
)


def test_a_demo_as_planted_has_no_problem() -> None:
    assert AS_PLANTED.problems == []
    assert Report([AS_PLANTED], Alerts()).problems == []


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        (
            {"found": {}},
            f"child on {DAY}: customer C1, merchant M1 was planted and missed",
        ),
        (
            {"found": {"child": Found(now=[CHILD, NEAR])}},
            f"child on {DAY}: customer C2, merchant M1 was a near miss, and flagged",
        ),
        (
            {"found": {**AS_PLANTED.found, "upgrade": Found(now=[CHILD])}},
            f"upgrade on {DAY}: customer C1, merchant M1 was not planted, and flagged",
        ),
        (
            {"rows": Rows(rows_in=99, loaded=95, quarantined=4)},
            "transactions: 100 rows were fed, 99 are in the ledger",
        ),
        (
            {"rows": Rows(rows_in=101, loaded=97, quarantined=4)},
            "transactions: 1 rows more than the sample were fed",
        ),
        ({"reasons": {"bad_amount": 3}}, "transactions: bad_amount: 4 bad rows were planted, 3 quarantined"),
        (
            {"reasons": {"bad_amount": 4, "bad_step": 1}},
            "transactions: bad_step: 0 bad rows were planted, 1 quarantined",
        ),
    ],
)
def test_each_difference_is_a_problem_of_the_demo(changed: dict[str, Any], problem: str) -> None:
    report = Report([AS_PLANTED, replace(AS_PLANTED, **changed)], Alerts())
    (found,) = report.problems
    assert found.startswith(problem)


def test_a_rule_that_nothing_is_planted_for_is_counted_and_not_judged() -> None:
    found = {**AS_PLANTED.found, "learned": Found(by_day=[(DAY, CHILD), (DAY, NEAR)])}
    report = replace(AS_PLANTED, found=found)
    assert report.not_planted == {"learned": 2}
    assert report.problems == []
    assert "learned" in _shown(report)
    assert "not judged" not in _shown(AS_PLANTED)


def test_the_tables_show_what_differs() -> None:
    flagged = replace(AS_PLANTED, found={"child": Found(now=[NEAR])}, reasons={"bad_amount": 3})
    lines = [line.split() for line in _shown(flagged).splitlines()]
    assert ["transactions", "100", "100", "96", "4", "0", "0"] in lines
    assert ["child", "1", "0", "1", "1", "1", "of", "1", "0", "of", "0", "0.000", "0.000"] in lines
    assert ["transactions", "4", "3", "bad_amount", "4", "planted,", "3"] in lines
    assert ["child", "customer", "C2,", "merchant", "M1", "1", "short"] in lines
    assert ["transactions", "4.2"] in lines


def test_no_name_and_no_figure_is_cut_off_in_80_columns() -> None:
    """Of the longest names of datasets and rules, and more than are ever planted."""
    truth = AS_PLANTED.truth.model_copy(
        update={
            "dataset": "contact_requests",
            "detections": {rule: {DAY: []} for rule in rules("contact_requests")},
            "near_misses": {},
        }
    )
    many = Rows(rows_in=1_000_000, loaded=900_000, quarantined=99_000, duplicate=1_000)
    shown = _shown(replace(AS_PLANTED, truth=truth, found={}, rows=many))
    assert "…" not in shown
    assert " 1,000,000 " in shown
    assert all(f"\n {rule} " in shown for rule in truth.detections)
    assert max(map(len, shown.splitlines())) <= 80


def _shown(report: DatasetReport) -> str:
    console = Console(width=80, highlight=False)
    with console.capture() as capture:
        show_report(console, Report([report], Alerts(sent=2)))
    return capture.get()


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
