"""A file of corrections: which quarantined row of which chunk, and the line that counts in its place."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import re
from collections.abc import Mapping, Sequence
from typing import Any

from include.errors import ConfigError
from include.stages.quarantine import BadRow

NEEDED = ("chunk_id", "line", "raw")

# Between the lines of one element of JSON. No line of CSV has one.
_LINE_BREAKS = re.compile(rb"\r?\n")

# What is there instead is not told: it may be a field of the row, and personal.
_SHIFTED = "; are the columns shifted?"

# Chunk and line of a quarantined row.
Place = tuple[str, int]


def read_corrections(data: bytes, name: str) -> dict[Place, str]:
    """{chunk and line: the line that counts in its place}, from CSV with at least the columns of NEEDED.

    Raises ConfigError, naming the file and its line, for anything that is not that, and for a row that is
    there twice.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{name} is not UTF-8: {error}") from error
    rows = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    found: dict[Place, str] = {}
    try:
        missing = [column for column in NEEDED if column not in (rows.fieldnames or ())]
        if missing:
            raise ConfigError(
                f"{name} has no column {', '.join(missing)}; a file of corrections is what "
                "`make quarantine OUT=<file>` writes, with the column raw corrected"
            )
        for row in rows:
            where = f"{name}, line {rows.line_num}"
            place = _place(row, where)
            if place in found:
                raise ConfigError(f"{where}: chunk {place[0]}, line {place[1]} is in the file twice")
            found[place] = row["raw"]
    except csv.Error as error:
        raise ConfigError(f"{name}, after line {rows.line_num}: {error}") from error
    if not found:
        raise ConfigError(f"{name} holds no rows")
    return found


def _place(row: Mapping[str | Any, str | Any], where: str) -> Place:
    chunk_id, line = (row["chunk_id"] or "").strip().lower(), (row["line"] or "").strip()
    if not re.fullmatch("[0-9a-f]{64}", chunk_id):
        raise ConfigError(f"{where}: chunk_id must be the 64 hex digits of a chunk{_SHIFTED}")
    if not re.fullmatch("[1-9][0-9]{0,8}", line):
        raise ConfigError(f"{where}: line must be a line number of the chunk{_SHIFTED}")
    if row["raw"] is None or row.get(None):
        raise ConfigError(f"{where}: more or fewer fields than the header has; quote raw if it holds commas")
    return chunk_id, int(line)


def corrected_line(bad: BadRow, raw: str, *, of_json: bool = False) -> bytes:
    """The line that counts in a bad row's place. Raises ConfigError for what is not one whole line.

    `of_json`: an object may be written over many lines, whose breaks are white space there and become that.
    """
    where = f"chunk {bad.chunk_id}, line {bad.line}"
    if raw == bad.text:
        if bad.reason == "line_too_long":
            raise ConfigError(f"{where}: only its beginning is kept, so it cannot go through as it is")
        return _LINE_BREAKS.sub(b" ", bad.raw)
    if of_json and raw.lstrip().startswith("{"):
        raw = _LINE_BREAKS.sub(b" ", raw.encode()).decode()
    if not raw.strip():
        raise ConfigError(f"{where}: raw is empty; leave a row that is not to be corrected out of the file")
    if "\n" in raw or "\r" in raw:
        raise ConfigError(f"{where}: raw has a line break; a row is one line")
    if "\ufffd" in raw and "\ufffd" in bad.text:
        raise ConfigError(f"{where}: raw still has the mark \ufffd, which stands for bytes that are no text")
    return raw.encode()


def as_chunk(columns: Sequence[str], rows: Mapping[Place, bytes]) -> bytes:
    """The rows as a CSV chunk, gzipped, under a header, in the order given: the first one is line 2.

    Equal rows are different events, but equal bytes are one chunk (ADR 5): so the file name that gzip keeps
    tells which rows these correct.
    """
    origin = hashlib.sha256("".join(f"{chunk} {line}\n" for chunk, line in rows).encode())
    packed = io.BytesIO()
    with gzip.GzipFile(f"corrects-{origin.hexdigest()}.csv", "wb", fileobj=packed, mtime=0) as file:
        file.write(b"\n".join([",".join(columns).encode(), *rows.values(), b""]))
    return packed.getvalue()
