"""The view user_summary: a row for every user that any dataset knows, with or without a subscription."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from include.spark_jobs.summaries import summaries
from include.store.connection import transaction
from include.store.summaries import replace_day

pytestmark = pytest.mark.postgres

BEFORE, FIRST, SECOND, AFTER = date(2026, 2, 28), date(2026, 3, 1), date(2026, 3, 2), date(2026, 3, 3)
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def tables(database: str) -> None:
    write("user_days", BEFORE, ("both", 0, 7, 0, 0, 0), ("tried", 0, 500, 0, 0, 0))
    write("user_days", FIRST, ("free", 3, 1, 2, 1, 2), ("both", 4, 0, 1, 1, 1))
    write("user_days", SECOND, ("free", 2, 0, 1, 3, 1), ("tried", 0, 1, 0, 0, 0))
    write("user_days", AFTER, ("free", 0, 2, 0, 0, 0))
    write(
        "user_subscriptions",
        FIRST,
        ("both", "s1", "trial", "basic", NOON, 1),
        ("both", "s2", "paid", "basic", NOON, 1),
        ("absent", "s3", "trial", "family", NOON, 2),
    )
    # told of again a day later, and the trial goes on as a paid one
    write(
        "user_subscriptions",
        SECOND,
        ("both", "s2", "paid", "basic", LATER, 1),
        ("absent", "s3", "paid", "family", LATER, 1),
    )
    write(
        "user_payments",
        FIRST,
        ("both", "p1", "failed", NOON, 999, 1),
        ("both", "p1", "paid", NOON, 999, 1),
        ("payer", "p2", "paid", NOON, 500, 1),
    )
    write(
        "user_payments",
        SECOND,
        ("both", "p1", "paid", LATER, 999, 1),
        ("both", "p3", "paid", LATER, 1, 1),
        ("payer", "p2", "chargeback", LATER, 500, 1),
    )


def write(table: str, day: date, *rows: tuple[Any, ...]) -> None:
    with transaction() as conn:
        replace_day(conn, table, list(summaries()[table].columns), day, rows)


def users(*columns: str) -> dict[str, tuple[Any, ...]]:
    with transaction() as conn:
        rows = conn.execute("select * from user_summary").fetchall()
    assert len(rows) == len({row["user_id"] for row in rows}), "a user has one row"
    return {row["user_id"]: tuple(row[name] for name in columns) for row in rows}


def test_users_without_a_subscription_stay() -> None:
    assert users("subscribed", "trials", "paid_subscriptions", "subscribed_at") == {
        "free": (False, 0, 0, None),
        "payer": (False, 0, 0, None),
        "both": (True, 1, 1, NOON),
        "absent": (True, 1, 1, NOON),
        "tried": (False, 0, 0, None),
    }


def test_what_is_told_twice_counts_once() -> None:
    assert users("payments", "failed_payments", "chargebacks", "paid_minor") == {
        "free": (0, 0, 0, 0),
        "payer": (1, 0, 1, 500),
        "both": (2, 1, 0, 1_000),
        "absent": (0, 0, 0, 0),
        "tried": (0, 0, 0, 0),
    }


def test_days_add_up_and_failures_alone_make_none_active() -> None:
    columns = (
        "active_days",
        "first_day",
        "last_day",
        "activities",
        "failed",
        "most_locations",
        "most_devices",
    )
    assert users(*columns) == {
        "free": (2, FIRST, SECOND, 5, 3, 2, 3),
        "payer": (0, None, None, 0, 0, None, None),
        "both": (1, FIRST, FIRST, 4, 7, 1, 1),
        "absent": (0, None, None, 0, 0, None, None),
        "tried": (0, None, None, 0, 501, None, None),
    }
