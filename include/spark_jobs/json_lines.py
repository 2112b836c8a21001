"""Bytes of a chunk of JSON, or of CSV with the same columns -> its elements as the texts of the columns.

How a chunk is written is seen from its beginning, not from its name: an array (on one line, an element a
line, or printed over many), JSON lines, else CSV. In a CSV chunk too, a line that begins like an object is
read as one: so rows of any chunk can be corrected in either form (ADR 8).

What it gives is what csv_lines gives, and it travels to Spark's Python workers by value like that.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from include.spark_jobs import csv_lines
from include.spark_jobs.csv_lines import (
    BOM,
    LONGEST_LINE,
    Unreadable,
    chunk_blocks,
    find_layout,
    physical_lines,
    schema,
    unreadable,
)
from include.spark_jobs.json_array import Element, elements
from include.spark_jobs.json_events import Events

Form = Literal["array", "lines", "csv"]

# What is looked at to see how a chunk is written: two lines at their longest.
BEGINNING = 1 << 17
# Rows and bytes that one batch has at most, give or take an element.
BATCH_ROWS, BATCH_BYTES = 10_000, 4 << 20

# A line that begins with an object, or with one inside a JSON string (inside of another).
_OBJECT = rb'[ \t]*(?:"[ \t]*(?:\\+"[ \t]*)*)?\{'


def find_form(beginning: bytes, columns: Sequence[str]) -> Form:
    """How a chunk is written that begins so. A first line that says nothing leaves it to the next ones."""
    text = beginning.removeprefix(BOM).lstrip(b" \t\r\n")
    if text.startswith(b"["):
        return "array"
    if re.match(_OBJECT, text):
        return "lines"
    try:
        find_layout(text.partition(b"\n")[0].removesuffix(b"\r"), columns)
    except Unreadable:
        return "lines" if re.search(b"\n" + _OBJECT, text) else "csv"
    return "csv"


def parse(
    chunk_id: str,
    path: str,
    columns: Sequence[str],
    aliases: Mapping[str, Sequence[str]],
    wrappers: Sequence[str],
) -> Iterator[pa.RecordBatch]:
    """A chunk of the lake as batches of csv_lines' `schema(columns)`; the names are explained at Events."""
    events = Events(columns, aliases, wrappers)
    try:
        yield from parse_blocks(chunk_id, chunk_blocks(path), columns, events)
    except Unreadable as damage:
        yield unreadable(chunk_id, damage, columns)


def parse_blocks(
    chunk_id: str, blocks: Iterable[bytes], columns: Sequence[str], events: Events
) -> Iterator[pa.RecordBatch]:
    """The same from decompressed bytes. Raises Unreadable, before the first batch."""
    rest = iter(blocks)
    beginning = bytearray()
    for block in rest:
        beginning += block
        if len(beginning) >= BEGINNING:
            break
    everything = itertools.chain((bytes(beginning),), rest)
    form = find_form(bytes(beginning[:BEGINNING]), columns)
    if form == "csv":
        for batch in csv_lines.parse_blocks(chunk_id, everything, columns):
            yield _with_objects(chunk_id, batch, columns, events)
    else:
        found = elements(everything, events) if form == "array" else _lines(everything, events)
        yield from _batches(chunk_id, found, columns)


def _lines(blocks: Iterable[bytes], events: Events) -> Iterator[Element]:
    """Every physical line as an element."""
    lines = itertools.chain.from_iterable(physical_lines(blocks))
    for number, line in enumerate(lines, start=1):
        raw = line.removeprefix(BOM) if number == 1 else line
        yield number, raw[:LONGEST_LINE], _read(raw, events)


def _read(raw: bytes, events: Events) -> list[str] | str:
    if len(raw) > LONGEST_LINE:
        return "line_too_long"
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return "bad_encoding"
    return events.read(text) if text.strip() else "blank_line"


def _batches(chunk_id: str, found: Iterable[Element], columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
    rows: list[Element] = []
    size = 0
    for element in found:
        rows.append(element)
        size += len(element[1])
        if len(rows) >= BATCH_ROWS or size >= BATCH_BYTES:
            yield _batch(chunk_id, rows, columns)
            rows, size = [], 0
    if rows:
        yield _batch(chunk_id, rows, columns)


def _batch(chunk_id: str, rows: Sequence[Element], columns: Sequence[str]) -> pa.RecordBatch:
    nothing = [None] * len(columns)
    texts = zip(*(nothing if isinstance(found, str) else found for _, _, found in rows), strict=True)
    origin = [
        pa.repeat(pa.scalar(chunk_id), len(rows)),
        pa.array([line for line, _, _ in rows], pa.int32()),
        pa.array([raw for _, raw, _ in rows], pa.binary()),
        pa.array([found if isinstance(found, str) else None for _, _, found in rows], pa.string()),
    ]
    return pa.record_batch([*origin, *(pa.array(column, pa.string()) for column in texts)], schema(columns))


def _with_objects(
    chunk_id: str, batch: pa.RecordBatch, columns: Sequence[str], events: Events
) -> pa.RecordBatch:
    """A batch of CSV lines, of which those that begin like an object are read as one."""
    begins = pc.match_substring_regex(batch["raw"], "^" + _OBJECT.decode())
    within = pc.not_equal(pc.fill_null(batch["reason"], ""), "line_too_long")
    places = pc.indices_nonzero(pc.and_(begins, within)).to_pylist()
    if not places:
        return batch
    lines, raws = batch["line"].take(places).to_pylist(), batch["raw"].take(places).to_pylist()
    objects = [(line, raw, _read(raw, events)) for line, raw in zip(lines, raws, strict=True)]
    order = np.arange(len(batch))
    order[places] = len(batch) + np.arange(len(places))
    both = pa.Table.from_batches([batch, _batch(chunk_id, objects, columns)])
    return both.take(pa.array(order)).combine_chunks().to_batches()[0]
