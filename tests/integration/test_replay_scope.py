"""What a replay is asked for: the window's cuts, what is compared, and refusals that name what is valid."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from include.errors import ConfigError
from include.settings import Settings
from include.spark_jobs.rules import rules
from include.stages.replay import replay
from include.stages.replay_scope import replay_scope, start_replay
from include.store.connection import transaction
from include.store.evaluations import record_evaluation
from include.store.runs import ReplayScope, get_run
from tests.ledger import evaluation_of, new_run

pytestmark = pytest.mark.usefixtures("database")

DAYS = [date(2026, 3, 1) + timedelta(days=n) for n in range(12)]
Configure = Callable[..., Settings]


def evaluated(days: list[date], profile: str = "default") -> None:
    run = new_run(profile=profile)
    with transaction() as conn:
        for day in days:
            for rule in rules("transactions"):
                evaluation = evaluation_of(run, rule, day + timedelta(days=1), 1)
                record_evaluation(conn, "transactions", evaluation)


def scope(**asked: Any) -> ReplayScope:
    found = replay_scope("transactions", **asked)[1].replay
    assert found is not None
    return found


def test_the_window_has_the_days_that_were_evaluated_and_begins_after_one() -> None:
    evaluated([DAYS[0], DAYS[2], DAYS[3], DAYS[7], DAYS[11]])
    found = scope(first_day=DAYS[2], last_day=DAYS[7])
    assert found.cuts == [DAYS[3], DAYS[4], DAYS[8]]
    assert found.before == DAYS[1]
    assert scope(first_day=DAYS[0], last_day=DAYS[0]).before is None


def test_without_days_it_is_the_week_up_to_the_newest() -> None:
    evaluated(DAYS)
    found = scope()
    assert (found.first_day, found.last_day) == (DAYS[5], DAYS[11])
    assert (len(found.cuts), found.before) == (7, DAYS[5])


def test_what_is_in_force_is_what_is_configured_and_the_rest_is_tried(configure: Configure) -> None:
    evaluated(DAYS[:1])
    configure(rule_parameters={"child": {"min_transactions": 90}})
    label, all_of = replay_scope("transactions", profile="sample", overrides={"upgrade": {"top_share_bp": 7}})
    assert all_of.replay is not None
    assert all_of.replay.in_force["child"]["min_transactions"] == 90
    assert all_of.replay.in_force["upgrade"]["top_share_bp"] == 1000
    assert all_of.parameters["dei_needed"]["min_female"] == 11
    assert all_of.parameters["upgrade"]["top_share_bp"] == 7
    assert label.startswith("sample~")
    assert all_of.replay.profile == "default"


def test_a_curve_is_of_what_is_asked_for_else_changed_else_the_first() -> None:
    evaluated(DAYS[:1])
    changed = {"child": {"average_below_minor": 9}}
    assert scope().curves["child"] == "min_transactions"
    assert scope(overrides=changed).curves["child"] == "average_below_minor"
    curves = scope(overrides=changed, curve="child.min_transactions").curves
    assert curves == {
        "child": "min_transactions",
        "dei_needed": "min_female",
        "upgrade": "min_transactions",
    }


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"rule": "x"}, "x is none of the rules of transactions: all, child, dei_needed, upgrade"),
        ({"profile": "x"}, "there is no profile 'x'; there are default, sample"),
        ({"overrides": {"child": {"x": 1}}}, "its parameters are min_transactions, average_below_minor"),
        ({"overrides": {"child": {"min_transactions": 0}}}, "rule child: min_transactions: .*greater than"),
        (
            {"rule": "child", "overrides": {"upgrade": {}}},
            "upgrade is none of the rules of this replay .*: child",
        ),
        (
            {"rule": "child", "alert_thresholds": {"upgrade": 1}},
            "upgrade is none of the rules of this replay",
        ),
        ({"versions": {"child": 9}}, "rule child has no version 9; in force is 1, on trial are: none"),
        (
            {"rule": "child", "curve": "upgrade.top_share_bp"},
            "none of the curves .*: child.min_transactions, ",
        ),
        (
            {"last_day": date(2025, 1, 1)},
            "the newest that were: 2026-03-01. A backfill of transactions_daily",
        ),
        ({"first_day": date(2026, 4, 1)}, "from 2026-04-01 to 2026-03-01 was evaluated"),
    ],
)
def test_what_cannot_be_is_refused_with_what_is_valid(asked: dict[str, Any], message: str) -> None:
    evaluated(DAYS[:1])
    with pytest.raises(ConfigError, match=message):
        replay_scope("transactions", **asked)


def test_a_dataset_without_rules_or_verdicts_cannot_be_replayed() -> None:
    with pytest.raises(ConfigError, match="all is none of the rules of importance: it has none"):
        replay_scope("importance")
    with pytest.raises(ConfigError, match="nothing of transactions was evaluated under profile default yet"):
        replay_scope("transactions")


def test_a_retry_compares_what_the_first_try_fixed(configure: Configure) -> None:
    evaluated(DAYS[:2])
    run = {"dag_id": "replay", "dag_run_id": "manual__1", "started_at": datetime(2026, 3, 2, tzinfo=UTC)}
    first = start_replay(**run, dataset="transactions", rule="child")
    evaluated(DAYS[2:])
    configure(rule_parameters={"child": {"min_transactions": 90}})
    assert start_replay(**run, dataset="transactions", rule="child") == first
    with transaction() as conn:
        found = get_run(conn, first)
    assert found.dry_run
    assert (found.cut, found.through_seq) == (DAYS[2], 0)
    assert found.scope.replay is not None
    assert found.scope.replay.cuts == [DAYS[1], DAYS[2]]
    assert found.scope.replay.in_force["child"]["min_transactions"] == 80


def test_only_a_replays_run_is_replayed() -> None:
    with pytest.raises(ConfigError, match="is no replay; trigger the DAG replay"):
        replay(new_run(dry_run=True).run_id)
