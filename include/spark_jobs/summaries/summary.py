"""What a summary is: rows about one day, which a table of its name in Postgres holds for people and tools."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from include.spark_jobs.rules.rule import Inputs
from include.spark_jobs.sequences.sequence import Fact

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame


@dataclass(frozen=True)
class Summary:
    """A table of one dataset, of which each evaluation of a cut writes the day before it, and no other.

    `inputs`: names of the sequences whose facts `build` gets; `reach`: the most of their `days`.
    `build(inputs)` -> one row per `key`, with the `columns`, exact types only. The table in Postgres has
    these columns after `day`. `version` changes with the meaning of a column. `of_events`: the rows are
    events themselves, and expire as events do (ADR 11).
    """

    name: str
    dataset: str
    version: int
    doc: str
    owner: str
    inputs: tuple[str, ...]
    reach: int
    key: tuple[str, ...]
    columns: Mapping[str, Fact]
    build: Callable[[Inputs], DataFrame]
    of_events: bool = False

    def rows(self, inputs: Inputs) -> pa.Table:
        """The day's rows, sorted by key: the columns, in their order."""
        found = self.build(inputs).select(*self.columns).toArrow()
        return found.sort_by([(name, "ascending") for name in self.key])
