"""A CSV file, plain or gzip, as its header and slices of data rows, byte for byte.

A row is a physical line, as everywhere in the platform: a line break inside quotes ends a row here too, and
the check then quarantines both halves with their own line numbers.
"""

from __future__ import annotations

import gzip
import hashlib
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO

from include.errors import FeedError

GZIP_MAGIC = b"\x1f\x8b"
BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Scan:
    """What a source holds: `header` is its first line, empty if that is data; `largest` slice in bytes.

    `equal`: the positions of the first two slices of the same bytes, if any.
    """

    sha256: str
    header: bytes
    rows: int
    largest: int
    equal: tuple[int, int] | None


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


def scan(path: Path, columns: Sequence[str], per_slice: int | None) -> Scan:
    """Reads the source once, for slices of so many rows (None: one slice); hashes its decompressed bytes.

    Its first line is a header if it names one of the dataset's columns. Raises FeedError if it cannot be
    read, is a web page, or has no data rows.
    """
    digest, rows, header, size, largest, any_text = hashlib.sha256(), 0, b"", 0, 0, False
    piece, seen, equal = hashlib.sha256(), dict[bytes, int](), None
    with _opened(path) as lines:
        for number, line in enumerate(lines):
            if not any_text and (any_text := bool(line.strip())):
                _refuse_html(path, line)
            if number == 0:
                header = line if _is_header(line, columns) else b""
                rows -= bool(header)
            digest.update(line)
            rows, size = rows + 1, size + len(line)
            largest = max(largest, size)
            if rows:  # the header, which all slices have, is row 0
                piece.update(line)
            if per_slice and rows and rows % per_slice == 0:
                size = len(header)
                position = rows // per_slice - 1
                earlier = seen.setdefault(piece.digest(), position)
                if equal is None and earlier != position:
                    equal = earlier, position
                piece = hashlib.sha256()
    if rows == 0:
        raise FeedError(f"{path} has no data rows")
    return Scan(digest.hexdigest(), header, rows, largest, equal)


def slices(path: Path, header: bytes, rows: int) -> Iterator[bytes]:
    """The source's data rows in order, `rows` at a time, under its header; the last slice may be shorter."""
    with _opened(path) as lines:
        if header:
            next(iter(lines))
        top = header if not header or header.endswith(b"\n") else header + b"\n"
        while piece := b"".join(islice(lines, rows)):
            yield top + piece


def _is_header(line: bytes, columns: Sequence[str]) -> bool:
    fields = line.removeprefix(BOM).decode(errors="replace").strip().split(",")
    known = {column.casefold() for column in columns}
    return any(field.strip(" \t'\"").casefold() in known for field in fields)


def _refuse_html(path: Path, line: bytes) -> None:
    start = line.removeprefix(BOM).lstrip().lower()
    if start.startswith((b"<!doctype html", b"<html", b"<head", b"<!--")):
        raise FeedError(f"{path} is a web page, not data")
