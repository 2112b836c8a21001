"""What a sequence is: facts about entities that rest on their events of the last few days (ADR 13)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

ColumnType = Literal["string", "int", "bigint", "boolean", "date", "timestamp"]


@dataclass(frozen=True)
class Fact:
    """One column of the facts: its Spark type, what it says, and whether it may say nothing (NULL)."""

    type: ColumnType
    doc: str
    optional: bool = False


@dataclass(frozen=True)
class Sequence:
    """Facts about the entities of one dataset that gaps and windows between their events make.

    `keys`: the entity, never NULL. `columns`: what is kept of an event beside chunk_id, event_day and the
    keys. `project`: events (the contract's good fields, chunk_id, line, event_day) -> rows of chunk_id,
    event_day, keys and columns; it may leave events out, or make several rows of one. `days`: how many days
    before a cut count, the last of which is the judged one. `build(rows, cut)`: the rows of these days -> one
    row per entity with every one of the `facts`, or several where the facts are its events; each entity's
    from its own rows alone, whatever their order.
    `version` changes with the meaning of any column: state of another version is never read.
    """

    name: str
    dataset: str
    version: int
    doc: str
    owner: str
    keys: Mapping[str, Literal["string"]]
    columns: Mapping[str, ColumnType]
    project: Callable[[DataFrame], DataFrame]
    days: int
    facts: Mapping[str, Fact]
    build: Callable[[DataFrame, date], DataFrame]

    @property
    def schema(self) -> str:
        """Columns of the facts and of a checkpoint, as Spark DDL."""
        types = {**self.keys, **{name: fact.type for name, fact in self.facts.items()}}
        return ", ".join(f"{name} {kind}" for name, kind in types.items())

    @property
    def delta_schema(self) -> str:
        """Columns of a delta, as Spark DDL."""
        types = {**self.keys, **self.columns}
        return "chunk_id string, event_day date, " + ", ".join(
            f"{name} {kind}" for name, kind in types.items()
        )

    def since(self, cut: date) -> date:
        """The first day that counts at a cut."""
        return cut - timedelta(days=self.days)

    def delta(self, events: DataFrame) -> DataFrame:
        """Events -> one batch's contribution, columns of `delta_schema`."""
        return self.project(events).select("chunk_id", "event_day", *self.keys, *self.columns)

    def judge(self, rows: DataFrame, cut: date) -> DataFrame:
        """Rows of the days that count -> the facts, columns of `schema`."""
        return self.build(rows, cut).select(*self.keys, *self.facts)
