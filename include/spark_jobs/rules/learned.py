"""Rules that were learned: whoever is unusual by a fitted model, and no more than a share of all (ADR 16)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pydantic import Field

from include.spark_jobs.by_value import travels_by_value
from include.spark_jobs.models import scoring
from include.spark_jobs.models.model import Model
from include.spark_jobs.rules.rule import (
    PPM,
    Condition,
    Inputs,
    Judged,
    Parameters,
    Rule,
    integer_quotient,
)
from include.spark_jobs.sequences import sequences

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

SCORED = ("score_ppm", "habit", "habit_ppm", "drivers")
# What a verdict rests on beside the model's own features.
EVIDENCE = (*SCORED, "rank", "scored", "most", "seed")


class LearnedParameters(Parameters):
    """Thresholds of rules that were learned. Liu, Ting and Zhou (Isolation Forest, 2008) take scores over
    0.6 for possible anomalies."""

    score_above_ppm: int = Field(
        600_000, ge=500_000, le=PPM - 1, description="the score must be over this, in parts per million"
    )
    most_share_ppm: int = Field(
        10_000, ge=1, le=PPM, description="at most this share of all that are scored is flagged, in ppm"
    )


def learned_rule(
    module: str, model: Model, *, version: int, pattern_id: str, who: str
) -> Rule[LearnedParameters]:
    """The rule of a file (its `__name__`), which judges by a model; `who`: an entity in words, as a format
    string of its columns."""

    def judge(inputs: Inputs, p: LearnedParameters) -> Judged:
        return _judge(model, inputs, p)

    def say(entity: Mapping[str, str], evidence: Mapping[str, Any], p: LearnedParameters) -> str:
        return _say(who.format_map(entity), evidence, p)

    # What is said of the rule is said in its file.
    judge.__module__ = module
    return Rule(
        id=module.rpartition(".")[2],
        version=version,
        dataset=model.dataset,
        owner=model.owner,
        pattern_id=pattern_id,
        action_type=pattern_id,
        severity="info",
        bannable=False,
        entity=model.entity,
        evidence=(*model.features, *EVIDENCE),
        inputs=(model.sequence,),
        model=model,
        reach=sequences()[model.sequence].days,
        parameters=LearnedParameters,
        judge=judge,
        say=say,
    )


def _judge(model: Model, inputs: Inputs, p: LearnedParameters) -> Judged:
    """Candidates: the entities that did enough in the day, with their scores and their rank by them."""
    from pyspark.sql import Window
    from pyspark.sql import functions as F

    version = _version(inputs[model.name])
    enough = inputs[model.sequence].where(F.col(model.volume) >= model.least)
    facts = enough.select(*model.entity, "first_day", "last_day", *model.features)
    scored = _scored(facts, version, p.score_above_ppm)
    # Who is of equal score is ranked by name, so that a rank never depends on the order of rows.
    order = Window.orderBy(F.col("score_ppm").desc_nulls_last(), *model.entity)
    ranked = scored.select(
        "*",
        F.row_number().over(order).cast("bigint").alias("rank"),
        F.count("*").over(Window.partitionBy()).alias("scored"),
        F.lit(version.seed).cast("bigint").alias("seed"),
    ).withColumn("most", integer_quotient(F.col("scored") * p.most_share_ppm, F.lit(PPM)))
    score, rank, most = F.col("score_ppm"), F.col("rank"), F.col("most")
    unusual = Condition(
        score > p.score_above_ppm,
        F.concat(F.lit(f"a score over {p.score_above_ppm} ppm: it is "), score.cast("string")),
        integer_quotient((p.score_above_ppm + 1 - score) * PPM, F.lit(p.score_above_ppm + 1)),
    )
    among = F.concat(
        F.lit("a place among the first "),
        most.cast("string"),
        F.lit(" of "),
        F.col("scored").cast("string"),
        F.lit(": it is number "),
        rank.cast("string"),
    )
    first = Condition(rank <= most, among, integer_quotient((rank - most) * PPM, F.greatest(most, F.lit(1))))
    return Judged(ranked, [unusual, first])


def _say(entity: str, evidence: Mapping[str, Any], p: LearnedParameters) -> str:
    """The verdict as a sentence."""
    return (
        f"{entity} is unusual for {evidence['drivers']}: score {evidence['score_ppm'] / PPM:.3f} "
        f"(over {p.score_above_ppm / PPM:g}), number {evidence['rank']} of {evidence['scored']} "
        f"that day (the first {evidence['most']} may be flagged); most like habit {evidence['habit']}, which "
        f"{evidence['habit_ppm'] / PPM:.1%} of the training days have."
    )


def _version(rows: DataFrame) -> scoring.Version:
    """The fitted version, read to the client; it is the one row of its input."""
    row = rows.first()
    assert row is not None, "a version is published with its row"
    return scoring.Version.of(row.asDict())


def _scored(facts: DataFrame, version: scoring.Version, explain_above: int) -> DataFrame:
    from pyspark.sql.types import LongType, StringType, StructField, StructType

    travels_by_value(scoring)
    kinds = {name: StringType() if name == "drivers" else LongType() for name in SCORED}
    added = [StructField(name, kind) for name, kind in kinds.items()]
    return facts.mapInArrow(
        scoring.scorer(version, explain_above), StructType([*facts.schema.fields, *added])
    )
