"""Detect: what holds at the run's cut, rule by rule, with evidence, digest and near misses."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any
from uuid import uuid4

from include.errors import ConfigError
from include.lake import lake
from include.settings import get_settings
from include.spark_jobs.aggregates import aggregates
from include.spark_jobs.detect import (
    RuleVerdict,
    cut_digest,
    judged_once,
    nearest_misses,
    rule_digest,
    write_evaluation,
)
from include.spark_jobs.rules import rules
from include.spark_jobs.rules.rule import Parameters, Rule
from include.stages.inputs import (
    kept_inputs,
    parse_reference,
    pinned_versions,
    plan_inputs,
    read_inputs,
    reference_text,
)
from include.stages.stage import Outcome, run_stage, spark_for
from include.state.plan import Delta
from include.store.attempts import Attempt, Figures, published_figures
from include.store.connection import Connection, transaction
from include.store.evaluations import Evaluation, record_evaluation
from include.store.runs import Run
from include.store.state import record_checkpoint


def detect(run_id: int) -> Figures:
    """Evaluates every rule of the run's dataset at the position that aggregate pinned (ADR 1).

    Figures: `cut`, `through_seq`, the `digest` of the cut, `seconds`, the `checkpoints` written, and per rule
    `holds`, `digest`, `path` and `near_misses`. Without any event there is no cut, and nothing is evaluated.
    Raises MissingReference if a rule needs reference data of which no version is published.
    """
    return run_stage("detect", run_id, _detect)


def _detect(run: Run, attempt: Attempt) -> Outcome:
    started = time.monotonic()
    asked = {rule.id: (rule, _asked(run, rule)) for rule in rules(run.dataset).values()}
    patterns = [rule for rule, _ in asked.values()]
    with transaction() as conn:
        position = published_figures(conn, run.run_id, "aggregate")
        if position is None:
            raise ConfigError(
                f"run {run.run_id}: detect needs the position that aggregate pins; run that first"
            )
        if position["cut"] is None:
            return Outcome(_figures(None, position["through_seq"], [], {}, {}, started))
        cut, through_seq = date.fromisoformat(position["cut"]), int(position["through_seq"])
        versions = pinned_versions(conn, run.run_id, patterns)
        plan = plan_inputs(conn, patterns, cut, through_seq, versions)
    if run.dry_run:
        plan = plan.with_unpublished(_deltas(position["deltas"]))

    evaluations: list[Evaluation] = []
    with (
        spark_for(attempt) as work,
        kept_inputs(work.spark, plan, attempt.folder, not run.dry_run) as (inputs, checkpoints),
        judged_once(asked.values(), inputs) as judged,
    ):
        for rule, parameters in asked.values():
            path = f"evaluations/{run.dataset}/{rule.id}/{attempt.folder}"
            write_evaluation(rule, judged[rule.id], lake().path(path))
            rows = lake().read_parquet(path)
            evaluations.append(
                Evaluation(
                    rule=rule.id,
                    rule_version=rule.version,
                    profile=run.profile,
                    parameters=parameters.model_dump(mode="json"),
                    cut=cut,
                    through_seq=through_seq,
                    reference=reference_text(rule, versions),
                    digest=rule_digest(rows),
                    holds=rows.num_rows,
                    path=path,
                    run_id=run.run_id,
                )
            )
        misses = nearest_misses(patterns, judged)

    def publish(conn: Connection) -> None:
        for evaluation in evaluations:
            record_evaluation(conn, run.dataset, evaluation)
        for name, checkpoint in checkpoints.items():
            record_checkpoint(conn, run.run_id, aggregates()[name], checkpoint)

    kept = {name: checkpoint.path for name, checkpoint in checkpoints.items()}
    figures = _figures(cut, through_seq, evaluations, misses, kept, started)
    return Outcome(figures, publish, operations=work.operations)


def digest_of(evaluations: Iterable[Evaluation]) -> str:
    """The digest of a cut from its evaluations, hex."""
    return cut_digest(
        RuleVerdict(e.rule, e.rule_version, e.parameters, e.reference, e.digest) for e in evaluations
    )


def evaluate_entity(
    dataset: str,
    rule: str,
    parameters: Mapping[str, Any],
    cut: date,
    through_seq: int,
    reference: str,
    entity: Mapping[str, str],
) -> dict[str, Any] | None:
    """The verdict on one entity, computed again from the published state.

    Gives first_day, last_day and the evidence if it holds, else None. `reference` is the text that
    evaluations and detections keep. Raises ConfigError for an unknown rule,
    pydantic.ValidationError for wrong parameters.
    """
    from pyspark.sql import functions as F

    from include.spark_jobs.session import spark_work

    known = rules(dataset)
    if rule not in known:
        raise ConfigError(f"{dataset} has no rule {rule!r}; it has {', '.join(known)}")
    one = known[rule]
    with transaction() as conn:
        plan = plan_inputs(conn, [one], cut, through_seq, parse_reference(reference))
    with spark_work(get_settings().spark_remote, uuid4()) as work:
        found = one.find(read_inputs(work.spark, plan), one.parameters.model_validate(parameters))
        for column in one.entity:
            found = found.where(F.col(column) == entity[column])
        rows = found.drop(*one.entity).collect()
    return rows[0].asDict() if rows else None


def _asked(run: Run, rule: Rule[Any]) -> Parameters:
    if rule.id not in run.scope.parameters:
        raise ConfigError(
            f"run {run.run_id} was started without parameters for rule {rule.id}, with those of "
            f"{', '.join(run.scope.parameters) or 'none'}; start a new run"
        )
    parameters: Parameters = rule.parameters.model_validate(run.scope.parameters[rule.id])
    return parameters


def _deltas(figures: Mapping[str, Figures]) -> dict[str, Delta]:
    return {
        name: Delta(
            one["path"],
            one["rows"],
            date.fromisoformat(one["first_day"]),
            date.fromisoformat(one["last_day"]),
        )
        for name, one in figures.items()
    }


def _figures(
    cut: date | None,
    through_seq: int,
    evaluations: list[Evaluation],
    misses: Mapping[str, list[Any]],
    checkpoints: Mapping[str, str],
    started: float,
) -> Figures:
    return {
        "cut": cut.isoformat() if cut else None,
        "through_seq": through_seq,
        "rules": {
            e.rule: {"holds": e.holds, "digest": e.digest, "path": e.path, "near_misses": misses[e.rule]}
            for e in evaluations
        },
        "digest": digest_of(evaluations),
        "checkpoints": dict(checkpoints),
        "seconds": round(time.monotonic() - started, 3),
    }
