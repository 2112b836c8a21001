"""Traces: in which chunks and quarantine files a subject's data lie, in the clear or as a pseudonym."""

from __future__ import annotations

import re
import sys
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache, cached_property

from include.datasets.contract import Contract
from include.lake import lake
from include.spark_jobs.pseudonyms import personal
from include.store.erasures import Holder

# Enough of a phone's last digits to know it by, whatever prefix it is written with.
LAST_DIGITS = 9
# A value that a block's border cuts in two is found in the overlap, even if each character is six.
OVERLAP = 1024

_ESCAPED = re.compile(r"\\+u([0-9a-fA-F]{4})")
_BETWEEN_DIGITS = re.compile(r"[\s().\u200b-\u200f\u202a-\u202e\u2066-\u2069-]")


@dataclass(frozen=True)
class Subject:
    """Whom it is about: a kind, all pseudonyms, and the values as far as they are known."""

    kind: str
    pseudonyms: frozenset[str]
    values: frozenset[str]

    def is_in(self, text: str) -> bool:
        """Whether a value is in it, however its digits and letters are written. May say so too often."""
        plain = _plain(text)
        if self.kind == "phone":
            plain = _BETWEEN_DIGITS.sub("", plain)
        return any(pattern.search(plain) for pattern in self._patterns)

    @cached_property
    def _patterns(self) -> list[re.Pattern[str]]:
        patterns = []
        for value in self.values:
            digits = re.sub("[^0-9]", "", _plain(value))
            if self.kind == "phone" and len(digits) >= LAST_DIGITS:
                patterns.append(digits[-LAST_DIGITS:])
            else:
                # a whole word: 10.0.0.1 is not in 110.0.0.1, 10.0.0.12 or 10.0.0.1.5
                patterns.append(rf"(?<![\w.]){re.escape(_plain(value))}(?!\w|[.]\w)")
        return [re.compile(pattern) for pattern in patterns]


@dataclass
class Traces:
    """Chunks of the subject by id, and the quarantine folders that hold a line of its."""

    chunks: dict[str, Holder] = field(default_factory=dict)
    quarantine: set[str] = field(default_factory=set)


def find_traces(
    subject: Subject,
    datasets: Mapping[str, Contract],
    holders: Sequence[Holder],
    quarantine: Iterable[str],
) -> Traces:
    """Where the subject is: in events by pseudonym, in quarantined lines and unread bytes by value.

    The bytes of a chunk are read only where its events or quarantined lines cannot be: they expired, or the
    chunk was never checked or is unreadable.
    """
    ids: set[str] = set()
    unread = {one.chunk_id for one in holders if one.status in ("landed", "unreadable") or one.parts_gone}
    found = Traces()
    alike: dict[str, list[Holder]] = defaultdict(list)
    for one in holders:
        if one.events_path and one.events_path not in one.gone:
            alike[one.events_path].append(one)
    for path, those in alike.items():
        try:
            ids |= _in_events(subject, datasets[those[0].dataset], path)
        except FileNotFoundError:
            unread.update(one.chunk_id for one in those)
    for path in quarantine:
        # a folder that is not there was a dry run's, and collected
        with suppress(FileNotFoundError):
            if lines := _in_lines(subject, path):
                found.quarantine.add(path)
                ids |= lines
    for one in holders:
        if one.chunk_id in ids or (one.chunk_id in unread and _in_bytes(subject, one)):
            found.chunks[one.chunk_id] = one
    return found


def _in_events(subject: Subject, contract: Contract, path: str) -> set[str]:
    import pyarrow.compute as pc

    names = [name for name, kind in personal(contract).items() if kind == subject.kind]
    ids: set[str] = set()
    for name in names:
        mine = pc.field(name).isin(sorted(subject.pseudonyms))
        ids.update(lake().read_parquet(path, columns=["chunk_id"], where=mine)["chunk_id"].to_pylist())
    return ids


def _in_lines(subject: Subject, path: str) -> set[str]:
    table = lake().read_parquet(path, columns=["chunk_id", "raw"])
    rows = zip(table["chunk_id"].to_pylist(), table["raw"].to_pylist(), strict=True)
    return {chunk_id for chunk_id, raw in rows if raw and subject.is_in(raw.decode(errors="replace"))}


def _in_bytes(subject: Subject, one: Holder) -> bool:
    from include.spark_jobs.csv_lines import Unreadable, read_blocks, unpacked

    before = b""
    # What cannot be unpacked cannot be searched any further.
    with suppress(FileNotFoundError, Unreadable):
        for block in unpacked(read_blocks(lake().path(one.bytes_path))):
            if subject.is_in((before + block).decode(errors="replace")):
                return True
            before = block[-OVERLAP:]
    return False


def _plain(text: str) -> str:
    """The text with every way to write a character made one, and all digits 0 to 9."""
    spelt = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)
    return unicodedata.normalize("NFKC", spelt).translate(_digits()).casefold()


@cache
def _digits() -> dict[int, str]:
    """Every digit of every script -> 0 to 9, as str.translate wants it."""
    others = map(chr, range(0x80, sys.maxunicode + 1))
    return {ord(char): str(unicodedata.decimal(char)) for char in others if char.isdecimal()}
