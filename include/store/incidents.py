"""Incidents: what on-call people should know, each once however often reported, until it is over (ADR 9)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from psycopg.types.json import Jsonb
from pydantic import BaseModel, ConfigDict

from include.settings import get_settings
from include.store.connection import Connection, execute, fetch_all, fetch_one, storable

Kind = Literal[
    "detections",
    "held",
    "task_failed",
    "refused_object",
    "stale",
    "missing_run",
    "hanging_run",
    "anomaly",
    "schema_drift",
]
Severity = Literal["info", "warning", "critical"]


class Incident(BaseModel):
    """What an incident's report left: `repeats` is 0 if this report opened it."""

    model_config = ConfigDict(frozen=True)

    incident_id: int
    repeats: int


class NewDetections(BaseModel):
    """A rule's event day: detections `added` since the last alert, `found` in all, some `entities` added."""

    model_config = ConfigDict(frozen=True)

    rule: str
    event_day: date
    added: int
    found: int
    entities: list[dict[str, str]]


def channels() -> list[str]:
    """Where new incidents are delivered: the structured log, and what the settings name."""
    settings = get_settings()
    named = {
        "slack": settings.slack_conn_id,
        "pagerduty": settings.pagerduty_conn_id,
        "email": settings.email_conn_id,
        "webhook": settings.webhook_conn_id or settings.webhook_url,
    }
    return ["log", *(channel for channel, name in named.items() if name)]


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
) -> Incident:
    """The open incident with this fingerprint; a new one goes into the outbox of every channel.

    One that is open already counts the repeat and its time, keeps its first words, and sends nothing. Of one
    that was resolved the row stays, and this opens another.
    `fingerprint`: `<kind>:<dataset>:` and what tells it apart, with colons between. `body` is JSON for people
    and their tools; it holds no personal value.
    """
    row = fetch_one(
        conn,
        "incidents/open",
        fingerprint=fingerprint,
        kind=kind,
        dataset=dataset,
        severity=severity,
        title=storable(title),
        body=Jsonb(_storable(body)),
        run_id=run_id,
        channels=channels(),
    )
    return Incident.model_validate(row)


def resolve_incidents(
    conn: Connection,
    *,
    fingerprint: str,
    body: dict[str, Any],
    run_id: int | None,
    below: bool = False,
    opened_before: datetime | None = None,
) -> list[int]:
    """Ends the open incident with this fingerprint, announced wherever its opening went; gives the ids ended.

    `below`: also those whose fingerprint goes on after this one with a colon, so `task_failed:transactions`
    is every failed task of that dataset. `opened_before`: none that was opened since. `body` is JSON for
    people, its `reason` a sentence; `run_id` the run that ended it, if one did. No such incident: nothing.
    """
    rows = fetch_all(
        conn,
        "incidents/resolve",
        fingerprint=fingerprint,
        below=below,
        opened_before=opened_before,
        resolution=Jsonb(_storable(body)),
        run_id=run_id,
    )
    return [row["incident_id"] for row in rows]


def resolve_incident(conn: Connection, incident_id: int, *, body: dict[str, Any]) -> bool:
    """Ends this incident, as `resolve_incidents` does; whether it was there and open."""
    row = fetch_one(conn, "incidents/fingerprint", incident_id=incident_id)
    return bool(row and resolve_incidents(conn, fingerprint=row["fingerprint"], body=body, run_id=None))


def mended(conn: Connection, dataset: str) -> list[str]:
    """Fingerprints of the dataset's open incidents of stopped chunks and unread objects that are mended."""
    return [row["fingerprint"] for row in fetch_all(conn, "incidents/mended", dataset=dataset)]


def tell_of(
    conn: Connection, incident_id: int, *, dataset: str, profile: str, rule: str, event_day: date
) -> None:
    """Notes that the incident tells of every detection of the rule that the event day has by now."""
    execute(
        conn,
        "incidents/tell_of",
        incident_id=incident_id,
        dataset=dataset,
        profile=profile,
        rule=rule,
        event_day=event_day,
    )


def detections_over(conn: Connection, *, dataset: str, profile: str) -> list[str]:
    """Fingerprints of open incidents none of whose detections is open, wherever those begin by now."""
    rows = fetch_all(conn, "incidents/detections_over", dataset=dataset, profile=profile)
    return [row["fingerprint"] for row in rows]


def failure_told(conn: Connection, *, run_id: int, subject: str) -> bool:
    """Whether an incident says that the run, or a task of it, failed; `subject`: dataset and DAG."""
    row = fetch_one(conn, "incidents/failure_told", run_id=run_id, subject=subject)
    assert row is not None
    told: bool = row["told"]
    return told


def new_detections(
    conn: Connection, *, run_id: int, dataset: str, profile: str, top: int = 5
) -> list[NewDetections]:
    """Per rule and event day in which this run recorded detections first; re-opened episodes are not new.

    With them count those of earlier runs of this dataset and profile that loaded and never came to alert,
    unless a run since then has alerted for them.
    """
    rows = fetch_all(
        conn, "incidents/new_detections", run_id=run_id, dataset=dataset, profile=profile, top=top
    )
    return [NewDetections.model_validate(row) for row in rows]


def _storable(value: Any) -> Any:
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, dict):
        return {key: _storable(one) for key, one in value.items()}
    return [_storable(one) for one in value] if isinstance(value, list | tuple) else value
