"""What a rule is: one file, one frozen description, pure DataFrame functions."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import add, and_, or_
from typing import TYPE_CHECKING, Any, Generic, Literal, NamedTuple, TypeVar

from pydantic import BaseModel, ConfigDict

from include.spark_jobs.models.model import Model

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

Inputs = Mapping[str, "DataFrame"]
PPM = 1_000_000


class Parameters(BaseModel):
    """Typed parameters of a rule: integers and words only, each with a description; unknown names are
    refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


P = TypeVar("P", bound=Parameters)


class Condition(NamedTuple):
    """One of the conditions that an entity must meet to be found.

    `met`: boolean, never NULL. `lacks`: string, what is missing where it is not met. `gap`: bigint, how far
    it is from being met, in parts per million of the threshold; meaningful, and free of errors, only where it
    is not met.
    """

    met: Column
    lacks: Column
    gap: Column


class Judged(NamedTuple):
    """Every candidate of a rule with its values, and the conditions to put to it."""

    candidates: DataFrame
    conditions: Sequence[Condition]


@dataclass(frozen=True)
class Rule(Generic[P]):
    """A pattern.

    `inputs`: names of the aggregates whose merged state `judge` gets. `reference`: names of reference
    datasets, given under their own names; `model`: likewise the model whose newest fitted version judges,
    without which the rule is left out. `judge(inputs, parameters)` -> candidates, one row per entity, with
    the `entity` columns (strings), `first_day` and `last_day` (the event days that the values rest on) and
    the `evidence` columns, exact types only; and the conditions of which all must be met. `say(entity,
    evidence, parameters)` -> the verdict as one sentence. `profiles`: parameters that differ from the
    defaults, by profile name. `reach`: how many days before a cut its verdict can rest on; None: all.
    `version` changes with the meaning of the verdict or of its evidence.
    """

    id: str
    version: int
    dataset: str
    owner: str
    pattern_id: str
    action_type: str
    severity: Literal["info", "warning", "critical"]
    bannable: bool
    entity: tuple[str, ...]
    evidence: tuple[str, ...]
    inputs: tuple[str, ...]
    parameters: type[P]
    judge: Callable[[Inputs, P], Judged]
    say: Callable[[Mapping[str, str], Mapping[str, Any], P], str]
    reference: tuple[str, ...] = ()
    model: Model | None = None
    reach: int | None = None
    profiles: Mapping[str, Mapping[str, int | str]] = field(default_factory=dict)

    @property
    def doc(self) -> str:
        """The docstring of the rule's file."""
        return sys.modules[self.judge.__module__].__doc__ or ""

    @property
    def versioned(self) -> tuple[str, ...]:
        """The names of the inputs of which a verdict keeps the version."""
        return (*self.reference, self.model.name) if self.model else self.reference

    def find(self, inputs: Inputs, parameters: P) -> DataFrame:
        """What holds: entity columns, first_day, last_day and evidence, one row per entity."""
        return self.holding(self.judge(inputs, parameters))

    def near_misses(self, inputs: Inputs, parameters: P) -> DataFrame:
        """What nearly holds: see `missing_one`."""
        return self.missing_one(self.judge(inputs, parameters))

    def holding(self, judged: Judged) -> DataFrame:
        """The candidates that meet every condition, columns as of `find`."""
        holds = judged.candidates.where(reduce(and_, [condition.met for condition in judged.conditions]))
        return holds.select(*self.entity, "first_day", "last_day", *self.evidence)

    def missing_one(self, judged: Judged) -> DataFrame:
        """Candidates that miss exactly one condition: entity columns, `lacks` (string), `gap` (bigint)."""
        from pyspark.sql import functions as F

        candidates, conditions = judged
        missed = reduce(add, [(~condition.met).cast("int") for condition in conditions])
        lacks = F.coalesce(*[F.when(~condition.met, condition.lacks) for condition in conditions])
        gap = F.coalesce(*[F.when(~condition.met, condition.gap) for condition in conditions])
        return candidates.where(missed == 1).select(*self.entity, lacks.alias("lacks"), gap.alias("gap"))


def integer_quotient(dividend: Column, divisor: Column) -> Column:
    """Whole-number division of two bigint columns, without a detour through floats; the divisor must not be
    0."""
    from pyspark.sql import functions as F

    return F.call_function("div", dividend, divisor)


def shortfall(value: Column, least: int, of_what: str) -> Condition:
    """The condition value >= least, least > 0."""
    from pyspark.sql import functions as F

    lacks = F.concat(
        F.lit(f"{of_what}: "),
        value.cast("string"),
        F.lit(f" of {least}, "),
        (least - value).cast("string"),
        F.lit(" short"),
    )
    return Condition(value >= least, lacks, integer_quotient((least - value) * PPM, F.lit(least)))


# Columns of evidence that may not be over a limit: {column: (limit, what it counts)}.
Limits = Mapping[str, tuple[int, str]]


def any_over(limits: Limits) -> Condition:
    """The condition that one of these bigint columns is over its limit.

    `gap` is that of the column that is nearest to it.
    """
    from pyspark.sql import functions as F

    over = reduce(or_, [F.col(name) > limit for name, (limit, _) in limits.items()])
    counts = [
        F.concat(F.col(name).cast("string"), F.lit(f" of {limit + 1} {what}"))
        for name, (limit, what) in limits.items()
    ]
    gaps = [
        integer_quotient((limit + 1 - F.col(name)) * PPM, F.lit(limit + 1))
        for name, (limit, _) in limits.items()
    ]
    return Condition(over, F.concat_ws(", ", *counts), gaps[0] if len(gaps) == 1 else F.least(*gaps))


def said_over(evidence: Mapping[str, Any], limits: Limits) -> str:
    """The counts that are over their limits, in words."""
    return ", ".join(
        f"{evidence[name]:,} {what} (over {limit:,})"
        for name, (limit, what) in limits.items()
        if evidence[name] > limit
    )
