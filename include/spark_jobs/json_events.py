"""One JSON element -> the texts of a dataset's columns, or the reason why there are none.

This module travels to Spark's Python workers by value, as csv_lines does: it imports nothing of the platform.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

# Deeper than this is an attack or a mistake; Python's own limit depends on how deep the caller is.
DEEPEST = 32
# How often an event may be wrapped: JSON in a string, or an object under a key that says so.
WRAPPINGS = 4
SPACE = " \t"
SEPARATORS = " \t\r\n,"

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
# What no text of an event may hold: control characters but tab, and halves of surrogate pairs.
_UNFIT = re.compile("[\x00-\x08\x0a-\x1f\x7f\ud800-\udfff]")


class Number(str):
    """A number exactly as it was written; it never becomes a float."""


class Pairs(list[tuple[str, Any]]):
    """An object: its keys in order, repeated ones too."""


class Refused(Exception):
    """This element is no event; the message is the reason code."""


class Events:
    """Reads the elements of one dataset. Made where it is used: a decoder cannot travel.

    `aliases`: column -> other keys that mean it. `wrappers`: keys whose value is an object with (more of) the
    event's keys, as it is or as JSON in a string. All keys are compared without case.
    """

    def __init__(
        self, columns: Sequence[str], aliases: Mapping[str, Sequence[str]], wrappers: Sequence[str]
    ) -> None:
        self.width = len(columns)
        self.places = {
            name.casefold(): place
            for place, column in enumerate(columns)
            for name in (column, *aliases.get(column, ()))
        }
        self.wrappers = frozenset(name.casefold() for name in wrappers)
        self.decoder = json.JSONDecoder(
            object_pairs_hook=Pairs, parse_int=Number, parse_float=Number, parse_constant=Number
        )

    def read(self, text: str) -> list[str] | str:
        """The texts of the columns from one whole element, with white space and commas around it."""
        try:
            return self.texts(self._decode(text.strip(SEPARATORS)))
        except Refused as refusal:
            return str(refusal)

    def texts(self, value: Any) -> list[str] | str:
        """The same from a decoded element."""
        found = [""] * self.width
        try:
            if _too_deep(value):
                return "too_deep"
            self._fill(found, value, WRAPPINGS)
        except Refused as refusal:
            return str(refusal)
        if unfit := _UNFIT.search("".join(found)):
            return "bad_encoding" if unfit[0] >= "\ud800" else "control_character"
        return found

    def _decode(self, text: str) -> Any:
        try:
            return self.decoder.decode(text)
        except RecursionError:
            raise Refused("too_deep") from None
        except ValueError:
            raise Refused(damage(text)) from None

    def _fill(self, found: list[str], value: Any, wrappings: int) -> None:
        """Puts what the element says into its columns' places."""
        while isinstance(value, str) and value.lstrip()[:1] in ("{", '"'):
            if not wrappings:
                raise Refused("too_deep")
            value, wrappings = self._decode(value.strip(SEPARATORS)), wrappings - 1
            if _too_deep(value):
                raise Refused("too_deep")
        if not isinstance(value, Pairs):
            raise Refused("not_an_object")
        for key, item in value:
            name = key.strip().casefold()
            if name in self.wrappers and item not in ("", None):
                if not wrappings:
                    raise Refused("too_deep")
                self._fill(found, item, wrappings - 1)
            elif (place := self.places.get(name)) is not None:
                text = as_text(item)
                if found[place] and text and text != found[place]:
                    raise Refused("ambiguous_key")
                found[place] = found[place] or text


def as_text(value: Any) -> str:
    """A value as a raw text: numbers verbatim, true and false, null as nothing, anything nested as JSON."""
    if isinstance(value, str):
        return value.strip(SPACE)
    return "" if value is None else _compact(value)


def damage(text: str) -> str:
    """The reason code of what is not JSON."""
    return "control_character" if _CONTROL.search(text) else "bad_json"


def _compact(value: Any) -> str:
    if isinstance(value, Pairs):
        return "{" + ",".join(f"{_quoted(key)}:{_compact(item)}" for key, item in value) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_compact, value)) + "]"
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    return str(value) if isinstance(value, Number) else _quoted(value)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _too_deep(value: Any) -> bool:
    level = [value] if isinstance(value, list) else []
    for _ in range(DEEPEST):
        if not level:
            return False
        level = [
            item
            for one in level
            for item in ((pair[1] for pair in one) if isinstance(one, Pairs) else one)
            if isinstance(item, list)
        ]
    return bool(level)
