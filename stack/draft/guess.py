"""What each column of a sample probably is, and what a person has to decide about it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from include.datasets.contract import ORIGIN
from include.datasets.fields import LONGEST_TEXT
from stack.draft import kinds
from stack.draft.kinds import Question
from stack.draft.sample import Sample

Kind = Literal[
    "instant",
    "text",
    "number",
    "amount",
    "truth",
    "one_of",
    "phone",
    "ip",
    "location",
    "device",
    "coordinate",
    "unread",
]
PERSONAL: frozenset[Kind] = frozenset({"phone", "ip", "location", "device"})

# A kind is guessed if so many of a column's texts are of it; the others would be quarantined.
FITS = 0.9
# More words than these, or longer ones, or each seldom: a text, and no choice between words.
MOST_WORDS, LONGEST_WORD, ROWS_A_WORD = 8, 32, 5

# Decimals that are kept -> the end of such a field's name.
DECIMALS: Mapping[int, str] = {2: "minor", 3: "milli", 6: "micro"}

_SOMEBODY = re.compile(
    "(^|_)((first|last|full|given|family)_?name|surname|birth_?(day|date)|passport|address|ssn|card|iban"
    "|e?_?mail)(_|$)"
)
_WHEN = re.compile("time|date|stamp|epoch|when|created|(^|_)(at|ts)$")
_LABEL = re.compile("(^|_)(id|no|nr|code|zip|token|number|key|status|uuid|version)$")
_DEVICE = re.compile("device|imei|fingerprint")
_DEGREES = {re.compile("(^|_)lat(itude)?($|_)"): 90, re.compile("(^|_)(lon|lng|long|longitude)($|_)"): 180}
_TAKEN = frozenset({*ORIGIN, "raw", "reason", "event_time", "event_day"})


@dataclass(frozen=True)
class Guess:
    """What a column probably is: a field of this kind, whose name is or begins with `name`.

    `bad`: how many of its texts the kind refuses. `bound`: of a text its longest, of a number or of degrees
    the most, of an amount its decimals. `words`: those of a choice. `decide`: what a person has to choose.
    """

    column: str
    name: str
    kind: Kind
    optional: bool = False
    bad: int = 0
    bound: int = 0
    words: tuple[str, ...] = ()
    decide: tuple[str, ...] = ()

    @property
    def field(self) -> str:
        """The field's name, which says in what parts of a unit it is."""
        unit = "micro" if self.kind == "coordinate" else DECIMALS[self.bound] if self.kind == "amount" else ""
        return f"{self.name}_{unit}" if unit else self.name


def guesses(sample: Sample, when: str = "") -> list[Guess]:
    """What each column of the sample probably is, in their order; digits in the column `when` are times."""
    names = _names(sample.columns)
    found: list[Guess] = []
    for column, texts in sample.columns.items():
        says_when = column == when or bool(_WHEN.search(names[column]))
        one = _guess(column, names[column], texts, column in sample.nested, says_when)
        if one.field in {other.field for other in found}:
            one = replace(one, name=f"given_{one.name}")
        found.append(one)
    return found


def _names(columns: Iterable[str]) -> dict[str, str]:
    """Names of fields by columns: small letters, digits and underscores, each once."""
    found: dict[str, str] = {}
    for number, column in enumerate(columns, start=1):
        parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", column)
        plain = re.sub(r"[^a-z0-9]+", "_", parted.lower()).strip("_")
        # fields of events are called so only for their time
        plain = plain.removeprefix("event_") or f"column_{number}"
        if plain in _TAKEN or plain[0].isdigit():
            plain = f"given_{plain}"
        found[column] = plain if plain not in found.values() else f"{plain}_{number}"
    return found


