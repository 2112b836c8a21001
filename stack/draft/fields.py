"""A guess as code: the line of a contract that makes its field, and rows that it takes and refuses."""

from __future__ import annotations

import json
from dataclasses import dataclass

from include.datasets.fields import LONGEST_TEXT, LONGEST_WHOLE
from stack.draft.guess import Guess, Kind

# Kind -> the function that makes its field, and the module that it is from.
MAKERS: dict[Kind, tuple[str, str]] = {
    "instant": ("instant", "include.datasets.instants"),
    "text": ("text", "include.datasets.fields"),
    "number": ("whole_number", "include.datasets.fields"),
    "amount": ("fixed_point", "include.datasets.fields"),
    "truth": ("truth", "include.datasets.fields"),
    "one_of": ("one_of", "include.datasets.fields"),
    "phone": ("phone", "include.datasets.people"),
    "ip": ("ip", "include.datasets.people"),
    "location": ("location", "include.datasets.people"),
    "device": ("device", "include.datasets.people"),
    "coordinate": ("coordinate", "include.datasets.places"),
}


@dataclass(frozen=True)
class Tried:
    """A made-up text that a field takes, and those that it refuses: (text, reason)."""

    good: str
    bad: tuple[tuple[str, str], ...]


def call(one: Guess) -> str:
    """The line of the contract, without its indent."""
    words = one.name.replace("_", " ")
    source = f", source={quoted(one.column)}" if one.column != one.name else ""
    optional = ", optional=True" if one.optional else ""
    maker, _ = MAKERS[one.kind]
    begin = f"{maker}({quoted(one.field)}, {quoted(words)}"
    if one.kind == "instant":
        return f'*instant({quoted(one.name)}, "when, as a UTC instant", zone=ZONE{source}),'
    if one.kind == "coordinate":
        known = f"of={quoted(one.name)}, most={one.bound}{source}"
        return f'coordinate({quoted(one.field)}, "{words}, in millionths of a degree", {known}),'
    if one.kind == "amount":
        known = f"decimals={one.bound}, of={quoted(one.name)}, source={quoted(one.column)}{optional}"
        return f'fixed_point({quoted(one.field)}, "{words}, exact", {known}),'
    if one.kind == "number":
        return f'{begin}, most=lambda: {one.bound}, bound="{one.bound:,}"{source}{optional}),'
    if one.kind == "one_of":
        return f"{begin}, {', '.join(map(quoted, one.words))}{source}),"
    longest = f", longest={one.bound}" if one.kind == "text" and one.bound != LONGEST_TEXT else ""
    return f"{begin}{source}{optional}{longest}),"


def tried(one: Guess) -> Tried:
    """What its field takes and refuses, in the order of its reasons."""
    if one.kind == "unread":
        return Tried("", ())
    found = _tried(one)
    missing = () if one.optional else (("", f"missing_{one.name}"),)
    return Tried(found.good, (*missing, *((text, reason) for text, reason in found.bad)))


def _tried(one: Guess) -> Tried:
    bad, far = f"bad_{one.name}", f"{one.name}_out_of_range"
    long = "x" * (max(one.bound, LONGEST_TEXT) + 1)
    amounts = (
        ("-1", f"negative_{one.name}"),
        ("1.2.3", bad),
        (f"0.{'1' * (one.bound + 1)}", f"{one.name}_precision"),
        ("9" * (LONGEST_WHOLE + 1), far),
    )
    tries: dict[Kind, Tried] = {
        "instant": Tried("2026-03-01T12:00:00Z", (("2026-03-01", bad), ("1999-12-31T12:00:00Z", far))),
        "text": Tried("something", ((long, bad),)),
        "number": Tried("1", (("-1", bad), (str(one.bound + 1), far))),
        "amount": Tried("1", amounts),
        "truth": Tried("true", (("perhaps", bad),)),
        "one_of": Tried(one.words[0] if one.words else "", (("something else", bad),)),
        "phone": Tried("+12025550143", (("12", bad),)),
        "ip": Tried("192.0.2.1", (("192.0.2.256", bad),)),
        "location": Tried("192.0.2.1", ((long, bad),)),
        "device": Tried("device-1", ((long, bad),)),
        "coordinate": Tried("1.5", (("north", bad), (str(one.bound + 1), far))),
    }
    return tries[one.kind]


def quoted(text: str) -> str:
    """The text as Python and JSON write it between double quotes."""
    return json.dumps(text, ensure_ascii=False)
