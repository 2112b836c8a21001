"""Collect: deletes from the lake what nothing published and nothing will ever read (ADR 2, ADR 11).

That is what killed and superseded attempts wrote, what dry runs wrote, and bytes of chunks that were read and
never recorded. What is not known for garbage is left alone: other folders, and those of runs that the ledger
does not have.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from include.datasets import contracts
from include.lake import LakeFile, lake
from include.settings import get_settings
from include.stages.retention import Tally, alone, size_of
from include.store.attempts import Figures
from include.store.connection import transaction
from include.store.objects import lock_landing
from include.store.retention import Tried, collectable, fence, kept_chunks, known_runs, landing

log = logging.getLogger("vigil.stages")

# Kind of folder -> the stage whose attempts write there. Of state, deltas and checkpoints are kinds.
STAGE_OF = {
    "incoming": "land",
    "events": "check",
    "quarantine": "check",
    "reference": "aggregate",
    "deltas": "aggregate",
    "checkpoints": "detect",
    "evaluations": "detect",
    "replays": "detect",
}
TOPS = ("incoming", "events", "quarantine", "reference", "state", "evaluations", "replays")
FOLDER = re.compile(r"(?P<before>.+)/run=(?P<run>[0-9]+)/attempt=(?P<attempt>[0-9]+)(?=/)")


@dataclass(frozen=True)
class Folder:
    """What one attempt wrote of one kind: its path in the lake, how many files, their bytes."""

    path: str
    kind: str
    by: Tried
    files: int
    bytes: int


def collect(dry_run: bool = False) -> Figures:
    """Deletes, or in a dry run only counts, unpublished outputs that are `retention_unpublished_days` old.

    Figures: per kind of folder `paths`, `files` and `bytes`.
    """
    days = get_settings().retention_unpublished_days
    tally = Tally()
    if days > 0:
        with alone():
            _collect_folders(tally, days, dry_run)
            _collect_aside(tally, days, dry_run)
            for dataset in contracts():
                _collect_chunks(tally, dataset, days, dry_run)
    log.info("collect: %s %s", "would delete" if dry_run else "deleted", tally.figures() or "nothing")
    return tally.figures()


def _collect_folders(tally: Tally, days: float, dry_run: bool) -> None:
    found = list(_folders())
    runs = {folder.by.run_id for folder in found}
    with transaction() as conn:
        if strange := sorted(runs - known_runs(conn, runs)):
            log.warning(
                "collect: the lake has outputs of %d runs that are not in the ledger (%s, ...): left alone; "
                "is %s this ledger's lake?",
                len(strange),
                strange[0],
                lake().root,
            )
        wanted = collectable(conn, {folder.by for folder in found}, days)
    if not dry_run:
        # Committed before the first file goes: whoever wakes up late can then not publish half of a folder.
        with transaction() as conn:
            wanted = fence(conn, wanted, days)
    for folder in found:
        if folder.by in wanted:
            if not dry_run:
                lake().remove(folder.path)
            tally.add(folder.kind, folder.files, folder.bytes)


def _collect_aside(tally: Tally, days: float, dry_run: bool) -> None:
    """What was written aside to become a chunk, by nobody's attempt, and stayed; and folders left empty."""
    before = datetime.now(UTC) - timedelta(days=days)
    for file in list(lake().files("incoming")):
        if file.modified < before and not FOLDER.match(file.path):
            if not dry_run:
                lake().remove(file.path)
            tally.add("incoming", 1, file.bytes)
    if not dry_run:
        for top in TOPS:
            lake().remove_empty(top, before)


def _folders() -> Iterator[Folder]:
    """Every attempt's folder in the lake."""
    for top in TOPS:
        found: dict[str, tuple[re.Match[str], list[LakeFile]]] = {}
        for file in lake().files(top):
            if where := FOLDER.match(file.path):
                found.setdefault(where[0], (where, []))[1].append(file)
        for path, (where, files) in found.items():
            kind = where["before"].rpartition("/")[2] if top == "state" else top
            if kind in STAGE_OF:
                by = Tried(int(where["run"]), STAGE_OF[kind], int(where["attempt"]))
                yield Folder(path, kind, by, *size_of(files))


def _collect_chunks(tally: Tally, dataset: str, days: float, dry_run: bool) -> None:
    """Bytes under their hash that no row of the ledger wants.

    Whoever lands a chunk claims its object first, and records it under the same lock that is held here: where
    nothing is claimed, nobody can be about to record bytes that are there already.
    """
    before = datetime.now(UTC) - timedelta(days=days)
    listed = list(lake().files(f"chunks/{dataset}"))
    old = {file.path.rpartition("/")[2]: file for file in listed if file.modified < before}
    with transaction() as conn:
        lock_landing(conn, dataset)
        kept = kept_chunks(conn, dataset, {chunk_id: file.path for chunk_id, file in old.items()})
        garbage = [file for chunk_id, file in old.items() if not kept.get(chunk_id)]
        unknown = len(old.keys() - kept.keys())
        if garbage and landing(conn, dataset):
            log.info("collect: %s is being landed, so its %d unknown chunks wait", dataset, len(garbage))
            return
        if unknown > len(listed) / 2:
            log.warning(
                "collect: the ledger does not know %d of the %d chunks of %s in the lake: left alone; "
                "is %s this ledger's lake?",
                unknown,
                len(listed),
                dataset,
                lake().root,
            )
            return
        for file in garbage:
            if not dry_run:
                lake().remove(file.path)
            tally.add("chunks", 1, file.bytes)
