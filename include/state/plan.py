"""Which published parts make the state at (cut, through_seq): the three sets of ADR 1, those of ADR 13."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

# A checkpoint is due once the deltas read beside it hold this many times its rows (or this many rows without
# one): below, writing it costs more than merging them again.
ROWS_FACTOR = 2
ROWS_FLOOR = 100_000


@dataclass(frozen=True)
class Delta:
    """One batch's contribution: a lake path, its rows, and its event days (in the dataset's zone)."""

    path: str
    rows: int
    first_day: date
    last_day: date


@dataclass(frozen=True)
class Checkpoint:
    """The merged state of all events of batches up to `through_seq` and of days before `cut`: a lake path,
    its rows."""

    cut: date
    through_seq: int
    path: str
    rows: int


@dataclass(frozen=True)
class StatePlan:
    """The parts of the state of this name at (cut, through_seq).

    `known`: deltas that the checkpoint's batches include, of which only the days from its cut on are missing
    in it. `new`: deltas of later batches. Both count up to the day before `cut`. The sets are disjoint and
    complete. Of a sequence, all deltas count from the day `since` on, the checkpoint is of the same cut, and
    `known` are read again for the entities in `new` only.
    """

    name: str
    cut: date
    through_seq: int
    checkpoint: Checkpoint | None
    known: Sequence[Delta]
    new: Sequence[Delta]
    since: date | None = None

    def with_unpublished(self, delta: Delta) -> StatePlan:
        """The same with a delta that no batch published: a dry run's own."""
        return replace(self, new=[*self.new, delta])

    def checkpoint_due(self, most_deltas: int) -> bool:
        """Whether reading the deltas has become so dear that the merged state should be kept."""
        deltas = self.new if self.checkpoint and self.since else [*self.known, *self.new]
        kept = self.checkpoint.rows if self.checkpoint else 0
        return len(deltas) > most_deltas or sum(delta.rows for delta in deltas) > max(
            ROWS_FLOOR, ROWS_FACTOR * kept
        )
