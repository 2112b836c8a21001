"""What a delivery says, once for all channels: what happened, how bad, since when, who, and where to look.

Personal or not, nobody's id leaves the platform whole: entities are masked here, and nowhere else. The whole
ids are in the store, behind the links and `make explain`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from include.settings import get_settings
from include.store.outbox import Delivery, Event, Told

# Parts of a body that are shown as something else than a fact, if at all.
NOT_FACTS = frozenset({"entities", "airflow_run", "log", "data_docs", "runbook", "rerun"})

LAST = ("budget", "used up: what else happens on this UTC day comes in a digest after midnight UTC")

# Incidents that a digest describes in words, and those that it lists for machines.
MOST_LINES = 20
MOST_LISTED = 200
LISTED = {"incident_id", "fingerprint", "kind", "dataset", "severity", "title", "opened_at", "resolved_at"}


@dataclass(frozen=True)
class Message:
    """A delivery in the words and data that every channel may use; `key` is the same in all its tries.

    `thread` is the same in all messages about one incident. `rerun` is a command, or empty. `data` is all of
    it for machines, JSON values only.
    """

    event: Event
    key: UUID
    thread: str
    severity: str
    title: str
    when: str
    facts: list[tuple[str, str]]
    links: list[tuple[str, str]]
    rerun: str
    data: dict[str, Any]

    @property
    def headline(self) -> str:
        """How bad and what, in one line."""
        how_bad = (
            self.severity.upper() if self.event == "opened" else f"{self.event.upper()}, {self.severity}"
        )
        return f"[{how_bad}] {' '.join(self.title.split())}"

    @property
    def text(self) -> str:
        """Everything as plain lines."""
        about = [*self.facts, *self.links, *([("again", self.rerun)] if self.rerun else [])]
        return "\n".join([self.headline, self.when, *(f"{name}: {value}" for name, value in about)])


def message(delivery: Delivery, incidents: Sequence[Told], *, last: bool = False) -> Message:
    """The message of a delivery that tells these incidents: one, or those of a digest.

    `last`: the channel's budget of the day ends with it, which its readers should know.
    """
    if delivery.event == "digest":
        return _digest(delivery, incidents)
    (incident,) = incidents
    body = _masked(incident.body)
    resolved = delivery.event == "resolved"
    facts = _facts(incident.resolution or {}) if resolved else _facts(body)
    if body.get("entities"):
        facts.append(("entities", "; ".join(in_words(one) for one in body["entities"])))
    if last:
        facts.append(LAST)
    return Message(
        event=delivery.event,
        key=delivery.idempotency_key,
        thread=incident.fingerprint,
        severity=incident.severity,
        title=incident.title,
        when=_when(incident),
        facts=facts,
        links=_links(body),
        rerun="" if resolved else str(body.get("rerun", "")),
        data={"event": delivery.event, **incident.model_dump(mode="json"), "body": body},
    )


def mask(value: str) -> str:
    """The first and last characters of an id, so that those who know it recognise it, and nobody else."""
    kept = min(2, len(value) // 4)
    return f"{value[:kept]}…{value[len(value) - kept :]}"


def _masked(body: Mapping[str, Any]) -> dict[str, Any]:
    if not body.get("entities"):
        return dict(body)
    entities = [{part: mask(str(value)) for part, value in one.items()} for one in body["entities"]]
    return {**body, "entities": entities}


def in_words(entity: Mapping[str, str]) -> str:
    """An entity as messages name it."""
    return ", ".join(f"{part} {value}" for part, value in entity.items())


def _facts(body: Mapping[str, Any]) -> list[tuple[str, str]]:
    shown = {
        key: value for key, value in body.items() if key not in NOT_FACTS and value not in (None, [], "")
    }
    return [(key.replace("_", " "), _value(value)) for key, value in shown.items()]


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_part(key, one)}" for key, one in value.items() if one is not None)
    if isinstance(value, list):
        return "; ".join(_value(one) for one in value)
    return str(value)


def _part(key: str, value: Any) -> str:
    """A value of a stopped chunk, say: `docs` is the path of its page."""
    return f"{get_settings().docs_url.rstrip('/')}/{value}" if key == "docs" else _value(value)


def _when(incident: Told) -> str:
    what = f"incident {incident.incident_id}, {incident.kind} in {incident.dataset}"
    line = f"{what}, since {_utc(incident.opened_at)}"
    if incident.repeats:
        line += f", repeated {incident.repeats} times, last {_utc(incident.last_at)}"
    return line + (f", until {_utc(incident.resolved_at)}" if incident.resolved_at else "")


def _utc(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def _links(body: Mapping[str, Any]) -> list[tuple[str, str]]:
    names = {"airflow_run": "run", "log": "log", "data_docs": "Data Docs", "runbook": "runbook"}
    settings = get_settings()
    links = {"data_docs": settings.docs_url} | {key: str(body[key]) for key in names if body.get(key)}
    if settings.runbooks_url and "runbook" in links:
        links["runbook"] = f"{settings.runbooks_url.rstrip('/')}/{links['runbook'].rpartition('/')[2]}"
    return [(name, links[key]) for key, name in names.items() if links.get(key)]


def _digest(delivery: Delivery, incidents: Sequence[Told]) -> Message:
    counts = Counter(one.severity for one in incidents)
    facts = [(f"incident {one.incident_id}", _line(one)) for one in incidents[:MOST_LINES]]
    if len(incidents) > MOST_LINES:
        facts.append(("and", f"{len(incidents) - MOST_LINES} more, all of them in logs/alerts.jsonl"))
    noun = "incidents" if len(incidents) > 1 else "incident"
    title = f"{len(incidents)} {noun} beyond the daily budget of {delivery.channel}"
    data = {
        "event": "digest",
        "incident_id": None,
        "severity": incidents[0].severity,
        "title": title,
        "counts": dict(counts),
        "incidents": [one.model_dump(mode="json", include=LISTED) for one in incidents[:MOST_LISTED]],
    }
    return Message(
        event="digest",
        key=delivery.idempotency_key,
        thread=f"digest:{delivery.channel}:{delivery.idempotency_key}",
        severity=incidents[0].severity,
        title=title,
        when=", ".join(f"{count} {severity}" for severity, count in counts.items()),
        facts=facts,
        links=[],
        rerun="",
        data=data,
    )


def _line(incident: Told) -> str:
    until = f", until {_utc(incident.resolved_at)}" if incident.resolved_at else ""
    return f"{incident.severity}, {incident.title}, since {_utc(incident.opened_at)}{until}"
