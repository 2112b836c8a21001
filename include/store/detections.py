"""Detections: episodes of what holds from cut to cut, and the folding of one evaluation into them (ADR 1)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, NamedTuple

from psycopg.types.json import Jsonb
from pydantic import BaseModel, ConfigDict

from include.errors import VigilError
from include.store.connection import Connection, execute, fetch_all, fetch_one, sql
from include.store.evaluations import Evaluation


class Holding(NamedTuple):
    """One entity that holds, the values that met the parameters, and the event days that they rest on."""

    entity: dict[str, str]
    evidence: dict[str, Any]
    first_day: date
    last_day: date


class Folded(BaseModel):
    """What an evaluation changed, in episodes; nothing if it was superseded."""

    model_config = ConfigDict(frozen=True)

    opened: int = 0
    refreshed: int = 0
    ended: int = 0
    retracted: int = 0
    reopened: int = 0
    superseded: bool = False


def evaluations_of(conn: Connection, run_id: int) -> list[Evaluation]:
    """What the run's detect stage published, by rule."""
    return [Evaluation.model_validate(row) for row in fetch_all(conn, "detections/evaluated", run_id=run_id)]


def load_time(conn: Connection) -> datetime:
    """The processing time that everything in one load carries, UTC."""
    row = fetch_one(conn, "detections/now")
    assert row is not None
    return row["recorded_at"]  # type: ignore[no-any-return]


def lock_episodes(conn: Connection, dataset: str, evaluations: Iterable[Evaluation]) -> None:
    """Waits until no other load changes the same rules' episodes under the same profiles, and keeps others
    waiting until this transaction ends. Sorted, so that two loads never wait for each other.
    """
    for rule, profile in sorted({(evaluation.rule, evaluation.profile) for evaluation in evaluations}):
        execute(conn, "detections/lock", dataset=dataset, rule=rule, profile=profile)


def fold(
    conn: Connection, dataset: str, evaluation: Evaluation, holding: Iterable[Holding], recorded_at: datetime
) -> Folded:
    """Brings the episodes of a rule and profile to what one evaluation says, in the caller's transaction.

    Holds an advisory lock per dataset, rule and profile until that transaction ends: fold several rules in
    the order of their names. An evaluation older than one already loaded, by its cut or sequence number,
    changes nothing.
    """
    key = {"dataset": dataset} | evaluation.model_dump(include={"rule", "profile"})
    position = key | evaluation.model_dump(include={"cut", "through_seq"})
    change = position | {"run_id": evaluation.run_id, "recorded_at": recorded_at}
    values = change | {
        "rule_version": evaluation.rule_version,
        "parameters": Jsonb(evaluation.parameters),
        "reference": evaluation.reference,
    }
    if _count(conn, "detections/superseded", "superseded", position):
        return Folded(superseded=True)
    _take_in(conn, holding)
    refreshed = execute(conn, "detections/refresh", **values)
    closed = fetch_one(conn, "detections/close", **change)
    assert closed is not None
    reopened = _count(conn, "detections/reopen", "reopened", values)
    opened = _count(conn, "detections/open", "opened", values)
    return Folded(opened=opened, refreshed=refreshed, reopened=reopened, **closed)


def mark_loaded(conn: Connection, evaluation: Evaluation, folded: Folded) -> None:
    """Notes on the evaluation that it was loaded. Raises VigilError if it was before, or is not recorded."""
    changed = execute(
        conn,
        "detections/mark_loaded",
        run_id=evaluation.run_id,
        rule=evaluation.rule,
        superseded=folded.superseded,
    )
    if changed != 1:
        raise VigilError(
            f"run {evaluation.run_id}, rule {evaluation.rule}: there is no evaluation that waits to be loaded"
        )


def _take_in(conn: Connection, holding: Iterable[Holding]) -> None:
    conn.execute(sql("detections/prepare_holding"))
    with conn.cursor() as cursor, cursor.copy(sql("detections/copy_holding")) as copy:
        copy.set_types(["jsonb", "jsonb", "date", "date"])
        for entity, evidence, first_day, last_day in holding:
            copy.write_row((entity, evidence, first_day, last_day))
    execute(conn, "detections/analyze_holding")


def _count(conn: Connection, query: str, column: str, values: dict[str, Any]) -> int:
    row = fetch_one(conn, query, **values)
    assert row is not None
    return int(row[column])
