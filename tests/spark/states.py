"""Hand-made state for the rules' tests: pairs and importance as aggregate and publish would leave them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

from include.spark_jobs.aggregates.pairs import AGGREGATE as PAIRS
from include.spark_jobs.rules.rule import Inputs

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

FIRST, LAST = date(2026, 3, 1), date(2026, 3, 9)


class Pair(NamedTuple):
    """One row of the aggregate `pairs`, and the weights that importance holds for it (in millionths)."""

    merchant: str
    customer: str
    transactions: int = 1
    amount_minor: int = 100
    genders: str = ""
    weights: tuple[int, ...] = ()


def inputs(spark: SparkSession, pairs: Iterable[Pair]) -> Inputs:
    """The rules' inputs that these pairs make."""
    rows = list(pairs)
    state = [
        (
            p.merchant,
            p.customer,
            p.transactions,
            p.amount_minor,
            "F" in p.genders,
            "M" in p.genders,
            FIRST,
            LAST,
        )
        for p in rows
    ]
    weights = [(p.customer, p.merchant, sum(p.weights), len(p.weights)) for p in rows if p.weights]
    importance = "customer string, merchant string, weight_sum_micro bigint, weight_count bigint"
    return {
        "pairs": spark.createDataFrame(state, PAIRS.schema),
        "importance": spark.createDataFrame(weights, importance),
    }


def found(rule: Any, given: Inputs, **parameters: Any) -> dict[Any, dict[str, Any]]:
    """What the rule finds: {entity: its row}, an entity of one column being the bare name."""
    rows = rule.find(given, rule.parameters(**parameters)).toArrow().to_pylist()
    return {_entity(rule, row): row for row in rows}


def missed(rule: Any, given: Inputs, **parameters: Any) -> dict[Any, tuple[str, int]]:
    """The rule's near misses: {entity: (what it lacks, gap)}."""
    rows = rule.near_misses(given, rule.parameters(**parameters)).toArrow().to_pylist()
    return {_entity(rule, row): (row["lacks"], row["gap"]) for row in rows}


def _entity(rule: Any, row: dict[str, Any]) -> Any:
    values = tuple(row[column] for column in rule.entity)
    return values[0] if len(values) == 1 else values
