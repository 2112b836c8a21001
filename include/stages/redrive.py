"""Redrive: what was stopped goes through the flow again: held chunks as they are, or corrected rows (ADR 8).

It claims nothing and computes nothing: it leaves chunks as a failed run leaves them, and the next run of the
dataset takes them through every stage.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from include.datasets import contract, contracts
from include.errors import ConfigError, Erased
from include.lake import bucket, lake
from include.settings import get_settings
from include.stages.corrections import Place, as_chunk, corrected_line, read_corrections
from include.stages.quarantine import BadRow, read_rows
from include.store import chunks
from include.store.chunks import Delivery
from include.store.connection import Connection, transaction
from include.store.corrections import Correction, Source, corrections_of, land_corrections, lock_sources
from include.store.objects import lock_landing
from include.store.quarantine import stopped
from include.store.removals import taken_away

log = logging.getLogger("vigil.stages")

# Rows in the states of these chunks are not judged again behind a correction's back.
SETTLED = ("aggregated", "held")

# Rows that an error names.
MOST_NAMED = 5

Columns = tuple[str, ...]


@dataclass(frozen=True)
class Redriven:
    """What goes through again: `chunks` (ids), and how many rows were `corrected` now.

    `before`: rows of the file that had been corrected already, by the chunk that they landed in; `unchanged`:
    rows that are as they were in quarantine, and stay there.
    """

    chunks: list[str]
    corrected: int
    before: dict[str, int]
    unchanged: int


def redrive(*, dataset: str, chunk: str = "", key: str = "", as_is: bool = False) -> Redriven:
    """Drives held and unreadable chunks through again, or the rows of a corrections file on S3, if `key`.

    Raises ConfigError as `redrive_chunks` and `redrive_rows` do, for both at once, and for a key that is not
    there, too large, or under a dataset's prefix, where it would land as data.
    """
    contract(dataset)
    if not key:
        return Redriven(redrive_chunks(dataset, chunk), 0, {}, 0)
    if chunk:
        raise ConfigError("either a chunk or a file of corrections, not both: the file names its chunks")
    for other in contracts().values():
        if key.startswith(prefix := other.prefix):
            raise ConfigError(
                f"{key} would land as data of {other.name}: keep corrections outside of {prefix}"
            )
    found = bucket().head(key)
    if found is None:
        raise ConfigError(f"there is no s3://{bucket().name}/{key}")
    if found.bytes > get_settings().max_object_bytes:
        raise ConfigError(f"{key} has {found.bytes:,} bytes, more than VIGIL_MAX_OBJECT_BYTES; split it")
    return redrive_rows(dataset, b"".join(bucket().blocks(key)), key, as_is=as_is)


def redrive_chunks(dataset: str, chunk: str = "") -> list[str]:
    """Puts held and unreadable chunks back to landed, for when what stopped them is mended; gives their ids.

    `chunk`: an id or its first digits; empty: all. Those on which a run is still at work stay as they are.
    Raises ConfigError, naming the choices, if there is none that begins so, and Erased if its bytes went with
    a person's data.
    """
    contract(dataset)
    with transaction() as conn:
        # an erasure that takes bytes away holds it, too
        lock_landing(conn, dataset)
        ids = chunks.redrive(conn, dataset, chunk)
        if chunk and not ids:
            _refuse_erased(conn, dataset, chunk)
            over = [f"{one.chunk_id[:12]} ({one.first_key})" for one in stopped(conn, dataset) if one.over]
            raise ConfigError(
                f"no chunk of {dataset} whose id begins with {chunk!r} is held or unreadable and left by its "
                f"run; there are {', '.join(over) or 'none'}"
            )
    log.info("redrive: %d chunks of %s go through again", len(ids), dataset)
    return ids


def _refuse_erased(conn: Connection, dataset: str, chunk: str) -> None:
    """Raises Erased if the bytes of chunks that begin so were taken away."""
    paths = [
        lake().chunk_path(dataset, one.chunk_id)
        for one in stopped(conn, dataset)
        if one.chunk_id.startswith(chunk)
    ]
    for path, by in taken_away(conn, paths).items():
        raise Erased(
            f"the bytes of chunk {path.rpartition('/')[2][:12]} were deleted ({by}), so it cannot be checked "
            "again; land the file once more without what was erased"
        )


def redrive_rows(dataset: str, data: bytes, name: str, *, as_is: bool = False) -> Redriven:
    """Lands the corrected rows of a file (see `read_corrections`) as a chunk, each quarantined row once.

    Rows of files with another order of columns are a chunk of their own. One transaction records the rows as
    corrected and their chunks as landed: killed before its end nothing
    counts, and after it a repetition finds every row corrected before. `as_is`: drive unchanged rows through
    too, for when the contract or a setting was mended. Raises ConfigError, naming them, for rows that are not
    in quarantine.
    """
    if contract(dataset).kind == "reference":
        raise ConfigError(f"{dataset} is reference data: a file is one version, so mend it and land it whole")
    asked = read_corrections(data, name)
    sources = sorted({chunk_id for chunk_id, _ in asked})
    with transaction() as conn:
        lock_landing(conn, dataset)
        locked = lock_sources(conn, dataset, sources)
        known = corrections_of(conn, dataset, sources)
        before = Counter(known[place][0] for place in asked if place in known)
        fresh = {place: raw for place, raw in sorted(asked.items()) if place not in known}
        bad = _in_quarantine(conn, dataset, locked, fresh)
        of_json = contract(dataset).parser == "json"
        rows = {
            place: corrected_line(bad[place], raw, of_json=of_json)
            for place, raw in fresh.items()
            if as_is or raw != bad[place].text
        }
        landed = [
            _land(conn, dataset, name, columns, alike, bad, locked)
            for columns, alike in _by_columns(dataset, rows).items()
        ]
    done = Redriven(landed, len(rows), dict(before), len(fresh) - len(rows))
    log.info("redrive: %s of %s", done, dataset)
    return done


def _in_quarantine(
    conn: Connection, dataset: str, sources: Mapping[str, Source], asked: Mapping[Place, str]
) -> dict[Place, BadRow]:
    """The quarantined row of each place. Raises ConfigError, naming up to MOST_NAMED, for those without."""
    paths = {
        source.chunk_id: source.quarantine_path
        for source in sources.values()
        if source.status in SETTLED and source.quarantine_path
    }
    gone: list[str] = []
    bad = {}
    removed = taken_away(conn, paths.values())
    for ids, rows in read_rows(paths, removed):
        gone += ids if rows is None else []
        bad.update({row.place: row for row in rows or ()})
    wrong = [
        f"chunk {chunk_id}, line {line} ({_why(sources.get(chunk_id), gone, removed)})"
        for chunk_id, line in sorted(asked)
        if (chunk_id, line) not in bad
    ]
    if wrong:
        more = f"; and {len(wrong) - MOST_NAMED} more" if len(wrong) > MOST_NAMED else ""
        raise ConfigError(
            f"not in the quarantine of {dataset}: {'; '.join(wrong[:MOST_NAMED])}{more}. Nothing was "
            f"corrected; `make quarantine DATASET={dataset} OUT=<file>` writes what is there"
        )
    return bad


def _why(source: Source | None, gone: Sequence[str], removed: Mapping[str, str]) -> str:
    if source is None:
        return "there is no such chunk"
    if source.status == "unreadable":
        return "the chunk is unreadable as a whole: mend the file and land it again"
    if source.status not in SETTLED:
        return f"the chunk is {source.status} and on its way: wait until it is through"
    if source.chunk_id in gone:
        by = removed.get(source.quarantine_path or "", "VIGIL_RETENTION_QUARANTINE_DAYS")
        return f"its quarantined rows are not in the lake any more: see {by}"
    return "that line of it was not quarantined"


def _by_columns(dataset: str, rows: Mapping[Place, bytes]) -> dict[Columns, dict[Place, bytes]]:
    """The rows by the order of columns that the file of each had; corrected lines keep it."""
    from include.spark_jobs.check import column_order

    orders: dict[str, Columns] = {}
    for chunk_id in sorted({chunk_id for chunk_id, _ in rows}):
        path = lake().path(lake().chunk_path(dataset, chunk_id))
        try:
            orders[chunk_id] = tuple(column_order(contract(dataset), path))
        except FileNotFoundError as error:
            raise ConfigError(
                f"the bytes of chunk {chunk_id} are not in the lake any more, and with them the order of its "
                "columns; land its corrected rows as a new file"
            ) from error
    found: dict[Columns, dict[Place, bytes]] = {}
    for place, line in rows.items():
        found.setdefault(orders[place[0]], {})[place] = line
    return found


def _land(
    conn: Connection,
    dataset: str,
    name: str,
    columns: Columns,
    rows: Mapping[Place, bytes],
    bad: Mapping[Place, BadRow],
    sources: Mapping[str, Source],
) -> str:
    """Keeps the rows as a chunk in the lake, then records it and them; gives its id."""
    content = lake().store_chunk(dataset, [as_chunk(columns, rows)], f"incoming/{dataset}/corrections")
    corrected = []
    for into_line, place in enumerate(rows, start=2):
        path = sources[place[0]].quarantine_path
        assert path is not None
        corrected.append(Correction(*place, bad[place].reason, path, into_line))
    # A key of its own: a newer chunk of the same key would pass for a mended one (ADR 9).
    key = f"corrections/{content.sha256[:12]}/{name.rpartition('/')[2]}"
    land_corrections(conn, dataset, Delivery(content.sha256, content.bytes, key), name, corrected)
    return content.sha256
