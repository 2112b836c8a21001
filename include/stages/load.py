"""Load: folds what holds at the run's cuts into detection episodes, writes their days into the tables of
summaries, and exports the episodes that it opened to S3.

Files are allotted in the transaction that opens the episodes and written after it, from the store alone: a
task that was killed in between writes the same bytes when it is tried again.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from functools import partial
from typing import Any

from include.errors import VigilError
from include.lake import lake
from include.settings import get_settings
from include.spark_jobs.rules import rules
from include.spark_jobs.rules.rule import Rule
from include.spark_jobs.summaries import summaries
from include.spark_jobs.summaries.summary import Summary
from include.stages.export import export_folder, highest_number, upload
from include.stages.stage import Outcome, run_stage
from include.store.attempts import Attempt, Figures, published_figures
from include.store.connection import Connection, transaction
from include.store.detections import (
    Holding,
    fold,
    is_superseded,
    load_time,
    lock_episodes,
    mark_loaded,
    note_changes,
)
from include.store.evaluations import Evaluation, evaluations_of
from include.store.exports import allot, lock_exports
from include.store.runs import Run
from include.store.summaries import replace_day


def load(run_id: int) -> Figures:
    """Loads what the run's detect stage found, cut by cut, then uploads.

    Gives by change (`opened`, `ended`, …) and rule how many episodes were changed on the whole, the
    `superseded` evaluations as `rule at cut`, and the `files` allotted; a dry run what they would be, and no
    files. Raises VigilError if detect has not been published or its rows are not what the ledger says. An
    upload that fails is made up for by the next call, of this run or any other.
    """
    figures = run_stage("load", run_id, _load)
    upload(run_id)
    return figures


def _load(run: Run, attempt: Attempt) -> Outcome:
    with transaction() as conn:
        judged = _evaluations(conn, run)
    if run.dry_run:
        with transaction() as conn:
            figures = _fold(conn, run, judged)
            conn.rollback()
        return Outcome(figures | {"files": []})
    folder = export_folder(run)
    return Outcome({}, partial(_publish, run, judged, folder, highest_number(folder)))


def _publish(run: Run, judged: list[Evaluation], folder: str, taken: int | None, conn: Connection) -> Figures:
    figures = _fold(conn, run, judged, mark=True)
    lock_exports(conn, folder)
    return figures | {"files": allot(conn, run.run_id, folder, get_settings().export_rows, taken)}


def _evaluations(conn: Connection, run: Run) -> list[Evaluation]:
    detected = published_figures(conn, run.run_id, "detect")
    if detected is None:
        raise VigilError(f"run {run.run_id} cannot load: its detect stage has not been published")
    if not run.dry_run:
        return evaluations_of(conn, run.run_id)
    known = rules(run.dataset)
    return [
        Evaluation(
            rule=rule,
            rule_version=known[rule].version,
            profile=run.profile,
            parameters=run.scope.parameters[rule],
            cut=detected["cut"],
            through_seq=detected["through_seq"],
            reference="",
            path=found["path"],
            digest=found["digest"],
            holds=found["holds"],
            run_id=run.run_id,
        )
        for rule, found in sorted(detected["rules"].items())
    ]


def _fold(conn: Connection, run: Run, judged: list[Evaluation], *, mark: bool = False) -> Figures:
    lock_episodes(conn, run.dataset, run.profile, [evaluation.rule for evaluation in judged])
    recorded_at = load_time(conn)  # after the wait: loads of the same rules are recorded in their order
    superseded = []
    tables = summaries(run.dataset)
    for evaluation in judged:
        if evaluation.rule in tables:
            loaded = _write_day(conn, tables[evaluation.rule], evaluation)
        else:
            loaded = fold(conn, run.dataset, evaluation, partial(holding, run.dataset), recorded_at)
        if mark:
            mark_loaded(conn, evaluation, superseded=not loaded)
        if not loaded:
            superseded.append(f"{evaluation.rule} at {evaluation.cut}")
    of_rules = [evaluation for evaluation in judged if evaluation.rule not in tables]
    return {**note_changes(conn, of_rules, recorded_at), "superseded": superseded}


def _write_day(conn: Connection, table: Summary, evaluation: Evaluation) -> bool:
    """Writes the day before the cut into the summary's table, unless it is there as of later knowledge."""
    if is_superseded(conn, table.dataset, evaluation):
        return False
    rows = lake().read_parquet(evaluation.path, columns=list(table.columns)).to_pylist()
    _as_recorded(evaluation, len(rows))
    day = evaluation.cut - timedelta(days=1)
    replace_day(conn, table.name, list(table.columns), day, (tuple(row.values()) for row in rows))
    return True


def _as_recorded(evaluation: Evaluation, rows: int) -> None:
    if rows != evaluation.holds:
        raise VigilError(f"{evaluation.path} has {rows} rows; the ledger says that {evaluation.holds} hold")


def holding(dataset: str, evaluation: Evaluation) -> list[Holding]:
    """What held by an evaluation, from the lake. Raises VigilError if it is not as many rows as recorded."""
    if evaluation.holds == 0:
        return []
    rule = rules(dataset)[evaluation.rule]
    columns = [*rule.entity, "first_day", "last_day", *rule.evidence]
    table = lake().read_parquet(evaluation.path, columns=columns)
    _as_recorded(evaluation, table.num_rows)
    return [as_holding(rule, row) for row in table.to_pylist()]


def as_holding(rule: Rule[Any], row: Mapping[str, Any]) -> Holding:
    """A row that a rule found, as detections keep it."""
    return Holding(
        entity={name: row[name] for name in rule.entity},
        evidence={name: as_json(row[name]) for name in rule.evidence},
        first_day=row["first_day"],
        last_day=row["last_day"],
    )


def as_json(value: Any) -> Any:
    """An evidence value as it is kept: days as ISO 8601 text, the rest as it is."""
    return value.isoformat() if isinstance(value, date) else value
