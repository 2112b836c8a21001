"""A sample of a dataset, read as the platform reads chunks: the texts of its columns."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Any

from include.errors import ConfigError
from include.spark_jobs.csv_lines import BOM, LONGEST_LINE, Unreadable, physical_lines, split_fields, unpacked
from include.spark_jobs.json_array import elements
from include.spark_jobs.json_events import WRAPPINGS, Events
from include.spark_jobs.json_lines import BEGINNING, Form, find_form
from stack.draft.kinds import is_value

# A guess does not get better by more rows.
MOST_ROWS = 50_000
# Longer or stranger names of columns are damage, or another kind of file.
LONGEST_NAME = 60
UNFIT_IN_NAMES = frozenset("`'\",;\t\\{}")

# How files begin that are often given in place of a text, and what they are.
OTHERS = {
    b"PK\x03\x04": "a zip file, as xlsx files are: export it as CSV",
    b"PAR1": "Parquet: export it as CSV or JSON lines",
    b"\xd0\xcf\x11\xe0": "an old Excel file: export it as CSV",
    b"SQLite format 3": "an SQLite database: export a table as CSV",
    b"%PDF": "a PDF",
    b"<": "a web page or XML",
}


@dataclass(frozen=True)
class Sample:
    """Texts by column, empty where a row gives none.

    `named`: whether the columns have names of their own. `wrappers`: keys that hold (more of) the event.
    `nested`: columns that hold lists or objects. `unread`: how many rows cannot be read.
    """

    form: Form
    columns: Mapping[str, Sequence[str]]
    named: bool
    rows: int
    unread: int
    wrappers: tuple[str, ...] = ()
    nested: frozenset[str] = frozenset()


def read_sample(path: Path) -> Sample:
    """The file's first rows. Raises ConfigError, saying why, for what is no table with two columns."""
    beginning = _beginning(path)
    form = find_form(beginning, ())
    if form == "csv":
        return _of_csv(path)
    return _of_json(path, form)


def _blocks(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            yield from unpacked(iter(lambda: file.read(1 << 20), b""))
    except Unreadable as error:
        raise ConfigError(f"{path} is not a whole gzip file") from error
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror or error}") from error


def _beginning(path: Path) -> bytes:
    found = bytearray()
    for block in _blocks(path):
        found += block
        if len(found) >= BEGINNING:
            break
    text = bytes(found).removeprefix(BOM).lstrip()
    for start, what in OTHERS.items():
        if text.startswith(start):
            raise _no_table(path, f"it is {what}")
    if not text:
        raise _no_table(path, "it is empty")
    if b"\0" in text:
        raise _no_table(path, "it holds bytes that no text has; UTF-8 is read, plain or gzipped")
    return bytes(found[:BEGINNING])


def _no_table(path: Path, why: str) -> ConfigError:
    return ConfigError(
        f"{path} is no table: {why}. Give CSV, JSON lines or a JSON array, with two columns at least, of "
        "which one says when"
    )


def _of_csv(path: Path) -> Sample:
    lines = list(islice(chain.from_iterable(physical_lines(_blocks(path))), MOST_ROWS + 1))
    first = lines[0].removeprefix(BOM)[:LONGEST_LINE].decode(errors="replace")
    width = _width(path, first)
    head = split_fields(first, width)
    assert not isinstance(head, str)
    named = not any(is_value(one) for one in head)
    names = head if named else [f"column_{number}" for number in range(1, width + 1)]
    _check_names(path, names)
    rows, unread = [], 0
    for line in lines[1 if named else 0 :]:
        fields = _fields(line.removeprefix(BOM), width)
        if isinstance(fields, str):
            unread += 1
        else:
            rows.append(fields)
    if not rows or unread > len(rows):
        raise _no_table(
            path, f"of {len(lines) - named} lines below the first, {len(rows)} have {width} fields"
        )
    columns = dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))
    return Sample("csv", columns, named, len(rows), unread)


def _width(path: Path, line: str) -> int:
    """How many fields the first line has, which only quotes can hide."""
    for width in range(2, line.count(",") + 2):
        if not isinstance(split_fields(line, width), str):
            return width
    for mark, name in ((";", "semicolons"), ("\t", "tabs"), ("|", "bars")):
        if mark in line:
            raise _no_table(path, f"its fields stand between {name}, and commas are read")
    raise _no_table(path, "its first line has no two fields between commas")


