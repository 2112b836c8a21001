"""What came of a dataset's runs, for those who show it to people."""

from __future__ import annotations

from datetime import date
from typing import Any

from pydantic import BaseModel

from include.store.connection import Connection, fetch_all


class StageSeconds(BaseModel):
    """A stage's published attempts: how many, and their mean and longest duration in seconds."""

    stage: str
    runs: int
    mean: float
    longest: float


class NearMiss(BaseModel):
    """An entity that misses one condition of a rule, and what it lacks in words."""

    rule: str
    entity: dict[str, str]
    lacks: str


class Change(BaseModel):
    """What a run's load did to a detection at a cut, and the detection as it is now."""

    change: str
    cut: date
    detection_id: int
    rule: str
    entity: dict[str, str]
    evidence: dict[str, Any]
    opened_cut: date
    closed_cut: date | None
    close_reason: str | None


def chunk_ids(conn: Connection, dataset: str) -> set[str]:
    """Every chunk of the dataset that ever landed: the SHA-256 of its bytes."""
    return {row["chunk_id"] for row in fetch_all(conn, "report/chunk_ids", dataset=dataset)}


def quarantine_reasons(conn: Connection, dataset: str) -> dict[str, int]:
    """Rows by the reason for which they were quarantined."""
    return {row["reason"]: row["rows"] for row in fetch_all(conn, "report/reasons", dataset=dataset)}


def stage_seconds(conn: Connection, dataset: str) -> list[StageSeconds]:
    """The stages in the order of the flow."""
    return [
        StageSeconds.model_validate(row) for row in fetch_all(conn, "report/stage_seconds", dataset=dataset)
    ]


def near_misses(conn: Connection, dataset: str, profile: str) -> list[NearMiss]:
    """Per rule the nearest first, as of the newest run under the profile."""
    rows = fetch_all(conn, "report/near_misses", dataset=dataset, profile=profile)
    return [NearMiss.model_validate(row) for row in rows]


def open_entities(conn: Connection, dataset: str, profile: str) -> dict[str, list[dict[str, str]]]:
    """The entities with an open detection, by rule."""
    found: dict[str, list[dict[str, str]]] = {}
    for row in fetch_all(conn, "report/open_entities", dataset=dataset, profile=profile):
        found.setdefault(row["rule"], []).append(row["entity"])
    return found


def held_by_day(conn: Connection, dataset: str, profile: str) -> dict[str, list[tuple[date, dict[str, str]]]]:
    """By rule the entities that hold, with each of the event days that they hold of."""
    found: dict[str, list[tuple[date, dict[str, str]]]] = {}
    for row in fetch_all(conn, "report/held", dataset=dataset, profile=profile):
        found.setdefault(row["rule"], []).append((row["day"], row["entity"]))
    return found


def changes_of(conn: Connection, run_id: int, most: int) -> list[Change]:
    """What the run changed, at most so many: opened first, by rule."""
    rows = fetch_all(conn, "report/changes", run_id=run_id, most=most)
    return [Change.model_validate(row) for row in rows]


def change_counts(conn: Connection, run_id: int) -> dict[str, dict[str, int]]:
    """{rule: {change: how many detections}} of a run."""
    found: dict[str, dict[str, int]] = {}
    for row in fetch_all(conn, "report/change_counts", run_id=run_id):
        found.setdefault(row["rule"], {})[row["change"]] = row["detections"]
    return found
