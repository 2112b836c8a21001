"""Traces: in which chunks and quarantine files a subject's data lie, in the clear or as a pseudonym."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from include.datasets.contract import Contract
from include.lake import lake
from include.spark_jobs.pseudonyms import personal
from include.stages.subject import Subject
from include.store.erasures import Holder

# A value that a block's border cuts in two is found in the overlap, even if each character is six.
OVERLAP = 1024


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

    The bytes of a chunk are read only where its events or quarantined lines cannot be: they expired, or no
    check of the chunk came to its end, as while it is landed, and where it is unreadable or held for that.
    """
    ids: set[str] = set()
    unread = {one.chunk_id for one in holders if one.events_path is None or one.parts_gone}
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
