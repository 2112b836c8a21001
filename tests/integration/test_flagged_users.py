"""The view flagged_users: users with a detection of any dataset, and whether a model alone says so."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from psycopg.types.json import Jsonb

from include.spark_jobs.rules import rules
from include.store.connection import Connection, transaction
from include.store.models import ModelVersion, publish_model
from tests.integration.ledger import open_test_run

pytestmark = pytest.mark.postgres

DAY, CUT = date(2026, 3, 1), date(2026, 3, 2)
RECORDED, CLOSED = datetime(2026, 3, 2, 6, tzinfo=UTC), datetime(2026, 3, 3, 6, tzinfo=UTC)
DATASETS = ("clickstream", "user_activity", "subscriptions", "payments")
VERSION = "a" * 64
REASONS = {
    "both": {("bot_rate", CLOSED, False), ("payment_risk", None, False)},
    "learned": {("unusual_visits", None, True)},
    "fixed too": {("unusual_visits", None, True), ("many_locations", None, False)},
    "holder": {("trial_abuse", None, False)},
    "closed": {("account_sharing", CLOSED, False)},
}


@pytest.fixture(autouse=True)
def detections(database: str) -> None:
    run_id = open_test_run()
    with transaction() as conn:
        version = ModelVersion(
            model="visit_habits",
            version_id=VERSION,
            model_version=1,
            library="scikit-learn",
            seed=1,
            first_day=DAY,
            last_day=DAY,
            review_by=date(2026, 9, 1),
            figures={},
        )
        publish_model(conn, run_id, version, "models/visit_habits")

        def found(rule: str, close_reason: str | None = None, **entity: str) -> None:
            record(conn, run_id, rule, entity, close_reason)

        found("bot_rate", "ended", user_id="both")
        found("payment_risk", user_id="both")
        found("unusual_visits", user_id="learned")
        found("unusual_visits", user_id="fixed too")
        found("many_locations", user_id="fixed too")
        found("trial_abuse", holder_kind="user", holder="holder")
        found("trial_abuse", holder_kind="device", holder="device_of_somebody")
        found("impossible_travel", "retracted", user_id="retracted")
        found("trial_abuse", "retracted", holder_kind="user", holder="retracted")
        found("account_sharing", "ended", user_id="closed")
        found("contact_scraping", actor_kind="phone", actor="phone_of_somebody")


def record(
    conn: Connection, run_id: int, rule: str, entity: dict[str, str], close_reason: str | None
) -> None:
    """A detection as load leaves it, closed a day later where there is a reason."""
    about = rules()[rule]
    assert entity.keys() == set(about.entity)
    values: dict[str, Any] = {
        "dataset": about.dataset,
        "rule": rule,
        "profile": "default",
        "entity": Jsonb(entity),
        "opened_cut": CUT,
        "last_cut": CUT,
        "closed_cut": CUT if close_reason else None,
        "close_reason": close_reason,
        "rule_version": about.version,
        "parameters": Jsonb({}),
        "reference": f"{about.model.name}={VERSION}" if about.model else "",
        "evidence": Jsonb({}),
        "first_day": DAY,
        "last_day": DAY,
        "through_seq": 1,
        "opened_run": run_id,
        "last_run": run_id,
        "recorded_at": RECORDED,
        "closed_at": CLOSED if close_reason else None,
    }
    marks = ", ".join(f"%({name})s" for name in values)
    conn.execute(f"insert into detections ({', '.join(values)}) values ({marks})", values)


def flagged() -> list[dict[str, Any]]:
    with transaction() as conn:
        return conn.execute("select * from flagged_users").fetchall()


def test_users_are_there_with_each_reason_and_nobody_else() -> None:
    rows = flagged()
    assert len(rows) == sum(map(len, REASONS.values())), "a detection is one row"
    found: dict[str, set[tuple[str, datetime | None, bool]]] = {}
    for row in rows:
        assert row["flagged_at"] == RECORDED
        found.setdefault(row["user_id"], set()).add((row["reason"], row["closed_at"], row["learned"]))
    assert found == REASONS


def test_what_is_learned_is_what_nobody_is_banned_for() -> None:
    """The view and its page say so without naming a rule: it must be true of every rule that they show."""
    shown = [rule for dataset in DATASETS for rule in rules(dataset).values()]
    assert {rule.bannable for rule in shown if rule.model} == {False}
    assert {rule.bannable for rule in shown if not rule.model} == {True}
    users = [rule for rule in shown if {"user_id"} == set(rule.entity)]
    assert [rule.id for rule in shown if rule not in users] == ["trial_abuse"]
