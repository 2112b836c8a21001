"""The curve of a threshold: how many entities a rule finds at one position, by one parameter's value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import reduce
from typing import Any

from include.spark_jobs.rules.rule import Inputs, Parameters, Rule

# Values to look at, in percent of the one in force; and how many it takes to see a curve.
PERCENT = (25, 50, 75, 90, 95, 100, 105, 110, 125, 150, 200)
FEWEST = 10


def numeric_parameters(rule: Rule[Any]) -> list[str]:
    """The parameters of a rule that can have a curve."""
    return [name for name, schema in _schemas(rule).items() if schema["type"] == "integer"]


def values_around(rule: Rule[Any], parameter: str, today: int, others: Iterable[int]) -> list[int]:
    """Some ten valid values of the parameter around today's, which is among them, and these others too."""
    schema = _schemas(rule)[parameter]
    values = {today * percent // 100 for percent in PERCENT}
    values = {value for value in values | set(others) if _valid(schema, value)}
    for step in range(1, FEWEST):
        if len(values) < FEWEST:
            values |= {value for value in (today - step, today + step) if _valid(schema, value)}
    return sorted(values)


def found_by_value(
    rule: Rule[Any], inputs: Inputs, parameters: Parameters, parameter: str, values: Iterable[int]
) -> dict[int, int]:
    """How many entities the rule finds by each value of one parameter, the others as given.

    One query, so that Spark does once what no value changes.
    """
    from pyspark.sql import functions as F

    def count(value: int) -> Any:
        changed = rule.parameters.model_validate(parameters.model_dump() | {parameter: value})
        return rule.find(inputs, changed).agg(
            F.lit(value).cast("bigint").alias("value"), F.count("*").alias("n")
        )

    counts = reduce(lambda left, right: left.unionByName(right), [count(value) for value in values])
    return {row["value"]: row["n"] for row in sorted(counts.collect(), key=lambda row: row["value"])}


def _schemas(rule: Rule[Any]) -> Mapping[str, Mapping[str, Any]]:
    schemas: Mapping[str, Mapping[str, Any]] = rule.parameters.model_json_schema()["properties"]
    return schemas


def _valid(schema: Mapping[str, Any], value: int) -> bool:
    inside = schema.get("minimum", value) <= value <= schema.get("maximum", value)
    above, below = schema.get("exclusiveMinimum", value - 1), schema.get("exclusiveMaximum", value + 1)
    return bool(inside and above < value < below)
