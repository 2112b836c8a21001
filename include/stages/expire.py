"""Expire: takes away what is older than its retention. The ledger keeps its rows, and says what is gone.

Marked in the ledger first, and deleted by the next run that comes a lease later (ADR 11). A kill at any
moment leaves at worst files that nobody reads any more, for the next run to delete; never a row that names a
missing file.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from include.lake import bucket, lake
from include.settings import get_settings
from include.spark_jobs.summaries import summaries
from include.spark_jobs.summaries.summary import Summary
from include.stages.retention import Tally, alone, size_of
from include.store.attempts import Figures
from include.store.connection import transaction
from include.store.removals import Store, done, due, mark
from include.store.retention import EVENTS, EXPIRIES, Expiry, old
from include.store.summaries import forget_day, lock_table, old_days

if TYPE_CHECKING:
    from include.quality.data_docs import DataDocs

log = logging.getLogger("vigil.stages")


def expire(dry_run: bool = False) -> Figures:
    """Deletes what was marked at least a lease ago, then marks what is older than its days now.

    Figures: `deleted` and `marked`, each by kind with `paths`, `files` and `bytes`. A dry run does neither
    and gives what it would. A page of Data Docs is named by no row, and deleted at once.
    """
    deleted, marked = Tally(), Tally()
    with alone():
        _delete(deleted, dry_run)
        for expiry in EXPIRIES:
            _mark(marked, expiry, dry_run)
        for table in summaries().values():
            if table.of_events:
                _mark_days(marked, table, dry_run)
        _delete_docs(deleted, dry_run)
    figures = {"deleted": deleted.figures(), "marked": marked.figures()}
    log.info("expire: %s%s", "would have " if dry_run else "", figures)
    return figures


def _delete(tally: Tally, dry_run: bool) -> None:
    with transaction() as conn:
        removals = due(conn)
    for removal in removals:
        files, size = _size(removal.store, removal.path)
        if not dry_run:
            _remove(removal.store, removal.path)
            with transaction() as conn:
                done(conn, removal, files=files, bytes=size)
        kind = removal.path.partition("/")[0] if removal.store == "lake" else "exports"
        tally.add(kind, files, size)


def _mark(tally: Tally, expiry: Expiry, dry_run: bool) -> None:
    days: float = getattr(get_settings(), expiry.setting)
    if days == 0:
        return
    with transaction() as conn:
        paths = old(conn, expiry, days)
        if not dry_run:
            mark(conn, expiry.store, paths, expiry.variable)
    for path in paths:
        tally.add(expiry.kind, *_size(expiry.store, path))


def _mark_days(tally: Tally, table: Summary, dry_run: bool) -> None:
    """Takes days that are older than events may be out of a table of events, and their evaluations away."""
    days: float = getattr(get_settings(), EVENTS.setting)
    if days == 0:
        return
    with transaction() as conn:
        lock_table(conn, table.dataset, table.name, get_settings().profile)
        found = old_days(conn, table.dataset, table.name, days)
        paths = [path for one in found for path in one.paths]
        if not dry_run:
            for one in found:
                forget_day(conn, table.name, one.day)
            mark(conn, "lake", paths, EVENTS.variable)
    for path in paths:
        tally.add("evaluations", *_size("lake", path))


def _size(store: Store, path: str) -> tuple[int, int]:
    if store == "lake":
        return size_of(lake().files(path))
    there = bucket().head(path)
    return (1, there.bytes) if there else (0, 0)


def _remove(store: Store, path: str) -> None:
    if store == "lake":
        lake().remove(path)
    else:
        bucket().remove([path])


def _delete_docs(tally: Tally, dry_run: bool) -> None:
    days = get_settings().retention_docs_days
    if days == 0:
        return
    docs = _data_docs()
    attempts = docs.older_than(datetime.now(UTC) - timedelta(days=days))
    for attempt in attempts:
        sizes = [page.stat().st_size for page in attempt.iterdir()]
        tally.add("docs", len(sizes), sum(sizes))
    if attempts and not dry_run:
        docs.remove(attempts)


def _data_docs() -> DataDocs:
    from include.quality.data_docs import DataDocs

    return DataDocs(get_settings().home / "docs")
