"""Evaluate: what rules find at one position, and the verdict on one entity computed again."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from include.errors import ConfigError
from include.lake import lake
from include.settings import get_settings
from include.spark_jobs.detect import found_rows, judged_once, nearest_misses, rule_digest
from include.spark_jobs.rules import rules
from include.spark_jobs.rules.rule import Parameters, Rule
from include.spark_jobs.summaries.summary import Summary
from include.stages.inputs import (
    Checkpointing,
    InputPlan,
    Versions,
    kept_inputs,
    parse_reference,
    plan_inputs,
    read_inputs,
    reference_text,
)
from include.state.plan import Checkpoint
from include.store.connection import transaction
from include.store.evaluations import Evaluation

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import SparkSession

Asked = Mapping[str, tuple[Rule[Any], Parameters]]


@dataclass(frozen=True)
class Position:
    """What a verdict depends on beside rules and parameters (ADR 1): the cut, what is known, the versions of
    reference data by dataset."""

    cut: date
    through_seq: int
    versions: Versions


@dataclass(frozen=True)
class Evaluated:
    """What came of one position: an evaluation per rule, and one per summary; the near misses; the
    checkpoints by state."""

    evaluations: list[Evaluation]
    summaries: list[Evaluation]
    misses: dict[str, list[Any]]
    checkpoints: dict[str, Checkpoint]


@dataclass(frozen=True)
class Evaluator:
    """Evaluates rules (by id, with their parameters) and summaries for a run, under a profile's label,
    writing to folders `<kind>/<dataset>/…/<folder>` of the lake."""

    spark: SparkSession
    run_id: int
    profile: str
    folder: str
    asked: Asked
    summaries: Collection[Summary] = ()

    def evaluate(
        self, position: Position, plan: InputPlan, *, checkpoint: Checkpointing, with_misses: bool
    ) -> Evaluated:
        """What these find at a position, whose inputs the plan says; nothing is recorded."""
        folder = f"{self.folder}/cut={position.cut}"
        with (
            kept_inputs(self.spark, plan, folder, checkpoint) as (inputs, checkpoints),
            judged_once(self.asked.values(), inputs, keep=with_misses) as judged,
        ):
            evaluations = [
                self._written(
                    position,
                    f"{rule.dataset}/{rule.id}/{folder}",
                    found_rows(rule, judged[rule.id]),
                    rule=rule.id,
                    rule_version=rule.version,
                    parameters=parameters.model_dump(mode="json"),
                    reference=reference_text(rule, position.versions),
                )
                for rule, parameters in self.asked.values()
            ]
            tables = [
                self._written(
                    position,
                    f"{summary.dataset}/{summary.name}/{folder}",
                    summary.rows(inputs),
                    rule=summary.name,
                    rule_version=summary.version,
                    parameters={},
                    reference="",
                )
                for summary in self.summaries
            ]
            patterns = [rule for rule, _ in self.asked.values()]
            misses = nearest_misses(patterns, judged) if with_misses else {}
        return Evaluated(evaluations, tables, misses, checkpoints)

    def _written(self, position: Position, folder: str, rows: pa.Table, **what: Any) -> Evaluation:
        path = f"evaluations/{folder}"
        lake().write_parquet(path, rows)
        return Evaluation(
            **what,
            profile=self.profile,
            cut=position.cut,
            through_seq=position.through_seq,
            digest=rule_digest(rows),
            holds=rows.num_rows,
            path=path,
            run_id=self.run_id,
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
