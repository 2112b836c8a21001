"""A subject: whom an erasure is about, and whether a text names them, however it is written."""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from ipaddress import IPv6Address, ip_address

from include.datasets.digits import BETWEEN
from include.errors import ConfigError

# Enough of a phone's last digits to know it by, whatever prefix it is written with.
LAST_DIGITS = 9

_PHONE = re.compile(r"\+(98[1-9][0-9]{9}|(?!98)[1-9][0-9]{6,14})")
_ESCAPED = re.compile(r"\\+u([0-9a-fA-F]{4})")
_SHORT_ESCAPES = re.compile(r'\\+(?:[tnrf]|(["/\\]))')
_BETWEEN_DIGITS = re.compile(f"[{re.escape(BETWEEN)}]")
_IP_LIKE = re.compile(r"[0-9a-f.]*:[0-9a-f:.]+")


@dataclass(frozen=True)
class Subject:
    """Whom it is about: a kind, all pseudonyms, and the values as far as they are known."""

    kind: str
    pseudonyms: frozenset[str]
    values: frozenset[str]

    def is_in(self, text: str) -> bool:
        """Whether a value is in it, however its digits and letters are written. May say so too often."""
        return any(self._is_in(reading) for reading in _readings(text))

    def _is_in(self, plain: str) -> bool:
        if self.kind == "phone":
            plain = _BETWEEN_DIGITS.sub("", plain)
        if any(pattern.search(plain) for pattern in self._patterns):
            return True
        return self._is_address and not self.values.isdisjoint(_addresses(plain))

    @cached_property
    def _is_address(self) -> bool:
        return self.kind in ("ip", "place") and any(map(_address, self.values))

    @cached_property
    def _patterns(self) -> list[re.Pattern[str]]:
        patterns = []
        for value in self.values:
            digits = re.sub("[^0-9]", "", _plain(value))
            if self.kind == "phone" and len(digits) >= LAST_DIGITS:
                patterns.append(digits[-LAST_DIGITS:])
            elif self.kind == "phone":
                patterns.append(rf"(?<![0-9])(?:00)?{digits}(?![0-9])")
            else:
                # a whole word: 10.0.0.1 is not in 110.0.0.1, 10.0.0.12 or 10.0.0.1.5
                patterns.append(rf"(?<![\w.]){re.escape(_plain(value))}(?!\w|[.]\w)")
        return [re.compile(pattern) for pattern in patterns]


def canonical(kind: str, given: str) -> str:
    """A value as contracts make it, of which its pseudonyms are (see include/datasets/people.py).

    IP addresses are rewritten. Raises ConfigError for a phone or an IP address that is none, since nobody
    would be found by it, and the receipt would say that nothing is left.
    """
    if kind == "phone" and not _PHONE.fullmatch(given):
        raise ConfigError("a phone to erase is given as +, country and number, without spaces: +989121234567")
    if kind in ("ip", "place"):
        address = _address(given)
        if address is None and kind == "ip":
            raise ConfigError("an IP address to erase is given without a port, prefix or zone")
        return address or given
    return given


def _address(text: str) -> str | None:
    """An IP address as contracts write it: IPv4 as it is, IPv6 in full, IPv4 inside IPv6 as IPv4."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if isinstance(address, IPv6Address):
        return None if address.scope_id else str(address.ipv4_mapped or address.exploded)
    return str(address)


def _addresses(plain: str) -> Iterator[str]:
    """Every IP address with colons in a text, with or without a colon or point of what stands around it."""
    for found in _IP_LIKE.finditer(plain):
        text = found[0].strip(".")
        for one in {text, text.removeprefix(":"), text.removesuffix(":"), text.partition(":")[2]}:
            if address := _address(one):
                yield address


def _readings(text: str) -> set[str]:
    """The text plain, and with JSON's short escapes undone too, which may as well be no escapes."""
    plain = _plain(text)
    return {plain, _SHORT_ESCAPES.sub(lambda found: found[1] or " ", plain)}


def _plain(text: str) -> str:
    """The text with every way to write a character made one, and all digits 0 to 9."""
    spelt = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)
    return unicodedata.normalize("NFKC", spelt).translate(_digits()).casefold()


@cache
def _digits() -> dict[int, str]:
    """Every digit of every script -> 0 to 9, as str.translate wants it."""
    others = map(chr, range(0x80, sys.maxunicode + 1))
    return {ord(char): str(unicodedata.decimal(char)) for char in others if char.isdecimal()}
