"""The scope of a run: which parameters it gets, and what is refused with which choices."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest

from include.errors import ConfigError
from include.settings import Settings
from include.stages.start import profiles, resolve, start

Configure = Callable[..., Settings]
NOON = datetime(2026, 2, 1, 12, tzinfo=UTC)


def test_layers_of_parameters(configure: Configure) -> None:
    configure(rule_parameters={"child": {"average_below_minor": 2400}})
    label, effective = resolve("transactions")
    assert label == "default"
    assert effective["child"] == {"min_transactions": 80, "average_below_minor": 2400}
    label, effective = resolve("transactions", "sample", {"child": {"min_transactions": 5}})
    assert effective["child"] == {"min_transactions": 5, "average_below_minor": 2400}
    assert effective["dei_needed"] == resolve("transactions", "sample")[1]["dei_needed"]
    assert label.startswith("sample~")


def test_the_label_follows_the_parameters() -> None:
    asked = {"child": {"min_transactions": 90}}
    label, _ = resolve("transactions", overrides=asked)
    again, _ = resolve("transactions", overrides=asked)
    other, _ = resolve("transactions", overrides={"child": {"min_transactions": 91}})
    assert label == again != other
    assert label.startswith("default~")
    assert len(label) == len("default~") + 8


def test_an_override_that_changes_nothing_is_the_configured_profile() -> None:
    assert resolve("transactions", overrides={"child": {"min_transactions": 80}})[0] == "default"


def test_profiles() -> None:
    assert profiles() == ["default", "sample"]


def test_a_profile_that_no_rule_of_the_dataset_knows_is_its_default(configure: Configure) -> None:
    configure(profile="sample")
    assert resolve("importance") == ("sample", {})


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"profile": "smple"}, "no profile 'smple'; there are default, sample"),
        ({"profile": "default~01234567"}, "there are default, sample"),
        ({"overrides": {"chld": {}}}, "no rule chld; there are child, dei_needed, upgrade"),
        (
            {"overrides": {"child": {"min": 3}}},
            "min.*its parameters are min_transactions, average_below_minor",
        ),
        ({"overrides": {"child": {"min_transactions": "many"}}}, "rule child: min_transactions: .*integer"),
        ({"overrides": {"upgrade": {"weight_rank_within": "all"}}}, "'merchant' or 'top_customers'"),
    ],
)
def test_wrong_parameters_name_the_choices(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        resolve("transactions", **arguments)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"dataset": "transaction"}, "there is no dataset 'transaction'; there are clickstream, "),
        ({"started_at": datetime(2026, 2, 1)}, "no time zone"),
        ({"max_chunks": 0}, "max_chunks must be a whole number of at least 1, not 0"),
        ({"max_bytes": -1}, "max_bytes must be"),
        ({"alert_thresholds": {"child": 0}}, "alert threshold of child must be"),
        ({"alert_thresholds": {"x": 1}}, "no rule x; there are child, dei_needed, upgrade"),
    ],
)
def test_wrong_scopes_name_the_choices(arguments: dict[str, Any], message: str) -> None:
    right = {"dataset": "transactions", "dag_id": "d", "dag_run_id": "r", "started_at": NOON}
    with pytest.raises(ConfigError, match=message):
        start(**(right | arguments))


def test_a_setting_for_an_unknown_rule_is_refused(configure: Configure) -> None:
    configure(rule_parameters={"chidl": {}})
    with pytest.raises(ConfigError, match="VIGIL_RULE_PARAMETERS: no rule chidl"):
        resolve("importance")


def test_a_run_is_fixed_at_its_first_start(database: str, configure: Configure) -> None:
    from include.store.connection import transaction
    from include.store.runs import get_run

    configure(max_chunks=7, alert_thresholds={"child": 5})
    asked: dict[str, Any] = {"dataset": "transactions", "dag_id": "d", "dag_run_id": "r", "started_at": NOON}
    run_id = start(**asked, alert_thresholds={"upgrade": 2})
    assert start(**asked, max_chunks=3, profile="sample") == run_id
    with transaction() as conn:
        run = get_run(conn, run_id)
    assert (run.profile, run.scope.max_chunks, run.started_at) == ("default", 7, NOON)
    assert run.scope.alert_thresholds == {"child": 5, "upgrade": 2}
    assert set(run.scope.parameters) == {"child", "dei_needed", "upgrade"}


@pytest.mark.parametrize(
    ("interval_end", "refused"),
    [
        ("2026-01-31T18:30:00+00:00", False),
        ("2026-02-01T00:00:00+05:30", False),
        ("2026-02-01T00:00:00+00:00", True),
        ("2026-01-31T18:31:00+00:00", True),
    ],
)
def test_an_interval_ends_with_a_day_of_the_datasets_zone(interval_end: str, refused: bool) -> None:
    asked = partial(
        start,
        dataset="transactions",
        dag_id="transactions_daily",
        dag_run_id="daily",
        started_at=NOON,
        interval_end=datetime.fromisoformat(interval_end),
    )
    # Without a database, what is not refused fails only when it is written down.
    with pytest.raises(ConfigError, match="a day in Asia/Kolkata" if refused else "VIGIL_POSTGRES_DSN"):
        asked()
