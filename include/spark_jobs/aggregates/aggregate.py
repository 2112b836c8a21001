"""What an aggregate is, and how two parts of one merge."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

Merge = Literal["sum", "min", "max"]


@dataclass(frozen=True)
class Aggregate:
    """Mergeable state: `keys` and, per measure, the commutative and associative way in which two values become one.

    `build`: events -> one row per (chunk_id, event_day, *keys) with every measure of `merges`. A boolean "was ever"
    is a `max`. `version` changes with the meaning of any column; state of another version is not read.
    """

    name: str
    dataset: str
    version: int
    keys: tuple[str, ...]
    merges: dict[str, Merge]
    build: Callable[[DataFrame], DataFrame]

    def merge(self, parts: DataFrame) -> DataFrame:
        """Rows of any number of parts (deltas, checkpoints) -> one row per key, columns keys + measures."""
        from pyspark.sql import functions as F

        how = {"sum": F.sum, "min": F.min, "max": F.max}
        measures = [how[merge](name).alias(name) for name, merge in self.merges.items()]
        return parts.groupBy(*self.keys).agg(*measures).select(*self.keys, *self.merges)
