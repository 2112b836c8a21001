"""What waits to be landed: the listing, less what the ledger has seen, less what is still being written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from include.datasets import contract
from include.lake import S3Object, bucket
from include.settings import get_settings
from include.store.connection import Connection, transaction
from include.store.evaluations import cuts_left
from include.store.objects import count_leftovers, unseen

SUCCESS = "_SUCCESS"
LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Pending:
    """`objects`: unseen and settled, in the order of claiming. `leftovers`: what runs left undone.

    `unsettled` counts unseen objects that are still being written, `cuts_left` past cuts that the newest run
    left to be evaluated again. The length is what a run could take now.
    """

    objects: tuple[S3Object, ...]
    leftovers: int
    unsettled: int
    cuts_left: int

    def __len__(self) -> int:
        return len(self.objects) + self.leftovers + self.cuts_left


@dataclass
class _Folder:
    """A chunk that comes as a folder of parts: complete by its marker, or once no part came for a while."""

    newest: datetime = LONG_AGO
    complete: bool = False


def pending(dataset: str) -> Pending:
    """What a run of this dataset could take now; one listing and a few light queries. Claims nothing.

    Raises ConfigError for a dataset that does not exist, botocore's and psycopg's errors when out of reach.
    """
    with transaction() as conn:
        return find_pending(conn, dataset)


def find_pending(conn: Connection, dataset: str) -> Pending:
    """`pending` on a connection that is open."""
    settings = get_settings()
    prefix = contract(dataset).prefix
    pattern = re.compile(settings.key_pattern)
    folders: dict[str, _Folder] = {}
    found: list[tuple[S3Object, datetime]] = []
    for page in bucket().pages(prefix):
        wanted = []
        for item in page.objects:
            name = item.key.removeprefix(prefix)
            folder, _, leaf = name.rpartition("/")
            if leaf == SUCCESS:
                folders.setdefault(folder, _Folder()).complete = True
            elif pattern.fullmatch(name) and not _hidden(name):
                wanted.append(item)
                if folder:
                    known = folders.setdefault(folder, _Folder())
                    known.newest = max(known.newest, item.last_modified)
        found += [(item, page.server_time) for item in unseen(conn, dataset, wanted)]

    def settled(item: S3Object, now: datetime) -> bool:
        if not _older(item.last_modified, now, settings.settle_seconds):
            return False
        folder = folders.get(item.key.removeprefix(prefix).rpartition("/")[0])
        return folder is None or folder.complete or _older(folder.newest, now, settings.folder_settle_seconds)

    ready = sorted((item for item, now in found if settled(item, now)), key=claiming_order)
    return Pending(
        objects=tuple(ready),
        leftovers=count_leftovers(conn, dataset),
        unsettled=len(found) - len(ready),
        cuts_left=cuts_left(conn, dataset, settings.profile),
    )


def claiming_order(item: S3Object) -> tuple[datetime, list[tuple[str, int]]]:
    """Oldest first; those of one moment by name, numbers in it compared as numbers (chunk_2, chunk_10)."""
    return item.last_modified, list(_natural(item.key))


def _natural(key: str) -> Iterator[tuple[str, int]]:
    for text, digits in re.findall(r"(\D*)(\d*)", key):
        yield text, int(digits or -1)
    yield key, -1


def _hidden(name: str) -> bool:
    return any(part.startswith(("_", ".")) for part in name.split("/"))


def _older(written: datetime, now: datetime, seconds: float) -> bool:
    # Both are the server's clock. A time well in the future is a stamp that the writer set, and says nothing.
    return abs(now - written) >= timedelta(seconds=seconds)
