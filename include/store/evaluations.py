"""Evaluations: what each rule found at a cut, under which parameters and reference versions."""

from __future__ import annotations

from datetime import date
from typing import Any

from psycopg.types.json import Jsonb
from pydantic import BaseModel, ConfigDict

from include.store.connection import Connection, execute, fetch_all


class Evaluation(BaseModel):
    """One published verdict of a rule: `path` (in the lake) holds what holds, `digest` is over exactly that.

    `parameters`: all of the rule's, by name. `reference`: `dataset=version` pairs, comma-separated, or empty.
    """

    model_config = ConfigDict(frozen=True)

    rule: str
    rule_version: int
    profile: str
    parameters: dict[str, Any]
    cut: date
    through_seq: int
    reference: str
    digest: str
    holds: int
    path: str
    run_id: int


def record_evaluation(conn: Connection, dataset: str, evaluation: Evaluation) -> None:
    """Publishes an evaluation. Raises psycopg's UniqueViolation if the run has one of this rule."""
    values = evaluation.model_dump() | {"parameters": Jsonb(evaluation.parameters)}
    execute(conn, "evaluations/record", dataset=dataset, **values)


def newest_evaluations(
    conn: Connection, dataset: str, profile: str, cut: date | None = None
) -> list[Evaluation]:
    """Each rule's newest evaluation at the cut (None: the newest evaluated) under the profile, sorted by
    rule."""
    rows = fetch_all(conn, "evaluations/newest_at", dataset=dataset, profile=profile, cut=cut)
    return [Evaluation.model_validate(row) for row in rows]


def evaluated_cuts(conn: Connection, dataset: str, profile: str) -> list[date]:
    """The cuts that have an evaluation under the profile, newest first."""
    return [row["cut"] for row in fetch_all(conn, "evaluations/cuts", dataset=dataset, profile=profile)]
