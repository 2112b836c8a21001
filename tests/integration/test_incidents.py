"""The life of an incident: opened, repeated, resolved and opened anew, and the word of it on each channel."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from include.store.connection import transaction
from include.store.incidents import Incident, open_incident, resolve_incidents

pytestmark = pytest.mark.usefixtures("database")


def report(fingerprint: str = "late:transactions:2026-03-01") -> Incident:
    with transaction() as conn:
        return open_incident(
            conn,
            kind="task_failed",
            dataset="transactions",
            severity="warning",
            fingerprint=fingerprint,
            title="late",
            body={},
            run_id=None,
        )


def resolve(fingerprint: str = "late:transactions:2026-03-01", **more: Any) -> list[int]:
    with transaction() as conn:
        return resolve_incidents(
            conn, fingerprint=fingerprint, body={"reason": "it came"}, run_id=None, **more
        )


def rows(query: str) -> list[dict[str, Any]]:
    with transaction() as conn:
        return conn.execute(query).fetchall()


def deliveries() -> list[tuple[int, str, str]]:
    found = rows("select * from outbox order by incident_id, channel, delivery_id")
    return [(row["incident_id"], row["channel"], row["event"]) for row in found]


def test_an_open_incident_is_repeated_and_a_resolved_one_opens_anew() -> None:
    first = report()
    assert report() == Incident(incident_id=first.incident_id, repeats=1)

    assert resolve() == [first.incident_id]
    assert resolve() == []
    second = report()

    assert second.incident_id != first.incident_id
    assert second.repeats == 0
    kept, new = rows("select * from incidents order by incident_id")
    assert (kept["resolution"], kept["repeats"]) == ({"reason": "it came"}, 1)
    assert kept["opened_at"] <= kept["last_at"] <= kept["resolved_at"] <= new["opened_at"]
    assert new["resolved_at"] is new["resolution"] is None


def test_openings_and_resolutions_are_told_on_the_channels_that_were_told(configure: Any) -> None:
    first = report("late:transactions:1").incident_id
    configure(webhook_url="http://127.0.0.1:9/")
    second = report("late:transactions:2").incident_id

    assert resolve("late:transactions", below=True) == [first, second]

    assert deliveries() == [
        (first, "log", "opened"),
        (first, "log", "resolved"),
        (second, "log", "opened"),
        (second, "log", "resolved"),
        (second, "webhook", "opened"),
        (second, "webhook", "resolved"),
    ]
    keys = [row["idempotency_key"] for row in rows("select idempotency_key from outbox")]
    assert len(set(keys)) == 6


@pytest.mark.parametrize(
    ("fingerprint", "below", "ended"),
    [
        ("late:transactions:1", False, {"late:transactions:1"}),
        ("late:transactions:1", True, {"late:transactions:1", "late:transactions:1:a"}),
        ("late:transactions", False, set()),
        ("late:transactions", True, {"late:transactions:1", "late:transactions:1:a", "late:transactions:12"}),
        ("late:trans", True, set()),
    ],
)
def test_a_fingerprint_is_met_whole_or_up_to_a_colon(fingerprint: str, below: bool, ended: set[str]) -> None:
    for one in ("late:transactions:1", "late:transactions:1:a", "late:transactions:12", "late:importance:1"):
        report(one)

    resolve(fingerprint, below=below)

    found = rows("select fingerprint from incidents where resolved_at is not null")
    assert {row["fingerprint"] for row in found} == ended


@pytest.mark.parametrize(("seconds", "ended"), [(-60, False), (60, True)])
def test_what_was_opened_since_stays_open(seconds: int, ended: bool) -> None:
    report()

    assert bool(resolve(opened_before=datetime.now(UTC) + timedelta(seconds=seconds))) is ended


def test_text_that_postgres_cannot_keep_resolves_all_the_same() -> None:
    report()
    with transaction() as conn:
        resolve_incidents(
            conn, fingerprint="late:transactions:2026-03-01", body={"reason": "a\0b"}, run_id=None
        )

    assert rows("select resolution from incidents") == [{"resolution": {"reason": "a\ufffdb"}}]
