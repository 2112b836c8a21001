"""What a dataset needs once: its event time, and the label that is watched."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from include.datasets.fields import LONGEST_TEXT
from include.errors import ConfigError
from stack.draft.guess import PERSONAL, Guess, Kind
from stack.draft.sample import Sample


def event_time(found: Iterable[Guess], asked: str) -> str:
    """The column that says when: that asked for, or the first that holds instants.

    Raises ConfigError naming the choices if there is none, or if that one holds something else.
    """
    found = list(found)
    instants = [one.column for one in found if one.kind == "instant"]
    columns = ", ".join(one.column for one in found)
    if not asked and not instants:
        raise ConfigError(
            "no column holds instants, ISO 8601 with date and time or digits since 1970 under a name that "
            f"says so (a date alone is none): name one with EVENT_TIME; there are {columns}"
        )
    if not asked or asked in instants:
        return asked or instants[0]
    if asked not in [one.column for one in found]:
        raise ConfigError(f"there is no column {asked!r} to be EVENT_TIME; there are {columns}")
    choices = ", ".join(instants) or "none does"
    raise ConfigError(
        f"EVENT_TIME={asked}: its texts are no instants. Of the others these hold some: {choices}"
    )


def with_event_time(found: Iterable[Guess], column: str, sample: Sample) -> list[Guess]:
    """The same with one instant, the event time, given in every row; further ones are texts."""
    changed = []
    for one in found:
        if one.column == column:
            one = replace(one, optional=False, bad=one.bad + empty(sample.columns[column]), decide=())
        elif one.kind == "instant":
            also = f"it holds instants too; the event time is {column}, and this stays a text"
            one = replace(one, kind="text", bad=0, bound=LONGEST_TEXT, decide=(*one.decide, also))
        changed.append(one)
    return changed


def watched(found: Iterable[Guess], sample: Sample) -> tuple[list[Guess], str]:
    """The same, and the label whose shares are watched: a choice between words, or what has fewest texts.

    It is made a text if it is none. Raises ConfigError if nothing is always given and of nobody.
    """
    found = list(found)
    fit = [
        one
        for one in found
        if one.kind not in ("instant", "unread", *PERSONAL) and not empty(sample.columns[one.column])
    ]
    if not fit:
        raise ConfigError(
            "no column but the event time is given in every row and of nobody, and a dataset needs one such "
            "label, whose shares are watched from day to day"
        )
    order: tuple[Kind, ...] = ("one_of", "text")
    best = min(
        fit,
        key=lambda one: (
            order.index(one.kind) if one.kind in order else len(order),
            len(set(sample.columns[one.column])),
        ),
    )
    if best.kind in order:
        return found, best.field
    label = replace(best, kind="text", bad=0, bound=LONGEST_TEXT, optional=False)
    return [label if one is best else one for one in found], label.field


def empty(texts: Iterable[str]) -> int:
    """How many of the texts are empty."""
    return sum(not text for text in texts)