def _fields(line: bytes, width: int) -> list[str] | str:
    try:
        return split_fields(line.decode(), width) if len(line) <= LONGEST_LINE else "line_too_long"
    except UnicodeDecodeError:
        return "bad_encoding"


def _check_names(path: Path, names: Sequence[str]) -> None:
    repeated = [name for name, n in Counter(name.casefold() for name in names).items() if n > 1]
    unfit = [name for name in names if not 0 < len(name) <= LONGEST_NAME or UNFIT_IN_NAMES & set(name)]
    if repeated:
        raise _no_table(path, f"more than one column is called {', '.join(map(repr, repeated))}")
    if unfit:
        raise ConfigError(
            f"{path}: {', '.join(map(repr, unfit))} cannot be the name of a column: a name has 1 to "
            f"{LONGEST_NAME} characters, and none of {' '.join(sorted(UNFIT_IN_NAMES - {chr(9)}))}"
        )


def _of_json(path: Path, form: Form) -> Sample:
    """Objects: the keys of all, those under a wrapper too."""
    events = Events((), {}, ())
    raws: Iterator[bytes]
    if form == "array":
        raws = (raw for _, raw, _ in elements(_blocks(path), events))
    else:
        raws = chain.from_iterable(physical_lines(_blocks(path)))
    found = [_object(raw) for raw in islice(raws, MOST_ROWS)]
    objects = [one for one in found if one is not None]
    if not objects or len(objects) * 2 < len(found):
        raise _no_table(path, f"of its {len(found)} lines or elements, {len(objects)} are JSON objects")
    wrappers = _wrappers(objects)
    rows = [_flat(one, wrappers) for one in objects]
    spelling: dict[str, str] = {}
    for key in chain.from_iterable(rows):
        spelling.setdefault(key.casefold(), key)
    _check_names(path, list(spelling.values()))
    if len(spelling) < 2:
        raise _no_table(path, f"its objects have no two keys, but {', '.join(spelling) or 'none'}")
    folded = [{key.casefold(): value for key, value in row.items()} for row in rows]
    nested = {
        name for key, name in spelling.items() if any(isinstance(row.get(key), dict | list) for row in folded)
    }
    columns = {name: [_text(row.get(key)) for row in folded] for key, name in spelling.items()}
    return Sample(form, columns, True, len(rows), len(found) - len(rows), tuple(wrappers), frozenset(nested))


def _object(raw: bytes) -> dict[str, Any] | None:
    """The object that an element is, or holds as JSON in a string; None if there is none."""
    value: Any = raw.removeprefix(BOM).decode(errors="replace").strip(" \t\r\n,")
    for _ in range(WRAPPINGS + 1):
        if not isinstance(value, str):
            break
        try:
            value = json.loads(value, parse_float=str, parse_int=str, parse_constant=str)
        except (ValueError, RecursionError):
            return None
    return {key.strip(): item for key, item in value.items()} if isinstance(value, dict) else None


def _wrappers(objects: Sequence[dict[str, Any]]) -> list[str]:
    """Keys that hold nothing but objects, or JSON of them, none of whose keys stands beside them."""
    names = {key.casefold(): key for one in objects for key in one}
    found = []
    for name in names.values():
        given = [one[name] for one in objects if one.get(name) not in ("", None)]
        inner = [_inner(value) for value in given]
        keys = {key.casefold() for one in inner if one for key in one}
        if given and all(inner) and not keys & names.keys():
            found.append(name)
    return found


def _inner(value: Any) -> dict[str, Any] | None:
    if isinstance(value, dict):
        return value
    return _object(value.encode()) if isinstance(value, str) and value.lstrip().startswith("{") else None


def _flat(one: Mapping[str, Any], wrappers: Sequence[str]) -> dict[str, Any]:
    plain = {key: value for key, value in one.items() if key not in wrappers}
    for name in wrappers:
        plain |= _inner(one.get(name)) or {}
    return plain


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value.strip()
    if value is None or isinstance(value, dict | list):
        return ""
    return "true" if value else "false"
