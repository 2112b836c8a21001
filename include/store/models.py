"""Fitted versions of models: reference data that the platform makes itself (ADR 16)."""

from __future__ import annotations

from datetime import date
from typing import Any

from psycopg.types.json import Jsonb
from pydantic import BaseModel, ConfigDict

from include.store.connection import Connection, execute, fetch_all, fetch_one
from include.store.references import publish_version
from include.store.runs import pin_reference


class ModelVersion(BaseModel):
    """A fitted version: of which `model_version`, with which `library` and `seed`, trained on the event days
    from `first_day` to `last_day`, to be reviewed by the day `review_by`; its figures."""

    model_config = ConfigDict(frozen=True, protected_namespaces=())

    model: str
    version_id: str
    model_version: int
    library: str
    seed: int
    first_day: date
    last_day: date
    review_by: date
    figures: dict[str, Any]


def publish_model(conn: Connection, run_id: int, version: ModelVersion, path: str) -> None:
    """Publishes what lies at the lake `path` as the newest version; one published already stays as it is."""
    publish_version(conn, version.model, version.version_id, path, 1, run_id)
    execute(conn, "models/publish", **version.model_dump() | {"figures": Jsonb(version.figures)})


def pinned_model(conn: Connection, run_id: int, model: str) -> ModelVersion | None:
    """The version that this run uses: the newest at the first call that finds one, then the same."""
    version_id = pin_reference(conn, run_id, model)
    if version_id is None:
        return None
    return ModelVersion.model_validate(fetch_one(conn, "models/get", model=model, version_id=version_id))


def newest_models(conn: Connection) -> list[ModelVersion]:
    """The newest version of each model that has one, by name."""
    return [ModelVersion.model_validate(row) for row in fetch_all(conn, "models/newest")]
