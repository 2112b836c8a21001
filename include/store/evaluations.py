"""Evaluations: what each rule found at a cut, under which parameters and reference versions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple

from psycopg.types.json import Jsonb
from pydantic import BaseModel, ConfigDict

from include.store.connection import Connection, execute, fetch_all, fetch_one
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


class Judging(NamedTuple):
    """How a rule or table judges cuts: its reach in days (None: all days before the cut), and the last cut at
    which it can (None: any; `date.min`: none)."""

    reach: int | None
    until: date | None = None


class Dirty(NamedTuple):
    """The rules to evaluate again, by cut, oldest first; and how many more cuts there are to evaluate."""

    cuts: dict[date, list[str]]
    left: int


def dirty_cuts(
    conn: Connection,
    run: Run,
    through_seq: int,
    asked: Mapping[str, Judging],
    most: int,
    earliest: date | None,
) -> Dirty:
    """What to evaluate again for the run's profile: at most so many cuts, oldest first (ADR 7).

    `asked`: by rule and table. `earliest`: the first cut that has all its state; those before it stay as they
    are (ADR 11).
    """
    rows = fetch_all(
        conn,
        "evaluations/dirty",
        dataset=run.dataset,
        profile=run.profile,
        run_id=run.run_id,
        through_seq=through_seq,
        rules=list(asked),
        reaches=[one.reach for one in asked.values()],
        untils=[one.until for one in asked.values()],
        earliest=earliest,
        most=most,
    )
    in_all = rows[0]["cuts_in_all"] if rows else 0
    return Dirty({row["cut"]: row["rules"] for row in rows}, in_all - len(rows))


def cuts_left(conn: Connection, dataset: str, profile: str) -> int:
    """Dirty cuts that the newest run that is over left to the next; 0 if it failed, or none is over."""
    row = fetch_one(conn, "evaluations/cuts_left", dataset=dataset, profile=profile)
    count: int = row["cuts_left"] if row else 0
    return count


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