def _guess(column: str, name: str, texts: Sequence[str], nested: bool, says_when: bool) -> Guess:
    given = [text for text in texts if text]
    without = len(texts) - len(given)
    said = (f"empty in {without} of {len(texts)} rows of the sample: may it be?",) if without else ()
    one = Guess(column, name, "text", bool(without), decide=said)
    if nested:
        return replace(one, kind="unread", decide=("it holds lists or objects: it is not read",))
    if not given:
        return replace(one, bound=LONGEST_TEXT, decide=("empty in the whole sample: leave it out?",))
    of_address = _share(kinds.is_ip, given) > 0.5
    if (_SOMEBODY.search(name) and not of_address) or _share(kinds.is_mail, given) > 0.5:
        why = f"personal, and of no kind that has pseudonyms ({', '.join(sorted(PERSONAL))}): it is not read"
        return replace(one, kind="unread", decide=(why,))
    return _special(one, given, says_when) or _plain(one, given)


def _share(question: Question, given: Sequence[str]) -> float:
    return sum(map(question, given)) / len(given)


def _special(one: Guess, given: Sequence[str], says_when: bool) -> Guess | None:
    """What has a form or a name of its own; None: it has neither."""

    def fits(question: Question) -> bool:
        return _share(question, given) >= FITS

    def of(kind: Kind, question: Question, *decide: str, bound: int = 0) -> Guess:
        bad = sum(not question(text) for text in given)
        return replace(one, kind=kind, bad=bad, bound=bound, decide=(*one.decide, *decide))

    if fits(kinds.is_instant):
        return of("instant", kinds.is_instant)
    if says_when and fits(kinds.is_epoch):
        return of("instant", kinds.is_epoch)
    for degrees, most in _DEGREES.items():
        if degrees.search(one.name) and fits(kinds.is_degrees):
            # a coordinate may always be empty
            return replace(of("coordinate", kinds.is_degrees, bound=most), optional=True, decide=())
    if fits(kinds.is_ip):
        return of("ip", kinds.is_ip, "an IP address is personal, and becomes a pseudonym: is it of a person?")
    if _share(kinds.is_ip, given) > 0.5:
        return of(
            "location",
            lambda _: True,
            "addresses and names of places are personal, and become pseudonyms: are they of people?",
        )
    if fits(kinds.is_phone):
        return of("phone", kinds.is_phone, "a phone number is personal, and becomes a pseudonym: is it one?")
    if _DEVICE.search(one.name):
        return of("device", lambda _: True, "a device is personal, and becomes a pseudonym: is it one?")
    if len(set(given)) > 1 and fits(kinds.is_truth):
        return of("truth", kinds.is_truth)
    return None


def _plain(one: Guess, given: Sequence[str]) -> Guess:
    """Numbers, amounts, choices between words, and texts."""
    label = bool(_LABEL.search(one.name))
    if not label and _share(kinds.is_number, given) >= FITS:
        numbers = [int(text) for text in given if kinds.is_number(text)]
        most = min(10 ** (len(str(max(numbers))) + 1), 2**31) - 1
        bound = f"how much is too much? Over {most:,} is quarantined; the sample has up to {max(numbers):,}"
        bad = len(given) - len(numbers)
        return replace(one, kind="number", bound=most, bad=bad, decide=(*one.decide, bound))
    if not label and _share(kinds.is_amount, given) >= FITS:
        decimals = max(len(text.partition(".")[2]) for text in given if kinds.is_amount(text))
        kept = next(known for known in DECIMALS if known >= decimals)
        bad = sum(not kinds.is_amount(text) for text in given)
        bound = f"of which unit? {kept} decimals are kept, and amounts with more quarantined"
        return replace(one, kind="amount", bound=kept, bad=bad, decide=(*one.decide, bound))
    words = sorted(set(given))
    few = 1 < len(words) <= MOST_WORDS and len(given) >= ROWS_A_WORD * len(words)
    if few and not one.optional and not label and max(map(len, words)) <= LONGEST_WORD:
        return replace(
            one, kind="one_of", words=tuple(words), decide=("are these all? Any other word is quarantined",)
        )
    longest = max(map(len, given))
    decide = one.decide
    if longest > LONGEST_TEXT:
        decide += (f"the longest in the sample has {longest} characters, and may name people",)
        longest = 1 << (2 * longest - 1).bit_length()
    return replace(one, bound=max(longest, LONGEST_TEXT), decide=decide)
