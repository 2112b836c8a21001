"""What a text of a sample may be: one question each, asked of texts that are not empty.

They are guesses for a person to look at; what is taken in the end, a contract's fields decide on Spark.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime
from ipaddress import ip_address

from include.datasets.fields import LONGEST_WHOLE
from include.datasets.instants import EPOCH, FIRST_DAY, ISO
from include.settings import get_settings

Question = Callable[[str], bool]

# Digits of the longest whole number, and decimals of the most exact amount, that fields are made for.
MOST_DIGITS = 9
MOST_DECIMALS = 6

_TRUTH = frozenset({"true", "false", "yes", "no", "1", "0"})
_UNITS = ((11, 1), (14, 1_000), (17, 1_000_000))


def western(text: str) -> str:
    """The same with digits of any script as 0 to 9."""
    return "".join(str(unicodedata.decimal(char, char)) for char in text)


def is_instant(text: str) -> bool:
    """Whether it is ISO 8601 with date and time."""
    return bool(re.match(ISO, western(text)))


def is_date(text: str) -> bool:
    """Whether it is a date alone, which is no instant."""
    return bool(re.fullmatch(r"\d{4}[-/]\d{1,2}[-/]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{4}", western(text)))


def is_epoch(text: str) -> bool:
    """Whether it may be seconds, milliseconds or microseconds since 1970, of a day that is taken."""
    digits = western(text)
    if not re.match(EPOCH, digits):
        return False
    unit = next(unit for longest, unit in _UNITS if len(digits) <= longest)
    seconds = int(digits) // unit
    first = datetime(FIRST_DAY.year, 1, 1, tzinfo=UTC).timestamp()
    return first <= seconds < datetime(get_settings().last_event_day.year + 1, 1, 1, tzinfo=UTC).timestamp()


def is_truth(text: str) -> bool:
    """Whether it says yes or no."""
    return text.lower() in _TRUTH


def is_ip(text: str) -> bool:
    """Whether it is an IP address."""
    try:
        ip_address(text)
    except ValueError:
        return False
    return "%" not in text


def is_phone(text: str) -> bool:
    """Whether it is a phone number that says its country, or a mobile number of Iran."""
    number = re.sub(r"[\s()./-]", "", western(text))
    return bool(re.fullmatch(r"([+]|00)[1-9]\d{6,14}|09\d{9}", number))


def is_mail(text: str) -> bool:
    """Whether it is an e-mail address."""
    return bool(re.fullmatch(r"[^@\s]+@[^@\s]+[.][^@\s]+", text))


def is_number(text: str) -> bool:
    """Whether it is a whole number as people count: no sign, no leading zero."""
    return bool(re.fullmatch(f"0|[1-9][0-9]{{0,{MOST_DIGITS - 1}}}", text))


def is_amount(text: str) -> bool:
    """Whether it is digits, or digits, a point and few digits."""
    return bool(re.fullmatch(f"[0-9]{{1,{LONGEST_WHOLE}}}([.][0-9]{{1,{MOST_DECIMALS}}})?", text))


def is_degrees(text: str) -> bool:
    """Whether it is a decimal number of degrees."""
    return bool(re.fullmatch(r"-?[0-9]{1,3}([.][0-9]{1,20})?", text))


def is_value(text: str) -> bool:
    """Whether it is data rather than the name of a column."""
    plain = bool(re.fullmatch(r"[\d\s.,:/+-]*", western(text)))
    return plain or is_instant(text) or is_ip(text) or is_mail(text) or text.lower() in ("true", "false")
