"""Good rows as producers write them: instants in many ways, JSON inside strings, keys in any case, CSV."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any, Literal

from include.datasets.digits import PERSIAN, WESTERN
from sources.behaviours.rhythm import SECOND

Form = Literal["lines", "array", "csv"]
Raw = dict[str, Any]

_IN_PERSIAN = str.maketrans(WESTERN, PERSIAN)
_EPOCH = datetime(1970, 1, 1)
# The least degrees or amount that Python writes without an exponent, in their parts.
_SMALLEST = 1000


@dataclass(frozen=True)
class Instants:
    """How a dataset's producers write times: minutes of offset they are in, that of a time without a zone,
    and whether some give digits since 1970."""

    offsets: tuple[int, ...]
    local: int
    epoch: bool

    def write(self, micros: int, dice: Random) -> str | int:
        """The instant in one of these ways, none of which loses anything."""
        way = dice.random()
        if self.epoch and way < 0.3:
            return _epoch(micros, dice)
        if way < 0.5:
            return _iso(micros, self.local, dice)
        if way < 0.75:
            return _iso(micros, 0, dice) + "Z"
        offset = dice.choice(self.offsets)
        sign, (hours, minutes) = "-" if offset < 0 else "+", divmod(abs(offset), 60)
        return _iso(micros, offset, dice) + f"{sign}{hours:02d}{dice.choice((':', ''))}{minutes:02d}"


def _epoch(micros: int, dice: Random) -> str | int:
    units = [unit for unit in (SECOND, 1000, 1) if micros % unit == 0]
    digits = micros // dice.choice(units)
    return digits if dice.random() < 0.6 else str(digits)


def _iso(micros: int, offset: int, dice: Random) -> str:
    local = _EPOCH + timedelta(minutes=offset, microseconds=micros)
    precision = (
        "seconds" if micros % SECOND == 0 else "milliseconds" if micros % 1000 == 0 else "microseconds"
    )
    return local.isoformat(dice.choice("TT "), precision)


def persian(text: str) -> str:
    """With Persian digits."""
    return text.translate(_IN_PERSIAN)


def decimal(parts: int, decimals: int, dice: Random) -> str | float:
    """A whole number of decimal parts as a decimal, as a text or as a JSON number."""
    if dice.random() < 0.5 and (parts == 0 or abs(parts) >= _SMALLEST):
        return float(parts / 10**decimals)
    whole, part = divmod(abs(parts), 10**decimals)
    return f"{'-' if parts < 0 else ''}{whole}.{part:0{decimals}d}"


def given(raw: Mapping[str, Any], dice: Random) -> Raw:
    """The row without some of its empty columns, where others stay as null or as an empty text."""
    kept: Raw = {}
    for name, value in raw.items():
        if value is not None:
            kept[name] = value
        elif (way := dice.random()) < 0.6:
            kept[name] = None if way < 0.4 else ""
    return kept


def element(raw: Mapping[str, Any], dice: Random) -> str:
    """The row as a JSON object; now and then in a string, or with its keys in another case."""
    found = given(raw, dice)
    way = dice.random()
    if way < 0.04:
        return encoded(encoded(found, dice), dice)
    if way < 0.08:
        found = {dice.choice((name.upper(), name.title())): value for name, value in found.items()}
    return encoded(found, dice)


def encoded(value: Any, dice: Random) -> str:
    """JSON on one line, tight or loose."""
    tight = dice.random() < 0.5
    return json.dumps(value, ensure_ascii=tight, separators=(",", ":") if tight else (", ", ": "))


def csv_line(values: Iterable[Any]) -> str:
    """The values as a line of CSV."""
    return ",".join(map(_csv_field, values))


def _csv_field(value: Any) -> str:
    text = "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    return '"' + text.replace('"', '""') + '"' if set(text) & set(",\"'") else text


def chunk(form: Form, columns: Sequence[str], rows: Sequence[bytes], cut: bool) -> bytes:
    """A chunk of these rows; an array that is `cut` ends in the middle of its last one."""
    if form == "csv":
        return b"\n".join([",".join(columns).encode(), *rows]) + b"\n"
    if form == "lines":
        return b"\n".join(rows) + b"\n"
    return b"[\n" + b",\n".join(rows) + (b"" if cut else b"\n]\n")
