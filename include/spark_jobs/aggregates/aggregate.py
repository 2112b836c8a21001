"""What an aggregate is, and how parts of one merge."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

KeyType = Literal["string", "int", "bigint", "date"]


@dataclass(frozen=True)
class Measure:
    """One measured column: its Spark type, the way in which two values of it become one, and what it says.

    Sums are of integers, a boolean "was ever" is a `max`: every merge is commutative, associative and exact.
    """

    type: Literal["bigint", "boolean", "date", "int", "string"]
    merge: Literal["sum", "min", "max"]
    doc: str


@dataclass(frozen=True)
class Aggregate:
    """Mergeable state of one dataset: one row per key.

    `build`: events (the contract's good fields, chunk_id, line, event_day) -> one row per (chunk_id,
    event_day, *keys) with every measure. `version` changes with the meaning of any column: state of another
    version is never read.
    """

    name: str
    dataset: str
    version: int
    doc: str
    owner: str
    keys: Mapping[str, KeyType]
    measures: Mapping[str, Measure]
    build: Callable[[DataFrame], DataFrame]

    @property
    def schema(self) -> str:
        """Columns of the merged state and of a checkpoint, as Spark DDL."""
        types = {**self.keys, **{name: measure.type for name, measure in self.measures.items()}}
        return ", ".join(f"{name} {kind}" for name, kind in types.items())

    @property
    def delta_schema(self) -> str:
        """Columns of a delta, as Spark DDL."""
        return f"chunk_id string, event_day date, {self.schema}"

    def delta(self, events: DataFrame) -> DataFrame:
        """Events -> one batch's contribution, columns of `delta_schema`."""
        return self.build(events).select("chunk_id", "event_day", *self.keys, *self.measures)

    def merge(self, parts: DataFrame) -> DataFrame:
        """Rows of any number of parts (deltas, checkpoints) -> one row per key, columns of `schema`."""
        from pyspark.sql import functions as F

        how = {"sum": F.sum, "min": F.min, "max": F.max}
        measures = [how[measure.merge](name).alias(name) for name, measure in self.measures.items()]
        return parts.groupBy(*self.keys).agg(*measures).select(*self.keys, *self.measures)
