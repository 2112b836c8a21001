"""A file of CSV, JSON lines or a JSON array with an element a line, plain or gzip, as slices of its rows.

A row is a physical line, byte for byte, as everywhere in the platform: a line break inside quotes ends a row
here too, and the check then quarantines both halves with their own line numbers. Every slice has the header
of its CSV, or is an array of its own.
"""

from __future__ import annotations

import gzip
import hashlib
import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, Literal

from include.errors import FeedError

GZIP_MAGIC = b"\x1f\x8b"
BOM = b"\xef\xbb\xbf"

# How a source is written, and so each of its slices; and the suffix of their names.
Form = Literal["csv", "lines", "array"]
OPEN, CLOSE = b"[\n", b"\n]\n"
SEPARATORS = b", \t\r\n"
# The beginning of an object, or of one inside a JSON string.
_OBJECT = re.compile(rb'(?:"[ \t]*(?:\\+"[ \t]*)*)?\{')
_SAY_HOW = (
    "only one with an element a line can be fed; `jq -c '.[]' FILE > FILE.jsonl` makes JSON lines of it"
)
SUFFIXES: dict[Form, str] = {"csv": ".csv", "lines": ".json", "array": ".json"}


@dataclass(frozen=True)
class Scan:
    """What a source holds: `header` is its first line, empty if that is data; `largest` slice in bytes, at
    most.

    `equal`: the positions of the first two slices of the same bytes, if any.
    """

    sha256: str
    header: bytes
    rows: int
    largest: int
    equal: tuple[int, int] | None
    form: Form = "csv"


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes] | gzip.GzipFile]:
    try:
        with path.open("rb") as raw:
            zipped = raw.read(2) == GZIP_MAGIC
            raw.seek(0)
            if not zipped:
                yield raw
                return
            with gzip.open(raw) as plain:
                yield plain
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise FeedError(f"{path} is not a whole gzip file: {error}") from error
    except OSError as error:
        raise FeedError(f"{path} cannot be read: {error.strerror or error}") from error


def scan(path: Path, columns: Sequence[str], per_slice: int | None, parser: str = "csv") -> Scan:
    """Reads the source once, for slices of so many rows (None: one slice); hashes its decompressed bytes.

    `parser`: the dataset's; only `json` can be more than CSV. The first line of CSV is a header if it names
    one of the dataset's columns. Raises FeedError if it cannot be read, is a web page, has no data rows, or
    is an array that has not an element a line.
    """
    digest, rows, header, size, largest, any_text = hashlib.sha256(), 0, b"", 0, 0, False
    piece, seen, equal = hashlib.sha256(), dict[bytes, int](), None
    form = _form(path) if parser == "json" else "csv"
    with _opened(path) as source:
        for number, line in enumerate(_rows(path, _hashed(source, digest), form)):
            if not any_text and (any_text := bool(line.strip())):
                _refuse_html(path, line)
            if number == 0 and form == "csv":
                header = line if _is_header(line, columns) else b""
                rows -= bool(header)
            rows, size = rows + 1, size + len(line)
            largest = max(largest, size)
            if rows:  # the header, which all slices have, is row 0
                # of an array the last slice has no comma at its end, and may still be as another
                piece.update(line.strip(SEPARATORS + b"]") if form == "array" else line)
            if per_slice and rows and rows % per_slice == 0:
                size = len(header)
                position = rows // per_slice - 1
                earlier = seen.setdefault(piece.digest(), position)
                if equal is None and earlier != position:
                    equal = earlier, position
                piece = hashlib.sha256()
    if rows == 0:
        raise FeedError(f"{path} has no data rows")
    brackets = len(OPEN + CLOSE) if form == "array" else 0
    return Scan(digest.hexdigest(), header, rows, largest + brackets, equal, form)


def slices(path: Path, header: bytes, rows: int, form: Form = "csv") -> Iterator[bytes]:
    """The source's data rows in order, `rows` at a time, under its header; the last slice may be shorter.

    An array's last slice ends as the array does, so that one that is cut off stays one.
    """
    with _opened(path) as source:
        lines = _rows(path, source, form)
        if header:
            next(lines)
        top = header if not header or header.endswith(b"\n") else header + b"\n"
        piece = b"".join(islice(lines, rows))
        while piece:
            following = b"".join(islice(lines, rows))
            if form != "array":
                yield top + piece
            else:
                yield OPEN + (piece.strip(SEPARATORS) + CLOSE if following else piece.lstrip(SEPARATORS))
            piece = following


def _form(path: Path) -> Form:
    """How the source seems to be written, from its first line with anything on it."""
    with _opened(path) as source:
        for line in source:
            if text := line.removeprefix(BOM).strip():
                return "array" if text.startswith(b"[") else "lines" if _OBJECT.match(text) else "csv"
    return "csv"


def _hashed(lines: Iterable[bytes], digest: hashlib._Hash) -> Iterator[bytes]:
    for line in lines:
        digest.update(line)
        yield line


def _rows(path: Path, lines: Iterable[bytes], form: Form) -> Iterator[bytes]:
    return _elements(path, lines) if form == "array" else iter(lines)


def _elements(path: Path, lines: Iterable[bytes]) -> Iterator[bytes]:
    """The lines of an array with elements, each with its comma; the last has the array's end with it."""
    held, begun = b"", False
    for line in lines:
        if not begun:
            line = line.removeprefix(BOM).lstrip()
            begun = bool(line)
            line = line.removeprefix(b"[")
            if line.rstrip().endswith(b"]") and line.strip() != b"]":
                raise FeedError(f"{path} is a JSON array on one line: {_SAY_HOW}")
        text = line.strip()
        if text.strip(SEPARATORS) in (b"{", b'"{'):
            raise FeedError(f"{path} is a JSON array printed over many lines: {_SAY_HOW}")
        if text == b"]":
            held += line if held else b""
        elif text:
            if held:
                yield held
            held = line
    if held:
        yield held


def _is_header(line: bytes, columns: Sequence[str]) -> bool:
    fields = line.removeprefix(BOM).decode(errors="replace").strip().split(",")
    known = {column.casefold() for column in columns}
    return any(field.strip(" \t'\"").casefold() in known for field in fields)


def _refuse_html(path: Path, line: bytes) -> None:
    start = line.removeprefix(BOM).lstrip().lower()
    if start.startswith((b"<!doctype html", b"<html", b"<head", b"<!--")):
        raise FeedError(f"{path} is a web page, not data")
