"""Evaluations: what each rule found at a cut, under which parameters and reference versions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from psycopg.types.json import Jsonb
from pydantic import BaseModel, ConfigDict

from include.store.connection import Connection, execute, fetch_all
from include.store.runs import Run


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


def evaluations_of(conn: Connection, run_id: int) -> list[Evaluation]:
    """What the run's detect stage published, by cut and rule."""
    return [Evaluation.model_validate(row) for row in fetch_all(conn, "evaluations/of_run", run_id=run_id)]


def dirty_cuts(
    conn: Connection,
    run: Run,
    through_seq: int,
    reaches: Mapping[str, int | None],
    most: int,
    earliest: date | None,
) -> dict[date, list[str]]:
    """The rules to evaluate again, by cut, for the run's profile: at most so many cuts, oldest first (ADR 7).

    `reaches`: by rule, how many days before a cut its verdict can rest on; None: all. `earliest`: the first
    cut that has all its state; those before it stay as they are (ADR 11).
    """
    rows = fetch_all(
        conn,
        "evaluations/dirty",
        dataset=run.dataset,
        profile=run.profile,
        run_id=run.run_id,
        through_seq=through_seq,
        rules=list(reaches),
        reaches=list(reaches.values()),
        earliest=earliest,
        most=most,
    )
    return {row["cut"]: row["rules"] for row in rows}


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
