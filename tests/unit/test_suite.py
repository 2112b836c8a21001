"""What the suites hold and what they let pass, on both sides of each threshold."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from include.datasets import contracts
from include.errors import ConfigError
from include.quality.suite import SUITES, Judge, Judgement, load_suite

CATEGORIES = ["es_transportation"] * 17 + ["es_food", "es_health", "es_tech"]


@cache
def judge(dataset: str) -> Judge:
    return Judge(load_suite(dataset))


def transactions(rows: int = 1000, bad: int = 0, **columns: Any) -> pd.DataFrame:
    """Ordinary payments, `bad` of them quarantined; columns as they are read from the lake."""
    values: dict[str, Any] = {
        "step": [i % 5 for i in range(rows)],
        "customer": [f"C{i % 50}" for i in range(rows)],
        "age": [str(i % 7) for i in range(rows)],
        "gender": ["MFEU"[i % 4] for i in range(rows)],
        "merchant": [f"M{i % 9}" for i in range(rows)],
        "category": [CATEGORIES[i % 20] for i in range(rows)],
        "amount_minor": [1000 + 37 * (i % 101) for i in range(rows)],
        "fraud": [int(i % 80 == 0) for i in range(rows)],
    }
    frame = pd.DataFrame(values | columns)
    for name in ("customer", "age", "gender", "merchant", "category"):
        frame[name] = frame[name].astype("category")
    frame["reason"] = pd.Series([None] * (rows - bad) + ["bad_step"] * bad, dtype="category")
    quarantined = frame["reason"].notna()
    return frame.assign(**{name: frame[name].mask(quarantined) for name in frame if name != "reason"})


def judged(frame: pd.DataFrame) -> Judgement:
    return judge("transactions").judge(frame)


def many(rows: int, one: Any, other: Any, ones: int) -> list[Any]:
    return [one] * ones + [other] * (rows - ones)


HELD = {
    "more than a tenth bad": transactions(bad=101),
    "more than a tenth of a hundred bad": transactions(100, bad=11),
    "more than half of ten bad": transactions(10, bad=6),
    "all bad": transactions(bad=1000),
    "one category": transactions(category="es_food"),
    "one category in a hundred rows": transactions(100, category="es_food"),
    "amounts all equal": transactions(amount_minor=1999),
    "half for nothing": transactions(amount_minor=many(1000, 0, 55, 501)),
    "amounts out of all proportion": transactions(amount_minor=[1_000_001 + i for i in range(1000)]),
    "mostly fraud": transactions(fraud=many(1000, 1, 0, 501)),
}
PASSED = {
    "ordinary": transactions(),
    "a tenth bad": transactions(bad=100),
    "a tenth of a hundred bad": transactions(100, bad=10),
    "half of ten bad": transactions(10, bad=5),
    "a tail with more bad than good": transactions(9, bad=8),
    "two categories": transactions(category=many(1000, "es_food", "es_tech", 999)),
    "one category in a tail": transactions(99, category="es_food"),
    "equal amounts in a tail": transactions(99, amount_minor=1999),
    "two amounts": transactions(amount_minor=many(1000, 1999, 2000, 999)),
    "half for nothing, half not": transactions(amount_minor=many(1000, 0, 55, 499)),
    "dear": transactions(amount_minor=[900_000 + i for i in range(1000)]),
    "half fraud": transactions(fraud=many(1000, 1, 0, 500)),
    "one row": transactions(1),
    "no row": transactions(0),
}


@pytest.mark.parametrize("name", HELD)
def test_it_holds(name: str) -> None:
    assert judged(HELD[name]).stops


@pytest.mark.parametrize("name", PASSED)
def test_it_lets_pass(name: str) -> None:
    assert judged(PASSED[name]).stops == ()


def test_a_stop_says_what_was_seen_and_why_it_matters() -> None:
    (stop,) = judged(HELD["one category"]).stops
    assert stop.startswith("category: observed 1. All rows are of one category")
    (stop,) = judged(HELD["more than a tenth bad"]).stops
    assert stop.startswith("reason: 10.10% of the rows are unexpected.")


def test_a_warning_does_not_stop() -> None:
    found = judged(transactions(bad=51))
    assert found.stops == ()
    assert [warning.split(".")[0] for warning in found.warnings] == ["reason: 5"]
    assert judged(transactions(bad=50)).warnings == judged(transactions()).warnings == ()


def test_no_value_of_a_row_gets_into_the_result() -> None:
    frame = transactions(age=["secret-age"] * 1000)
    found = judged(frame)
    assert found.warnings
    assert "secret-age" not in json.dumps(found.result)


def importance(rows: int, bad: int = 0) -> pd.DataFrame:
    frame = pd.DataFrame({"source": "C1", "target": "M1", "weight_micro": [float(i) for i in range(rows)]})
    frame["reason"] = pd.Series([None] * (rows - bad) + ["bad_weight"] * bad, dtype="category")
    return frame


def test_importance_is_complete_or_held() -> None:
    assert judge("importance").judge(importance(2000)).stops == ()
    assert judge("importance").judge(importance(2000, bad=1)).stops
    assert judge("importance").judge(importance(1, bad=1)).stops
    assert judge("importance").judge(importance(0)).stops


def suite_with(folder: Path, **changes: Any) -> Judge:
    """A suite of one expectation, which holds of ordinary transactions, changed."""
    one = {
        "type": "expect_column_values_to_be_between",
        "kwargs": {"column": "step", "min_value": 0},
        "meta": {},
        "severity": "critical",
    }
    suite = {"name": "transactions", "expectations": [one | changes], "meta": {}}
    (folder / "transactions.json").write_text(json.dumps(suite))
    return Judge(load_suite("transactions", folder))


def test_a_broken_expectation_really_stops(tmp_path: Path) -> None:
    frame = transactions()
    step = {"column": "step", "min_value": 1}
    assert suite_with(tmp_path).judge(frame).stops == ()
    assert suite_with(tmp_path, kwargs=step).judge(frame).stops
    assert suite_with(tmp_path, kwargs=step, severity="warning").judge(frame).stops == ()
    assert suite_with(tmp_path, kwargs=step, meta={"min_rows": 1000}).judge(frame).stops
    assert suite_with(tmp_path, kwargs=step, meta={"min_rows": 1001}).judge(frame).stops == ()


def test_an_expectation_that_cannot_be_evaluated_stops_whatever_its_severity(tmp_path: Path) -> None:
    absent = {"column": "price", "min_value": 0}
    for severity in ("critical", "warning", "info"):
        (stop,) = suite_with(tmp_path, kwargs=absent, severity=severity).judge(transactions()).stops
        assert "could not be evaluated" in stop
        assert "price" in stop


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (None, "has no suite: write"),
        ("{", "is not a suite"),
        ('{"name": "x", "expectations": [{"type": "expect_luck", "kwargs": {}}]}', "is not a suite"),
        (
            '{"name": "x", "expectations": [{"type": "expect_column_to_exist", "kwargs": {}}]}',
            "is not a suite",
        ),
        ('{"name": "x"}', "expects nothing"),
    ],
)
def test_a_file_that_is_no_suite_is_named(tmp_path: Path, text: str | None, complaint: str) -> None:
    if text is not None:
        (tmp_path / "transactions.json").write_text(text)
    with pytest.raises(ConfigError, match=complaint) as caught:
        load_suite("transactions", tmp_path)
    assert str(tmp_path / "transactions.json") in str(caught.value)


def test_every_dataset_has_a_suite_whose_expectations_say_why() -> None:
    assert {file.stem for file in SUITES.glob("*.json")} == set(contracts())
    for name in contracts():
        suite = json.loads((SUITES / f"{name}.json").read_text())
        assert suite["name"] == name
        for one in suite["expectations"]:
            assert one["meta"]["notes"]["content"][0].endswith(".")
            assert one["severity"] in ("critical", "warning", "info")
