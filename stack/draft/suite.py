"""The suite of a draft: what its sample says of itself, to be made stricter by who knows the data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from stack.draft.guess import Guess
from stack.draft.sample import Sample

# Rows below which a share says nothing.
FEW, MANY = 100, 1000


def suite_of(name: str, found: Iterable[Guess], sample: Sample) -> dict[str, Any]:
    """The suite as Great Expectations writes it."""
    found = list(found)
    refused = sum(one.bad for one in found) + sample.unread
    share = min(0.5, max(0.15, 1.5 * refused / (sample.rows + sample.unread)))
    expected = [
        _expect(
            "table_row_count", {"min_value": 1}, "A chunk without a row is harmless, but somebody sent it."
        ),
        _reasons(
            1 - share, FEW, f"More than {share:.0%} of the rows are quarantined (decide: how many are usual)."
        ),
        _reasons(0.5, 10, "More than half of the rows is quarantined, which few rows do not excuse."),
        _expect(
            "column_unique_value_count",
            {"column": "event_day", "max_value": 31},
            "Events of more than 31 days in one chunk: a clock is wrong, or history was sent as news.",
            few=FEW,
        ),
    ]
    for one in found:
        expected += _of_field(one, sample)
    notes = (
        "Judges the rows of one chunk with their verdicts: reason is empty where a row is good. Drafted from "
        "a sample; decide: what stops a chunk (critical) and what is only told (warning)."
    )
    return {"name": name, "expectations": expected, "meta": {"notes": _notes(notes)}}


def _of_field(one: Guess, sample: Sample) -> list[dict[str, Any]]:
    texts = [text for text in sample.columns[one.column] if text]
    if one.kind == "one_of":
        return [_words(one)]
    if one.kind in ("text", "device", "ip", "phone") and len(set(texts)) > 1 and not one.optional:
        told = f"All rows have the same {one.field}: a default, a filter before us, or a test."
        return [_expect("column_unique_value_count", {"column": one.field, "min_value": 2}, told, few=FEW)]
    if one.kind in ("number", "amount"):
        most = one.bound if one.kind == "number" else 10 ** (one.bound + len(_largest(texts)) + 1)
        told = f"A {one.field} far beyond those of the sample: perhaps another unit."
        return [_expect("column_max", {"column": one.field, "max_value": most}, told)]
    return []


def _largest(texts: Iterable[str]) -> str:
    """The digits before the point of the largest number; some of the texts may be none."""
    wholes = [text.partition(".")[0].lstrip("0") for text in texts]
    return max((whole for whole in wholes if whole.isdecimal()), key=len, default="")


def _words(one: Guess) -> dict[str, Any]:
    told = f"The contract quarantines any other {one.field}: one that got through means that they disagree."
    return {
        "type": "expect_column_distinct_values_to_be_in_set",
        "kwargs": {"column": one.field, "value_set": list(one.words)},
        "meta": {"notes": _notes(told)},
        "severity": "critical",
    }


def _reasons(mostly: float, few: int, told: str) -> dict[str, Any]:
    return {
        "type": "expect_column_values_to_be_null",
        "kwargs": {"column": "reason", "mostly": round(mostly, 2)},
        "meta": {"notes": _notes(told), "min_rows": few},
        "severity": "critical",
    }


def _expect(what: str, kwargs: Mapping[str, Any], told: str, few: int = 0) -> dict[str, Any]:
    """A warning, of chunks that are not too small for it."""
    return {
        "type": f"expect_{what}_to_be_between",
        "kwargs": dict(kwargs),
        "meta": {"notes": _notes(told)} | ({"min_rows": few} if few else {}),
        "severity": "warning",
    }


def _notes(told: str) -> dict[str, Any]:
    return {"format": "markdown", "content": [told]}
