"""What a delivery says: masked entities, links, and what is left out."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from include.stages.links import about_run
from include.stages.message import Message, mask, message
from include.store.outbox import Delivery, Told

KEY = UUID(int=7)
OPENED = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)


def told(**changes: Any) -> Told:
    incident: dict[str, Any] = {
        "incident_id": 12,
        "fingerprint": "detections:transactions:child:default:2026-03-01",
        "kind": "detections",
        "dataset": "transactions",
        "severity": "warning",
        "title": "2 CHILD in transactions on 2026-03-01",
        "body": {
            "rule": "child",
            "found": 2,
            "entities": [{"customer": "C1093826151", "merchant": "M348934600"}],
            "runbook": "docs/runbooks/child.md",
            "airflow_run": "http://127.0.0.1:8080/dags/transactions/runs/manual__1",
            "data_docs": "http://127.0.0.1:8080/vigil/transactions/manual__1/docs",
            "rerun": "make rerun DAG=transactions RUN=manual__1",
        },
        "run_id": 3,
        "repeats": 0,
        "opened_at": OPENED,
        "last_at": OPENED,
        "resolved_at": None,
        "resolution": None,
    }
    return Told.model_validate(incident | changes)


def said(event: Any, *incidents: Told) -> Message:
    delivery = Delivery(
        delivery_id=1,
        incident_id=None if event == "digest" else 12,
        channel="slack",
        event=event,
        idempotency_key=KEY,
        tries=0,
        queued_at=OPENED,
        opening=None,
    )
    return message(delivery, incidents or [told()])


@pytest.mark.parametrize(
    ("value", "masked"),
    [
        ("C1093826151", "C1…51"),
        ("12345678", "12…78"),
        ("1234567", "1…7"),
        ("1234", "1…4"),
        ("123", "…"),
        ("", "…"),
    ],
)
def test_a_masked_id_keeps_its_ends_and_never_half_of_it(value: str, masked: str) -> None:
    assert mask(value) == masked


def test_an_opening_says_what_how_bad_since_when_who_and_where_to_look() -> None:
    assert said("opened").text.splitlines() == [
        "[WARNING] 2 CHILD in transactions on 2026-03-01",
        "incident 12, detections in transactions, since 2026-03-01 12:30:00 UTC",
        "rule: child",
        "found: 2",
        "entities: customer C1…51, merchant M3…00",
        "run: http://127.0.0.1:8080/dags/transactions/runs/manual__1",
        "Data Docs: http://127.0.0.1:8080/vigil/transactions/manual__1/docs",
        "runbook: docs/runbooks/child.md",
        "again: make rerun DAG=transactions RUN=manual__1",
    ]


@pytest.mark.parametrize("event", ["opened", "resolved", "digest"])
def test_no_form_of_a_message_holds_a_whole_id(event: str) -> None:
    made = said(event, told(resolved_at=OPENED, resolution={"reason": "over"}))
    everything = json.dumps(made.data) + made.text
    assert "C1093826151" not in everything
    assert "M348934600" not in everything


def test_the_stored_body_stays_whole() -> None:
    incident = told()
    said("opened", incident)
    assert incident.body["entities"] == [{"customer": "C1093826151", "merchant": "M348934600"}]


def test_a_resolution_says_why_and_until_when_and_runs_nothing_again() -> None:
    later = datetime(2026, 3, 1, 14, tzinfo=UTC)
    made = said(
        "resolved", told(resolved_at=later, last_at=later, repeats=2, resolution={"reason": "a run passed"})
    )
    assert made.text.splitlines()[:3] == [
        "[RESOLVED, warning] 2 CHILD in transactions on 2026-03-01",
        "incident 12, detections in transactions, since 2026-03-01 12:30:00 UTC, repeated 2 times, "
        "last 2026-03-01 14:00:00 UTC, until 2026-03-01 14:00:00 UTC",
        "reason: a run passed",
    ]
    assert made.rerun == ""
    assert made.data["resolution"] == {"reason": "a run passed"}


def test_stopped_chunks_are_told_with_their_pages(configure: Any) -> None:
    configure(docs_url="http://127.0.0.1:8081/")
    held = [{"key": "a.csv", "reason": "empty", "docs": None}, {"key": "b.csv", "docs": "x/b.html"}]
    made = said("opened", told(body={"held": held, "unreadable": [], "error": ""}))
    assert made.facts == [("held", "key a.csv, reason empty; key b.csv, docs http://127.0.0.1:8081/x/b.html")]
    assert made.links == [("Data Docs", "http://127.0.0.1:8081/")]


@pytest.mark.parametrize(
    ("airflow", "docs"),
    [
        ("http://127.0.0.1:8080/", "http://127.0.0.1:8080/vigil/transactions/manual__a%2Bb/docs"),
        ("", "http://127.0.0.1:8081"),
    ],
    ids=["the run's own", "the front page"],
)
def test_a_message_about_a_run_leads_to_its_data_docs(configure: Any, airflow: str, docs: str) -> None:
    configure(airflow_url=airflow, docs_url="http://127.0.0.1:8081")
    made = said("opened", told(body=about_run("transactions", "manual__a+b")))
    assert dict(made.links)["Data Docs"] == docs
    assert made.rerun == "make rerun DAG=transactions RUN=manual__a+b"


@pytest.mark.parametrize("base", ["https://example.org/runbooks", "https://example.org/runbooks/"])
def test_a_runbook_is_a_link_where_they_are_served(configure: Any, base: str) -> None:
    configure(runbooks_url=base)
    assert ("runbook", "https://example.org/runbooks/child.md") in said("opened").links


def test_a_digest_counts_all_and_describes_the_worst() -> None:
    incidents = [
        told(incident_id=number, severity="critical" if number < 3 else "info") for number in range(25)
    ]
    made = said("digest", *incidents)
    assert made.title == "25 incidents beyond the daily budget of slack"
    assert made.when == "3 critical, 22 info"
    assert made.severity == "critical"
    assert len(made.facts) == 21
    assert made.facts[-1] == ("and", "5 more, all of them in logs/alerts.jsonl")
    assert [one["incident_id"] for one in made.data["incidents"]] == list(range(25))


def test_all_tries_carry_one_key_and_all_messages_of_an_incident_one_thread() -> None:
    assert said("opened").key == KEY
    assert said("opened").thread == said("resolved", told(resolution={})).thread
