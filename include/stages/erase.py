"""Erase: a subject's originals leave the vault, the lake's bytes and the quarantine, with a receipt (ADR 14).

Detections, state and events stay: they know a pseudonym, which nobody can turn back any more. So the ledger
balances, and a replay finds what it found.
"""

from __future__ import annotations

import logging

from include.errors import ConfigError
from include.lake import lake
from include.spark_jobs.pseudonyms import KINDS, PSEUDONYM, pseudonym
from include.stages.personal import configured_keys, datasets_of
from include.stages.retention import alone, size_of
from include.stages.subject import Subject, canonical
from include.stages.traces import Traces, find_traces
from include.store.connection import Connection, transaction
from include.store.erasures import (
    Holder,
    Receipt,
    earlier_erasures,
    holders,
    next_erasure,
    quarantine_folders,
    record_erasure,
)
from include.store.objects import lock_landing
from include.store.removals import Removal, done, mark, taken_away
from include.store.vault import forget, original, pseudonyms_of

log = logging.getLogger("vigil.stages")

# What no erasure here reaches, whoever it is about.
BEYOND = (
    "backups made before",
    "what killed checks wrote, until it is collected (VIGIL_RETENTION_UNPUBLISHED_DAYS)",
    "files that `make quarantine OUT=` wrote, and corrections put on S3",
    "Postgres's dead rows until it vacuums them, and its write-ahead log",
    "the keys: whoever has them can still tell whether a given value is the one behind a pseudonym",
)


def erase(subject: str, *, kind: str, by: str, reason: str) -> Receipt:
    """Erases a subject, given as its value or as any of its pseudonyms; a second time it finds nothing.

    Raises ConfigError for no name, no reason, an unknown kind, a kind that no dataset has, and a value that
    no contract of the kind makes.
    """
    if not by.strip() or not reason.strip():
        raise ConfigError("an erasure needs a name and a reason; say BY= and REASON=")
    datasets = datasets_of(kind)
    if kind not in KINDS or not datasets:
        raise ConfigError(f"no dataset has personal fields of kind {kind!r}; kinds are {', '.join(KINDS)}")
    with alone():
        with transaction() as conn:
            known, earlier = _subject(conn, subject.strip(), kind)
            folders = quarantine_folders(conn, datasets)
            found = find_traces(known, datasets, holders(conn, datasets), folders)
        with transaction() as conn:
            for name in sorted(datasets):
                # from now on no chunk is driven through again (see redrive)
                lock_landing(conn, name)
            receipt, paths = _take_away(
                conn, known, earlier, found, by.strip(), reason.strip(), sorted(datasets)
            )
        # A kill from here on leaves files that nobody reads; the next run of retention deletes them.
        for path in paths:
            files, size = size_of(lake().files(path))
            lake().remove(path)
            with transaction() as conn:
                done(conn, Removal(store="lake", path=path, setting=_why(receipt)), files=files, bytes=size)
    log.info("erase: receipt %d, %d paths", receipt.erasure_id, len(paths))
    return receipt


def _subject(conn: Connection, given: str, kind: str) -> tuple[Subject, list[int]]:
    """Whom the caller means, and the receipts of earlier erasures."""
    if found := PSEUDONYM.fullmatch(given):
        if found["kind"] != kind:
            raise ConfigError(f"that is a pseudonym of kind {found['kind']!r}, not {kind!r}")
        words, value = {given}, original(conn, given)
    else:
        words, value = set(), canonical(kind, given)
    if value is not None:
        words |= pseudonyms_of(conn, kind, value)
        words |= {pseudonym(secret, kind, value) for secret in configured_keys().secrets}
    earlier = earlier_erasures(conn, words)
    words |= {word for those in earlier.values() for word in those}
    values = frozenset() if value is None else frozenset([value])
    return Subject(kind, frozenset(words), values), list(earlier)


def _take_away(
    conn: Connection,
    known: Subject,
    earlier: list[int],
    found: Traces,
    by: str,
    reason: str,
    datasets: list[str],
) -> tuple[Receipt, list[str]]:
    """Takes everything away from every reader, and keeps the receipt; gives it, and the paths to delete."""
    now = {one.chunk_id: one for one in holders(conn, datasets)}
    # A chunk that is not checked yet is some run's to read.
    waiting = [one for one in found.chunks.values() if "landed" in (one.status, now[one.chunk_id].status)]
    theirs = [one for one in found.chunks.values() if one not in waiting]
    paths = {one.bytes_path for one in theirs} | found.quarantine
    fresh = paths - taken_away(conn, paths).keys()
    bytes_paths, quarantine = sorted(fresh - found.quarantine), sorted(fresh & found.quarantine)
    receipt = Receipt(
        erasure_id=next_erasure(conn),
        by=by,
        reason=reason,
        kind=known.kind,
        pseudonyms=sorted(known.pseudonyms),
        vault_rows=forget(conn, known.pseudonyms),
        chunks=sorted(one.chunk_id for one in theirs),
        bytes_removed=bytes_paths,
        quarantine_removed=quarantine,
        earlier=earlier,
        left=[*_left(theirs, waiting, known), *BEYOND],
    )
    mark(conn, "lake", [*bytes_paths, *quarantine], _why(receipt))
    record_erasure(conn, receipt)
    return receipt, [*bytes_paths, *quarantine]


def _left(theirs: list[Holder], waiting: list[Holder], known: Subject) -> list[str]:
    """What lies where the platform does not delete, of this subject."""
    said = [f"the object that chunk {one.chunk_id[:12]} landed from: {one.first_key}" for one in theirs]
    said += [
        f"chunk {one.chunk_id[:12]} ({one.first_key}), which is being checked: erase again once it is through"
        for one in waiting
    ]
    if not known.values:
        said.append("lines in quarantine: the vault does not know the value, so they could not be searched")
    return said


def _why(receipt: Receipt) -> str:
    return f"make erase, receipt {receipt.erasure_id}"
