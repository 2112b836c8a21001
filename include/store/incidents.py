"""Incidents: what on-call people should know, each once however often it is reported."""

from __future__ import annotations

from typing import Any, Literal

from psycopg.types.json import Jsonb

from include.settings import get_settings
from include.store.connection import Connection, fetch_one

Kind = Literal["detections", "held", "task_failed", "refused_object"]
Severity = Literal["info", "warning", "critical"]


def channels() -> list[str]:
    """Where a new incident is delivered: always the structured log, and the webhook if `webhook_url` is set."""
    return ["log", "webhook"] if get_settings().webhook_url else ["log"]


def open_incident(
    conn: Connection,
    *,
    kind: Kind,
    dataset: str,
    severity: Severity,
    fingerprint: str,
    title: str,
    body: dict[str, Any],
    run_id: int | None,
) -> int:
    """The id of the incident with this fingerprint; a new one goes into the outbox of every channel.

    One that exists already counts the repeat and its time, keeps its first words, and sends nothing. `body` is
    JSON for people and their tools and holds no personal value.
    """
    row = fetch_one(
        conn,
        "incidents/open",
        fingerprint=fingerprint,
        kind=kind,
        dataset=dataset,
        severity=severity,
        title=title,
        body=Jsonb(body),
        run_id=run_id,
        channels=channels(),
    )
    assert row is not None
    incident_id: int = row["incident_id"]
    return incident_id
