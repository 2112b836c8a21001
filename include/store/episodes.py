"""Detections as people ask for them: an episode, what changed it, and the runs behind it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from include.errors import ConfigError
from include.store.connection import Connection, fetch_all


class Detection(BaseModel):
    """One row of `detections`: cuts and days in the dataset's zone, times in UTC.

    The evidence and everything that it was found with are those of `last_cut` and `through_seq`.
    `export_key` is the file in which it was exported, if it was.
    """

    model_config = ConfigDict(frozen=True)

    detection_id: int
    dataset: str
    rule: str
    profile: str
    entity: dict[str, str]
    opened_cut: date
    last_cut: date
    closed_cut: date | None
    close_reason: Literal["ended", "retracted"] | None
    rule_version: int
    parameters: dict[str, Any]
    reference: str
    evidence: dict[str, Any]
    first_day: date
    last_day: date
    through_seq: int
    opened_run: int
    last_run: int
    closed_run: int | None
    recorded_at: datetime
    closed_at: datetime | None
    export_key: str | None


class Change(BaseModel):
    """What happened to a detection, at which position, when it was recorded (UTC), and by which run."""

    model_config = ConfigDict(frozen=True)

    change: Literal["opened", "ended", "retracted", "reopened", "extended", "shortened"]
    cut: date
    through_seq: int
    recorded_at: datetime
    run_id: int
    dag_id: str
    dag_run_id: str


def get_detection(conn: Connection, detection_id: int) -> Detection:
    """The detection with this id. Raises ConfigError if there is none."""
    rows = fetch_all(conn, "detections/get", detection_id=detection_id)
    if not rows:
        raise ConfigError(f"there is no detection {detection_id}; `make results OUT=dir` lists all")
    return Detection.model_validate(rows[0])


def all_detections(conn: Connection) -> list[Detection]:
    """Every detection of every dataset and profile, open and closed, in the order of their ids."""
    return [Detection.model_validate(row) for row in fetch_all(conn, "detections/get", detection_id=None)]


def changes_of(conn: Connection, detection_id: int) -> list[Change]:
    """The history of a detection, oldest first."""
    rows = fetch_all(conn, "detections/changes", detection_id=detection_id)
    return [Change.model_validate(row) for row in rows]
