"""Runs as earlier stages leave them in the ledger and the lake, without the work of those stages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

from include.lake import lake
from include.spark_jobs.detect import rule_digest
from include.spark_jobs.rules import rules
from include.store.attempts import publish_attempt, start_attempt
from include.store.connection import transaction
from include.store.evaluations import Evaluation, record_evaluation
from include.store.runs import Run, Scope, open_run

CUT = date(2026, 1, 31)
DAYS = {"first_day": date(2026, 1, 1), "last_day": CUT - timedelta(days=1)}
_numbers = count(1)

Found = Mapping[str, Sequence[Mapping[str, Any]]]


def new_run(*, profile: str = "default", dry_run: bool = False, started_at: datetime | None = None) -> Run:
    """A run of the transactions, with every rule's default parameters."""
    number = next(_numbers)
    scope = Scope(
        max_chunks=1,
        max_bytes=1,
        parameters={rule.id: rule.parameters().model_dump() for rule in rules("transactions").values()},
    )
    with transaction() as conn:
        return open_run(
            conn,
            dataset="transactions",
            dag_id="transactions",
            dag_run_id=f"test-{number}",
            started_at=started_at or datetime(2026, 2, 1, tzinfo=UTC) + timedelta(seconds=number),
            dry_run=dry_run,
            profile=profile,
            scope=scope,
        )


def evaluation_of(
    run: Run, rule: str, cut: date, through_seq: int, holds: int = 0, path: str = "-"
) -> Evaluation:
    """An evaluation of one rule by a run."""
    return Evaluation(
        rule=rule,
        rule_version=rules()[rule].version,
        profile=run.profile,
        parameters=run.scope.parameters[rule],
        cut=cut,
        through_seq=through_seq,
        reference="",
        digest="0" * 64,
        holds=holds,
        path=path,
        run_id=run.run_id,
    )


def child(customer: str, merchant: str = "M1", transactions: int = 80) -> dict[str, Any]:
    """A row that the rule `child` finds."""
    values = {"transactions": transactions, "amount_minor": transactions * 2000}
    return {"customer": customer, "merchant": merchant} | DAYS | values


def dei_needed(merchant: str) -> dict[str, Any]:
    """A row that the rule `dei_needed` finds."""
    return {"merchant": merchant} | DAYS | dict.fromkeys(rules()["dei_needed"].evidence, 100)


def detected(run: Run, found: Found, *, cut: date = CUT, through_seq: int = 1) -> None:
    """Publishes the run's detect stage with these rows by rule, as Parquet in the lake."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    with transaction() as conn:
        attempt = start_attempt(conn, run.run_id, "detect")
    figures: dict[str, Any] = {"cut": cut.isoformat(), "through_seq": through_seq, "rules": {}}
    evaluations = []
    for rule, rows in found.items():
        path = f"evaluations/{run.dataset}/{rule}/{attempt.folder}"
        folder = Path(lake().path(path))
        folder.mkdir(parents=True)
        table = pa.Table.from_pylist([dict(row) for row in rows])
        if rows:
            pq.write_table(table, folder / "part-0.parquet")
        evaluation = evaluation_of(run, rule, cut, through_seq, len(rows), path)
        evaluation = evaluation.model_copy(update={"digest": rule_digest(table)})
        evaluations.append(evaluation)
        figures["rules"][rule] = {"holds": len(rows), "digest": evaluation.digest, "path": path}
    with transaction() as conn:
        publish_attempt(conn, attempt, figures, output=None, operations=[])
        for evaluation in evaluations:
            if not run.dry_run:
                record_evaluation(conn, run.dataset, evaluation)
