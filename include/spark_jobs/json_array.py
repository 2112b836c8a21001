"""The elements of a JSON array of any length and layout, one after the other, damaged ones contained.

An element is decoded where it begins. One that cannot be, ends where the next one seems to begin: at a line
that begins with an object, or at an object behind `},`. So one damaged element costs itself, and at worst its
neighbour. Memory follows WINDOW and the longest element: what is longer is passed over.

This module travels to Spark's Python workers by value, as csv_lines does.
"""

from __future__ import annotations

import codecs
import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from include.spark_jobs.csv_lines import LONGEST_LINE
from include.spark_jobs.json_events import SEPARATORS, Events, damage

# Characters that are looked at at once: an error's place costs the time to count the lines before it.
WINDOW = 1 << 16
# The longest match of the patterns below, and more.
MARGIN = 512

# Line number, bytes, and the texts of the columns or the reason why there are none.
Element = tuple[int, bytes, list[str] | str]

_SPACE = re.compile(f"[{SEPARATORS}]*")
_SCALAR = re.compile(r'[^\n,\[\]{}":]{1,100}(?=[,\]\n])')
_NEXT_OBJECT = re.compile(r'\n(?=[ \t,]{0,99}"?\{)|(?<=\})"?[ \t]{0,9}(?=,[ \t]{0,9}"?\{)')
_NEXT_LINE = re.compile(r"\n")
_NO_UTF8 = re.compile("[\udc80-\udcff]")


class Window:
    """What of the chunk is in memory: from the place `at` on, which is in the physical line `line`."""

    def __init__(self, blocks: Iterable[bytes]) -> None:
        self._pieces = _pieces(blocks)
        self.text, self.at, self.line, self.over = "", 0, 1, False

    def hold(self, size: int) -> None:
        """Makes sure that so many characters are there, if the chunk has them."""
        while len(self.text) - self.at < size and not self.over:
            piece = next(self._pieces, None)
            self.over = piece is None
            self.text, self.at = self.text[self.at :] + (piece or ""), 0

    def move(self, to: int) -> str:
        """Goes on to this place; gives what lies before it."""
        passed = self.text[self.at : to]
        self.line += passed.count("\n")
        self.at = to
        return passed

    def skip_separators(self) -> bool:
        """Goes on to what is neither white space nor a comma. False: there is nothing more."""
        while True:
            self.hold(LONGEST_LINE + 1)
            found = _SPACE.match(self.text, self.at)
            assert found
            self.move(found.end())
            if self.at < len(self.text):
                self.hold(LONGEST_LINE + 1)
                return True
            if self.over:
                return False


@dataclass(frozen=True)
class Passed:
    """Text that was gone over: the beginning that is kept, its whole length, its last character, and whether
    its end was found or is the chunk's."""

    text: str
    size: int
    final: str
    ended: bool

    @property
    def raw(self) -> bytes:
        """Its bytes, at most LONGEST_LINE of them."""
        return _bytes(self.text)[:LONGEST_LINE]

    def reason(self, otherwise: str) -> str:
        """Why it is no event, whatever it says; else this."""
        if self.size > LONGEST_LINE or len(_bytes(self.text)) > LONGEST_LINE:
            return "line_too_long"
        return "bad_encoding" if _NO_UTF8.search(self.text) else otherwise


def elements(blocks: Iterable[bytes], events: Events) -> Iterator[Element]:
    """Every element of the array, of several arrays after each other, and every line behind them.

    An element's number is the physical line on which it begins, or the next number if the element before has
    that one. A chunk that ends inside its array has a last element `cut_off`.
    """
    window, inside, last = Window(blocks), False, 0
    while window.skip_separators():
        if window.text[window.at] == ("]" if inside else "["):
            inside = not inside
            window.move(window.at + 1)
            continue
        last = max(window.line, last + 1)
        if not inside:
            passed = _pass(window, _NEXT_LINE)
            yield last, passed.raw, passed.reason("") or events.read(passed.text)
        elif isinstance(found := _whole(window, events), tuple):
            yield last, *found
        else:
            passed = _pass(window, _NEXT_OBJECT)
            inside = passed.ended
            if passed.ended or passed.final != "]":
                cut = "" if passed.ended else "cut_off"
                yield last, passed.raw, passed.reason(cut or found or damage(passed.text))
                continue
            # the array's own end lies behind the damaged element
            text = passed.text[:-1].rstrip(SEPARATORS) if passed.text.endswith("]") else passed.text
            passed = Passed(text, passed.size - 1, "", True)
            yield last, passed.raw, passed.reason(found or damage(text))
    if inside:
        yield max(window.line, last + 1), b"", "cut_off"


def _whole(window: Window, events: Events) -> tuple[bytes, list[str] | str] | str:
    """The next element and what it says, if it is JSON and not too long; else what is known of why not."""
    if match := _SCALAR.match(window.text, window.at):
        text = window.move(match.end()).rstrip(SEPARATORS)
        return _bytes(text), "bad_encoding" if _NO_UTF8.search(text) else events.read(text)
    try:
        value, end = events.decoder.raw_decode(window.text, window.at)
    except ValueError:
        return ""
    except RecursionError:
        return "too_deep"
    if end - window.at > LONGEST_LINE:
        return ""
    whole = Passed(window.move(end), 0, "", True)
    return whole.raw, whole.reason("") or events.texts(value)


def _pass(window: Window, end: re.Pattern[str]) -> Passed:
    """Goes on to where the pattern ends, behind the present place, or to the end of the chunk."""
    kept, size, final = "", 0, ""

    def go(to: int) -> None:
        nonlocal kept, size, final
        passed = window.move(to)
        kept += passed[: LONGEST_LINE + 1 - len(kept)]
        size += len(passed)
        final = passed.rstrip(SEPARATORS)[-1:] or final

    while not (found := end.search(window.text, window.at + (size == 0))) and not window.over:
        go(max(window.at, len(window.text) - MARGIN))
        window.hold(WINDOW)
    go(found.end() if found else len(window.text))
    if size <= LONGEST_LINE + 1:
        kept = kept.rstrip(SEPARATORS)
        size = len(kept)
    return Passed(kept, size, final, bool(found))


def _pieces(blocks: Iterable[bytes]) -> Iterator[str]:
    """The bytes as text in pieces of at most WINDOW, without a byte order mark; what is no UTF-8 is kept."""
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    begun = False
    for block in itertools.chain(blocks, (b"",)):
        text = decoder.decode(block, final=not block)
        if text and not begun:
            text, begun = text.removeprefix("\ufeff"), True
        for start in range(0, len(text), WINDOW):
            yield text[start : start + WINDOW]


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
