"""Bytes of a CSV chunk -> its physical lines, split into fields or given the reason why they cannot be.

This module travels to Spark's Python workers by value, so that they never run another version of it: it
imports nothing of the platform. It streams: memory follows BLOCK, not the size of a chunk.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

BLOCK = 4 << 20
LONGEST_LINE = 65_536
BOM = b"\xef\xbb\xbf"
GZIP = b"\x1f\x8b"
QUOTES = "'\""
SPACE = " \t"

# A field that needs no thought: plain, or wrapped in one kind of quote; no control character but tab.
_PLAIN = r"""(?:[^'",\x00-\x08\x0a-\x1f\x7f]*|'[^'",\x00-\x1f\x7f]*'|"[^'",\x00-\x1f\x7f]*")"""


class Unreadable(Exception):
    """The whole chunk cannot be read; the message is the reason code."""


@dataclass(frozen=True)
class Layout:
    """How the fields of a chunk's lines map to the dataset's columns.

    `order[i]` is the position in a line of the dataset's column i.
    """

    order: tuple[int, ...]
    has_header: bool


def schema(columns: Sequence[str]) -> pa.Schema:
    """What `parse` gives: origin, raw bytes, `reason` (NULL: split well), a text `raw_<column>` per column.

    The fields of a line with a reason mean nothing. An unreadable chunk is one row: line 0, no raw bytes.
    """
    origin = [("chunk_id", pa.string()), ("line", pa.int32()), ("raw", pa.binary()), ("reason", pa.string())]
    return pa.schema(origin + [(f"raw_{name}", pa.string()) for name in columns])


def read_blocks(path: str, size: int = BLOCK) -> Iterator[bytes]:
    """The bytes of a file of the lake (a local path, file:// or s3a:// URL), block by block."""
    import pyarrow.fs as pafs

    if "://" in path:
        filesystem, inside = pafs.FileSystem.from_uri(path.replace("s3a://", "s3://", 1))
    else:
        filesystem, inside = pafs.LocalFileSystem(), path
    with filesystem.open_input_stream(inside, compression=None) as stream:
        while block := stream.read(size):
            yield block


def unpacked(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes, decompressed if they are gzip, whatever the file's name; at most a block at once.

    Raises Unreadable("bad_gzip") for damaged or cut gzip, or with bytes after it that are no further member.
    """
    rest = iter(blocks)
    head = next(rest, b"")
    while 0 < len(head) < len(GZIP) and (more := next(rest, b"")):
        head += more
    if not head.startswith(GZIP):
        if head:
            yield head
        yield from rest
        return
    member = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        for block in _chain(head, rest):
            pending = block
            while pending:
                if member.eof:
                    member = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
                if data := member.decompress(pending, BLOCK):
                    yield data
                pending = member.unused_data if member.eof else member.unconsumed_tail
        if data := member.flush():
            yield data
    except zlib.error:
        raise Unreadable("bad_gzip") from None
    if not member.eof:
        raise Unreadable("bad_gzip")


def _chain(head: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield head
    yield from rest


def physical_lines(blocks: Iterable[bytes]) -> Iterator[list[bytes]]:
    """Lists of lines without \\n or \\r\\n; the last may lack it. A line over the limit is cut behind it."""
    carry = b""
    for block in blocks:
        *whole, carry = (carry + block).split(b"\n")
        carry = carry[: LONGEST_LINE + 2]  # enough to know that it is too long, or ends in \r
        if whole:
            yield [line.removesuffix(b"\r") for line in whole]
    if carry:
        yield [carry.removesuffix(b"\r")]


def split_fields(text: str, width: int) -> list[str] | str:
    """The fields of one line, trimmed and unwrapped, or the reason why there are not `width` of them."""
    if not text.strip():
        return "blank_line"
    if any((char < " " and char != "\t") or char == "\x7f" for char in text):
        return "control_character"
    fields, position = [], 0
    while True:
        field, position = _next_field(text, position)
        if field is None:
            return "unbalanced_quotes"
        fields.append(field)
        if position >= len(text):
            break
        position += 1  # the comma
    return fields if len(fields) == width else "wrong_field_count"


def _next_field(text: str, position: int) -> tuple[str | None, int]:
    """The field from `position` on and where it ends; None if its quotes do not close before a comma."""
    start = position
    while start < len(text) and text[start] in SPACE:
        start += 1
    if start == len(text) or text[start] not in QUOTES:
        end = text.find(",", position)
        end = len(text) if end < 0 else end
        value = text[position:end].strip(SPACE)
        return (None, end) if value.endswith(tuple(QUOTES)) else (value, end)
    quote, at, value = text[start], start + 1, ""
    while (close := text.find(quote, at)) >= 0:
        value += text[at:close]
        if text[close + 1 : close + 2] != quote:  # a doubled quote stands for itself
            end = text.find(",", close)
            end = len(text) if end < 0 else end
            return (None, end) if text[close + 1 : end].strip(SPACE) else (value.strip(SPACE), end)
        value, at = value + quote, close + 2
    return None, len(text)


def find_layout(line: bytes, columns: Sequence[str]) -> Layout:
    """What a chunk's first line says. Raises Unreadable("not_text" or "bad_header")."""
    try:
        text = line.decode()
    except UnicodeDecodeError:
        raise Unreadable("not_text") from None
    fields = split_fields(text, len(columns))
    if fields == "control_character":
        raise Unreadable("not_text")
    if isinstance(fields, str) or len(line) > LONGEST_LINE:
        raise Unreadable("bad_header")
    wanted, names = [name.casefold() for name in columns], [name.casefold() for name in fields]
    if sorted(names) == sorted(wanted):
        return Layout(tuple(names.index(name) for name in wanted), True)
    if set(names) & set(wanted):
        raise Unreadable("bad_header")
    return Layout(tuple(range(len(columns))), False)


def parse(chunk_id: str, path: str, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """A chunk of the lake as batches of `schema(columns)`: every physical line but the header, in order."""
    try:
        yield from parse_blocks(chunk_id, chunk_blocks(path), columns)
    except Unreadable as damage:
        yield unreadable(chunk_id, damage, columns)


def chunk_blocks(path: str) -> Iterator[bytes]:
    """The decompressed bytes of a chunk. Raises Unreadable, before the first block, for damaged gzip."""
    if next(read_blocks(path), b"").startswith(GZIP):
        # To the end first: damage there must not leave half of the rows.
        for _ in unpacked(read_blocks(path)):
            pass
    yield from unpacked(read_blocks(path))


def unreadable(chunk_id: str, damage: Unreadable, columns: Sequence[str]) -> pa.RecordBatch:
    """The one row of a chunk that cannot be read."""
    row: dict[str, Any] = {"chunk_id": chunk_id, "line": 0, "reason": str(damage)}
    return pa.RecordBatch.from_pylist([row], schema=schema(columns))


def parse_blocks(chunk_id: str, blocks: Iterable[bytes], columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """The same from decompressed bytes. Raises Unreadable, before the first batch."""
    layout, number = None, 0
    for lines in physical_lines(blocks):
        first = number + 1
        number += len(lines)
        if layout is None:
            lines[0] = lines[0].removeprefix(BOM)
            layout = find_layout(lines[0], columns)
            if layout.has_header:
                lines, first = lines[1:], first + 1
        if lines:
            yield _batch(chunk_id, first, lines, columns, layout)


def _batch(
    chunk_id: str, first: int, lines: list[bytes], columns: Sequence[str], layout: Layout
) -> pa.RecordBatch:
    width = len(columns)
    plain, fields = _plain(lines, width)
    reasons: list[str | None] = [None] * len(lines)
    by_hand: list[list[str] | list[None]] = []
    for index in np.flatnonzero(~plain).tolist():
        found = _by_hand(lines[index], width)
        reasons[index] = found if isinstance(found, str) else None
        by_hand.append([None] * width if isinstance(found, str) else found)
    # back into the order of the lines: the plain ones lie first, those split by hand behind them
    place = pa.array(np.where(plain, np.cumsum(plain) - 1, plain.sum() + np.cumsum(~plain) - 1))
    others = [pa.array([row[i] for row in by_hand], pa.string()) for i in range(width)]
    fields = [pa.concat_arrays([fields[i], others[i]]).take(place) for i in layout.order]
    for index in _repeated_headers(fields, columns):
        reasons[index] = "repeated_header"
    origin = [
        pa.repeat(pa.scalar(chunk_id), len(lines)),
        pa.array(np.arange(first, first + len(lines)), pa.int32()),
        pa.array([line[:LONGEST_LINE] for line in lines], pa.binary()),
        pa.array(reasons, pa.string()),
    ]
    return pa.record_batch([*origin, *fields], schema=schema(columns))


def _plain(lines: list[bytes], width: int) -> tuple[np.ndarray, list[pa.Array]]:
    """Which lines are plain (the bulk, done as columns at once), and the columns of just those."""
    try:
        text = pa.array(lines, pa.binary()).cast(pa.string())
    except pa.ArrowInvalid:
        text = pa.array([line if _is_text(line) else b"" for line in lines], pa.binary()).cast(pa.string())
    pattern = "^" + ",".join([_PLAIN] * width) + "$"
    short = pc.less_equal(pc.binary_length(text), LONGEST_LINE)
    mask = pc.and_(pc.match_substring_regex(text, pattern), short)
    flat = pc.split_pattern(text.filter(mask), ",").flatten()
    flat = pc.utf8_trim(pc.utf8_trim(pc.utf8_trim(flat, SPACE), QUOTES), SPACE)
    rows = len(flat) // width
    columns = [flat.take(pa.array(np.arange(i, rows * width, width))) for i in range(width)]
    return mask.to_numpy(zero_copy_only=False), columns


def _is_text(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def _by_hand(line: bytes, width: int) -> list[str] | str:
    if len(line) > LONGEST_LINE:
        return "line_too_long"
    try:
        return split_fields(line.decode(), width)
    except UnicodeDecodeError:
        return "bad_encoding"


def _repeated_headers(fields: list[pa.Array], columns: Sequence[str]) -> list[int]:
    wanted = sorted(name.casefold() for name in columns)
    first = pc.is_in(pc.utf8_lower(fields[0]), pa.array([name.lower() for name in columns]))
    candidates: list[int] = pc.indices_nonzero(first).to_pylist()
    rows = {index: [str(column[index].as_py()).casefold() for column in fields] for index in candidates}
    return [index for index, row in rows.items() if sorted(row) == wanted]
