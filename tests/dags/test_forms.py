"""The trigger form: what it offers, what it refuses, and what a run reads from it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from include.errors import ConfigError
from include.spark_jobs.rules import rules
from include.stages.start import start
from include.store.connection import transaction
from include.store.runs import get_run

if TYPE_CHECKING:
    from airflow.sdk import DAG

    from tests.conftest import Configure


def values(dags: dict[str, DAG], dataset: str = "transactions", **changed: Any) -> dict[str, Any]:
    """A form as a person leaves it who changes only this."""
    form = dags[dataset].params.dump()
    assert changed.keys() <= form.keys()
    return form | changed


def test_every_parameter_of_every_rule_is_a_field(dags: dict[str, DAG]) -> None:
    form = values(dags)
    for rule in rules("transactions").values():
        for name in ["alert_from", *rule.parameters.model_fields]:
            assert form[f"{rule.id}_{name}"] is None


def test_an_untouched_form_asks_for_nothing_special(dags: dict[str, DAG]) -> None:
    from dags.flows.asked import asked_for

    asked = asked_for("transactions", values(dags))
    assert asked.pop("dry_run") is False
    assert asked.pop("profile") == "default"
    assert asked.pop("max_chunks") == 50
    assert asked.pop("max_bytes") == 1 << 30
    assert asked == {"overrides": {}, "alert_thresholds": {}}
    assert asked_for("importance", values(dags, "importance")) == {
        "dry_run": False,
        "max_chunks": 50,
        "max_bytes": 1 << 30,
    }


@pytest.mark.usefixtures("database")
def test_a_run_is_what_the_form_says(dags: dict[str, DAG]) -> None:
    from datetime import UTC, datetime

    from dags.flows.asked import asked_for

    form = values(
        dags, profile="sample", child_min_transactions=7, child_alert_from=3, dry_run=True, max_chunks=2
    )
    run_id = start(
        dataset="transactions",
        dag_id="transactions",
        dag_run_id="manual__1",
        started_at=datetime(2026, 3, 1, tzinfo=UTC),
        **asked_for("transactions", form),
    )

    with transaction() as conn:
        run = get_run(conn, run_id)
    assert run.dry_run
    assert run.profile.startswith("sample~")
    assert run.scope.max_chunks == 2
    assert run.scope.parameters["child"]["min_transactions"] == 7
    assert run.scope.parameters["upgrade"] == {
        **rules("transactions")["upgrade"].parameters().model_dump(mode="json"),
        **rules("transactions")["upgrade"].profiles["sample"],
    }
    assert run.scope.alert_thresholds == {"child": 3}


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("profile", "sample", "samples"),
        ("max_chunks", 1, 0),
        ("max_bytes", 1, 0),
        ("child_alert_from", 1, 0),
        ("child_min_transactions", 1, 0),
        ("child_min_transactions", None, "many"),
        ("upgrade_weight_rank_within", "top_customers", "everywhere"),
        ("dry_run", True, "yes"),
    ],
)
def test_the_form_refuses_what_cannot_be(dags: dict[str, DAG], name: str, good: Any, bad: Any) -> None:
    from airflow.sdk.exceptions import ParamValidationError

    param = dags["transactions"].params.get_param(name)
    assert param.resolve(good) == good
    with pytest.raises(ParamValidationError):
        param.resolve(bad)


def test_the_forms_defaults_are_the_settings(configure: Configure) -> None:
    from dags.flows.form import form

    configure(max_chunks=3, profile="sample")
    fields = form("transactions")
    assert (fields["max_chunks"].resolve(), fields["profile"].resolve()) == (3, "sample")


def test_an_empty_field_says_what_it_stands_for(configure: Configure) -> None:
    from dags.flows.form import form

    configure(rule_parameters={"child": {"min_transactions": 5}})
    fields = form("transactions")
    assert str(fields["child_min_transactions"].description).endswith("Empty: as set (5).")
    assert str(fields["child_average_below_minor"].description).endswith("(default 2300, sample 80000).")


def test_a_name_that_the_form_does_not_have_is_refused(dags: dict[str, DAG]) -> None:
    from dags.flows.asked import asked_for

    with pytest.raises(ConfigError, match="no parameter max_chunk; there are dry_run, max_chunks"):
        asked_for("transactions", values(dags) | {"max_chunk": 1})
