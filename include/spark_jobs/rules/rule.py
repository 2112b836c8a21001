"""What a rule is: one file, one frozen description, pure DataFrame functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

Inputs = Mapping[str, "DataFrame"]


class Parameters(BaseModel):
    """Typed parameters of a rule: integers and words only, each with a description; unknown names are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


P = TypeVar("P", bound=Parameters)


@dataclass(frozen=True)
class Rule(Generic[P]):
    """A pattern.

    `inputs`: names of the aggregates whose merged state `find` gets. `reference`: names of reference datasets, given
    under their own names. `find(inputs, parameters)` -> one row per entity that holds: the `entity` columns (strings),
    `first_day` and `last_day` (the event days that the values rest on) and evidence columns, exact types only.
    `near_misses(inputs, parameters)` -> entity columns, `lacks` (string, what is missing, in words with numbers) and
    `gap` (bigint, parts per million of the missed threshold; smaller is nearer), unsorted, for entities that miss
    exactly one condition. `say(entity, evidence, parameters)` -> the verdict as one sentence. `profiles`: parameters
    that differ from the defaults, by profile name.
    """

    id: str
    version: int
    dataset: str
    pattern_id: str
    action_type: str
    severity: Literal["info", "warning", "critical"]
    bannable: bool
    entity: tuple[str, ...]
    inputs: tuple[str, ...]
    parameters: type[P]
    find: Callable[[Inputs, P], DataFrame]
    near_misses: Callable[[Inputs, P], DataFrame]
    say: Callable[[Mapping[str, str], Mapping[str, Any], P], str]
    reference: tuple[str, ...] = ()
    profiles: Mapping[str, Mapping[str, int | str]] = field(default_factory=dict)
