"""What has been fed: a JSON object per source and dataset, which fixes the names of its chunks beforehand."""

from __future__ import annotations

import fcntl
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Self

from pydantic import BaseModel

from include.lake import bucket
from include.settings import get_settings

FOLDER = "manifests"


class Manifest(BaseModel):
    """One source being fed: `slices` chunks of `rows` data rows, numbered from `first`; `done` are on S3."""

    dataset: str
    source: str
    sha256: str
    rows: int
    slices: int
    first: int
    done: int = 0

    @property
    def finished(self) -> bool:
        """Whether every chunk is on S3."""
        return self.done == self.slices

    @property
    def key(self) -> str:
        """Where it is in the bucket."""
        return f"{FOLDER}/{self.dataset}/{self.sha256}.json"

    @classmethod
    def find(cls, dataset: str, sha256: str) -> Self | None:
        """The manifest of this source, if it has been fed."""
        key = f"{FOLDER}/{dataset}/{sha256}.json"
        return cls.read(key) if bucket().head(key) else None

    @classmethod
    def read(cls, key: str) -> Self:
        """The manifest at this key."""
        return cls.model_validate_json(b"".join(bucket().blocks(key)))

    def save(self) -> None:
        """Writes it to the bucket."""
        bucket().put(self.key, self.model_dump_json(indent=1).encode())


def next_number(dataset: str, prefix: str) -> int:
    """One more than the highest chunk number on S3 or promised to a source whose feeding is not finished."""
    numbers = [-1]
    for page in bucket().pages(f"{prefix}chunk_"):
        for item in page.objects:
            if match := re.match(r"chunk_(\d+)\.(?:csv|json)", item.key.removeprefix(prefix)):
                numbers.append(int(match[1]))
    for page in bucket().pages(f"{FOLDER}/{dataset}/"):
        for item in page.objects:
            promised = Manifest.read(item.key)
            numbers.append(promised.first + promised.slices - 1)
    return max(numbers) + 1


@contextmanager
def numbering() -> Iterator[None]:
    """Keeps two feeds of this checkout from promising the same numbers."""
    home = get_settings().home
    home.mkdir(parents=True, exist_ok=True)
    with (home / "feed.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
