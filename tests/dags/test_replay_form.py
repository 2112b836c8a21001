"""The form of `replay`: what it offers and refuses, and what its values ask for."""

from __future__ import annotations

from copy import deepcopy
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from include.errors import ConfigError
from include.spark_jobs.rules import rules

if TYPE_CHECKING:
    from airflow.sdk import DAG


def asked(dags: dict[str, DAG], **changed: Any) -> dict[str, Any]:
    """What a form asks for as a person leaves it who changes only this."""
    from dags.flows.replay_asked import replay_asked

    return replay_asked(dags["replay"].params.dump() | changed)


def test_every_parameter_of_every_rule_is_a_field(dags: dict[str, DAG]) -> None:
    form = dags["replay"].params.dump()
    for rule in rules().values():
        assert {f"{rule.id}_{name}" for name in ("alert_from", *rule.parameters.model_fields)} <= form.keys()


def test_an_untouched_form_asks_for_nothing_special(dags: dict[str, DAG]) -> None:
    assert asked(dags) == {
        "dataset": "transactions",
        "rule": "all",
        "profile": "default",
        "curve": None,
        "first_day": None,
        "last_day": None,
        "versions": {},
        "overrides": {},
        "alert_thresholds": {},
    }


def test_what_is_filled_in_is_asked_for(dags: dict[str, DAG]) -> None:
    found = asked(
        dags,
        rule="child",
        first_day="2026-03-01",
        child_min_transactions=7,
        child_alert_from=3,
        curve="child.min_transactions",
    )
    assert (found["rule"], found["first_day"], found["last_day"]) == ("child", date(2026, 3, 1), None)
    assert found["overrides"] == {"child": {"min_transactions": 7}}
    assert found["alert_thresholds"] == {"child": 3}
    assert found["curve"] == "child.min_transactions"


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("dry_run", True, False),
        ("dataset", "transactions", "importance"),
        ("rule", "child", "children"),
        ("first_day", "2026-03-01", "yesterday"),
        ("last_day", None, 7),
        ("profile", "sample", "samples"),
        ("curve", "child.min_transactions", "upgrade.weight_rank_within"),
        ("child_min_transactions", 1, 0),
    ],
)
def test_the_form_refuses_what_cannot_be(dags: dict[str, DAG], name: str, good: Any, bad: Any) -> None:
    from airflow.sdk.exceptions import ParamValidationError

    # A copy, since resolving keeps the value.
    param = deepcopy(dags["replay"].params.get_param(name))
    assert param.resolve(good) == good
    with pytest.raises(ParamValidationError):
        param.resolve(bad)


def test_what_the_form_does_not_have_is_refused(dags: dict[str, DAG]) -> None:
    with pytest.raises(ConfigError, match="replay has no parameter first; there are dry_run, dataset, rule"):
        asked(dags, first="2026-03-01")
    with pytest.raises(ConfigError, match="first_day must be a day as YYYY-MM-DD, not '1 March'"):
        asked(dags, first_day="1 March")


def test_a_version_on_trial_is_offered(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    from dags.flows.replay_asked import replay_asked
    from dags.flows.replay_form import replay_form
    from include.spark_jobs.rules import trials

    assert "child_version" not in replay_form()
    (tmp_path / "child_next.py").write_text(
        "from dataclasses import replace\n"
        "from pydantic import Field\n"
        "from include.spark_jobs.rules import child\n"
        "class Next(child.ChildParameters):\n"
        "    most_days: int = Field(9, ge=1, description='most days')\n"
        "RULE = replace(child.RULE, version=2, parameters=Next)\n"
    )
    monkeypatch.setattr(trials, "__path__", [*trials.__path__, str(tmp_path)])
    form = replay_form()
    assert form["child_version"].schema["enum"] == [None, 2]
    values = {name: param.value for name, param in form.items()}
    found = replay_asked(values | {"child_version": 2, "child_most_days": 3})
    assert (found["versions"], found["overrides"]) == ({"child": 2}, {"child": {"most_days": 3}})
