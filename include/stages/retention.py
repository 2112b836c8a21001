"""Retention: what its two halves share. `collect` deletes what nothing published, `expire` what is old."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from include.lake import LakeFile
from include.store.connection import transaction
from include.store.retention import lock_retention


@dataclass
class Amount:
    """How much of one kind: paths (or folders), the files in them, and their bytes."""

    paths: int = 0
    files: int = 0
    bytes: int = 0

    def add(self, files: int, size: int) -> None:
        """Counts one more path."""
        self.paths += 1
        self.files += files
        self.bytes += size


@dataclass
class Tally:
    """Amounts by kind, for people to read."""

    amounts: dict[str, Amount] = field(default_factory=dict)

    def add(self, kind: str, files: int, size: int) -> None:
        """Counts one more path of this kind."""
        self.amounts.setdefault(kind, Amount()).add(files, size)

    def figures(self) -> dict[str, dict[str, int]]:
        """The same as JSON."""
        return {kind: vars(amount) for kind, amount in sorted(self.amounts.items())}


def size_of(files: Iterable[LakeFile]) -> tuple[int, int]:
    """How many files these are, and their bytes."""
    sizes = [file.bytes for file in files]
    return len(sizes), sum(sizes)


@contextmanager
def alone() -> Iterator[None]:
    """Neither another retention nor a backup is at work during the `with`; whoever is, is waited for."""
    with transaction() as conn:
        lock_retention(conn)
        yield
