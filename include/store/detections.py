"""Detections: episodes of what holds from cut to cut, and the folding of evaluations into them (ADR 7)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from psycopg.types.json import Jsonb

from include.errors import VigilError
from include.store.connection import Connection, execute, fetch_all, fetch_one, sql
from include.store.evaluations import Evaluation

CHANGES = ("opened", "refreshed", "ended", "retracted", "reopened", "extended", "shortened")


class Holding(NamedTuple):
    """One entity that holds, the values that met the parameters, and the event days that they rest on."""

    entity: dict[str, str]
    evidence: dict[str, Any]
    first_day: date
    last_day: date


# What held by an evaluation, wherever that is kept.
ReadHolding = Callable[[Evaluation], Iterable[Holding]]


def load_time(conn: Connection) -> datetime:
    """The processing time that everything in one load carries, UTC."""
    row = fetch_one(conn, "detections/now")
    assert row is not None
    recorded_at: datetime = row["recorded_at"]
    return recorded_at


def lock_episodes(conn: Connection, dataset: str, profile: str, rules: Iterable[str]) -> None:
    """Waits until no load changes these rules' episodes under the profile, and keeps loads waiting until this
    transaction ends. Sorted, so that two never wait for each other.
    """
    for rule in sorted(set(rules)):
        execute(conn, "detections/lock", dataset=dataset, rule=rule, profile=profile)


def is_superseded(conn: Connection, dataset: str, evaluation: Evaluation) -> bool:
    """Whether an evaluation of the same cut that knew more was loaded before."""
    where = evaluation.model_dump(include={"rule", "profile", "cut", "through_seq"})
    found = fetch_one(conn, "detections/superseded", dataset=dataset, **where)
    assert found is not None
    superseded: bool = found["superseded"]
    return superseded


def fold(
    conn: Connection, dataset: str, evaluation: Evaluation, read: ReadHolding, recorded_at: datetime
) -> bool:
    """Brings the episodes of a rule and profile to what one evaluation says of its cut, in the caller's
    transaction, which holds their lock (`lock_episodes`).

    Gives False, and changes nothing, if it `is_superseded`. The history is written by `note_changes`, once
    for all folds of a load.
    """
    if is_superseded(conn, dataset, evaluation):
        return False
    where = {"dataset": dataset} | evaluation.model_dump(include={"rule", "profile", "cut"})
    beside = fetch_one(conn, "detections/neighbours", **where)
    assert beside is not None
    load = {"run_id": evaluation.run_id, "recorded_at": recorded_at}
    values = where | beside | load | _found_with(evaluation)
    conn.execute(sql("detections/prepare_fold"))
    _take_in(conn, "detections/copy_holding", read(evaluation))
    execute(conn, "detections/analyze_holding")
    execute(conn, "detections/classify", **where, **beside)
    execute(conn, "detections/remember", **load)
    execute(conn, "detections/retract", **values)
    execute(conn, "detections/go_on", **values)
    execute(conn, "detections/join")
    execute(conn, "detections/move", **values)
    execute(conn, "detections/end", **values, **_values_before(conn, where, beside["cut_before"], read))
    execute(conn, "detections/open_rest", **values)
    execute(conn, "detections/open", **values)
    return True


def note_changes(
    conn: Connection, evaluations: Sequence[Evaluation], recorded_at: datetime
) -> dict[str, dict[str, int]]:
    """Writes the history of what this transaction's folds of a run's evaluations changed on the whole.

    Gives the number of episodes by change (CHANGES) and rule.
    """
    counts = {change: dict.fromkeys(sorted({one.rule for one in evaluations}), 0) for change in CHANGES}
    if not evaluations:
        return counts
    conn.execute(sql("detections/prepare_fold"))
    of_run = {"run_id": evaluations[0].run_id, "through_seq": evaluations[0].through_seq}
    for row in fetch_all(conn, "detections/note_changes", **of_run, recorded_at=recorded_at):
        counts[row["change"]][row["rule"]] = row["episodes"]
    return counts


def mark_loaded(conn: Connection, evaluation: Evaluation, *, superseded: bool) -> None:
    """Notes on the evaluation that it was loaded. Raises VigilError if it was before, or is not recorded."""
    which = evaluation.model_dump(include={"run_id", "rule", "cut"})
    if execute(conn, "detections/mark_loaded", **which, superseded=superseded) != 1:
        raise VigilError(
            f"run {evaluation.run_id}, rule {evaluation.rule}, cut {evaluation.cut}: "
            "there is no evaluation that waits to be loaded"
        )


def _values_before(
    conn: Connection, where: dict[str, Any], cut_before: date | None, read: ReadHolding
) -> dict[str, Any]:
    """The evaluation at the cut before, taken in if an episode falls back to its values there."""
    needed = fetch_one(conn, "detections/needs_values_before")
    assert needed is not None
    row = fetch_one(conn, "detections/loaded_at", **where | {"cut": cut_before}) if needed["needed"] else None
    if row is None:
        return dict.fromkeys(
            ("before_version", "before_parameters", "before_reference", "before_seq", "before_run")
        )
    before = Evaluation.model_validate(row)
    _take_in(conn, "detections/copy_holding_before", read(before))
    return {
        "before_version": before.rule_version,
        "before_parameters": Jsonb(before.parameters),
        "before_reference": before.reference,
        "before_seq": before.through_seq,
        "before_run": before.run_id,
    }


def _found_with(evaluation: Evaluation) -> dict[str, Any]:
    known = evaluation.model_dump(include={"rule_version", "reference", "through_seq"})
    return known | {"parameters": Jsonb(evaluation.parameters)}


def _take_in(conn: Connection, query: str, holding: Iterable[Holding]) -> None:
    with conn.cursor() as cursor, cursor.copy(sql(query)) as copy:
        copy.set_types(["jsonb", "jsonb", "date", "date"])
        for entity, evidence, first_day, last_day in holding:
            copy.write_row((entity, evidence, first_day, last_day))
