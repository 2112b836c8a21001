"""Broken rows: one way or more to earn each reason code of a contract, in the form that a chunk has."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle
from typing import Any

from include.datasets.contract import Contract
from sources.behaviours.wire import Form, Raw, csv_line

LONG = "x" * 65
# What a column says instead of something good -> the reason; several ways are used in turn.
Spoilt = Mapping[str, Sequence[Mapping[str, Any]]]

TIMES: Spoilt = {
    "missing_{}": ({"{}": None}, {"{}": ""}),
    "bad_{}": (
        {"{}": "2026-03-05"},
        {"{}": "2026-02-30T10:00:00Z"},
        {"{}": "05/03/2026 10:00"},
        {"{}": "24:00"},
        {"{}": "1772668800.5"},
    ),
    "{}_out_of_range": ({"{}": "1999-12-30T12:00:00Z"}, {"{}": 0}, {"{}": "2999-01-01T00:00:00Z"}),
}
AMOUNTS: Spoilt = {
    "negative_amount": ({"amount": "-5.00"}, {"amount": -0.01}),
    "bad_amount": ({"amount": "NaN"}, {"amount": "1e3"}, {"amount": "12 EUR"}, {"amount": "1,000.00"}),
    "amount_precision": ({"amount": "2.005"}, {"amount": 31.125}, {"amount": "31.500"}),
    "amount_out_of_range": ({"amount": "1234567890123.00"}, {"amount": 100000000}),
}


def of(column: str, ways: Spoilt) -> Spoilt:
    """The ways for this column, `{}` being its name."""
    return {
        reason.format(column): [{name.format(column): value for name, value in way.items()} for way in given]
        for reason, given in ways.items()
    }


def label(column: str, *, optional: bool = False) -> Spoilt:
    """How a label is spoilt: it is missing, unless that may be, or too long."""
    missing = {} if optional else {f"missing_{column}": ({column: None}, {column: "  "})}
    return {**missing, f"bad_{column}": ({column: LONG},)}


@dataclass
class Damage:
    """Breaks rows of one dataset, all reasons in turn in each form."""

    contract: Contract
    spoilt: Spoilt

    def __post_init__(self) -> None:
        self._turns: dict[Form, Iterator[str]] = {}
        self._ways = {reason: cycle(ways) for reason, ways in self.spoilt.items()}
        self._shown = Counter[str]()

    def reasons(self, form: Form) -> Iterator[str]:
        """One reason after the other for rows of a chunk of this form; what is heavy comes once."""
        if form not in self._turns:
            those = [*(CSV if form == "csv" else JSON), *self.spoilt]
            if form == "lines":
                those.append("blank_line")
            self._turns[form] = _once_then("line_too_long", those)
        return self._turns[form]

    def row(self, reason: str, form: Form, good: Raw, text: str) -> bytes:
        """A row of this reason from a good one, whose JSON is `text`; other than for spoilt columns."""
        turn = self._shown[reason]
        self._shown[reason] += 1
        return self._csv(reason, good, turn) if form == "csv" else self._json(reason, good, text, turn)

    def spoil(self, reason: str, good: Raw) -> Raw:
        """The good row with a column that earns the reason."""
        return {**good, **next(self._ways[reason])}

    def _json(self, reason: str, good: Raw, text: str, turn: int) -> bytes:
        key = next(name for name in self.contract.columns if good.get(name) not in (None, ""))
        whole = {name: value for name, value in good.items() if value is not None}
        rest = json.dumps(whole)[1:].encode()
        if reason == "line_too_long":
            return b'{"note":"' + b"y" * 65_600 + b'",' + rest
        if reason == "bad_encoding":
            return (b'{"note":"caf\xe9",', b'{"note":"\xff\xfe",')[turn % 2] + rest
        if reason == "control_character":
            return (b'{"note":"a\x00b",', b'{"note":"\x1b[0m",')[turn % 2] + rest
        if reason == "blank_line":
            return (b"", b"   ", b"\t")[turn % 3]
        if reason == "bad_json":
            cut = json.dumps(whole)[:-1].encode()
            return (cut, b"{" + rest[:-1] + b",}", cut.replace(b'"', b"'") + b"}", cut[: len(cut) // 2])[
                turn % 4
            ]
        if reason == "not_an_object":
            return (b"12345", b'"no event"', b"null", b"[1, 2]", b"true")[turn % 5]
        if reason == "too_deep":
            wrapped = text
            for _ in range(6):
                wrapped = json.dumps(wrapped)
            return (b'{"note":' + b"[" * 40 + b"]" * 40 + b"," + rest, wrapped.encode())[turn % 2]
        if reason == "ambiguous_key":
            return json.dumps({key: "another"})[:-1].encode() + b"," + rest
        raise ValueError(f"nothing in JSON is known to earn {reason}")

    def _csv(self, reason: str, good: Raw, turn: int) -> bytes:
        columns = self.contract.columns
        fields = [csv_line([good.get(name)]) for name in columns]
        place = turn % len(fields)
        if reason == "blank_line":
            return (b"", b"   ", b"\t")[turn % 3]
        if reason == "repeated_header":
            return ",".join(columns).encode()
        if reason == "wrong_field_count":
            return ",".join(fields[1:] if turn % 2 else [*fields, "0"]).encode()
        odd = {
            "line_too_long": b"y" * 65_600,
            "bad_encoding": b"caf\xe9",
            "control_character": b"a\x00b",
            "unbalanced_quotes": b'"open',
        }[reason]
        return b",".join(odd if i == place else field.encode() for i, field in enumerate(fields))


JSON = ("bad_encoding", "control_character", "bad_json", "not_an_object", "too_deep", "ambiguous_key")
CSV = (
    "bad_encoding",
    "blank_line",
    "control_character",
    "unbalanced_quotes",
    "wrong_field_count",
    "repeated_header",
)


def _once_then(first: str, others: Sequence[str]) -> Iterator[str]:
    yield first
    yield from cycle(others)
