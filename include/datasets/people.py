"""What tells people and their machines apart: phones, IP addresses, devices. All of it is personal.

Each has one canonical text, since equal values become equal pseudonyms, and unequal ones do not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from include.datasets.contract import Field
from include.datasets.digits import BETWEEN, western
from include.datasets.fields import LONGEST_TEXT, parsed, text

if TYPE_CHECKING:
    from pyspark.sql import Column

_BYTE = "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_IPV4 = f"{_BYTE}([.]{_BYTE}){{3}}"
_MAPPED = "^0000:0000:0000:0000:0000:ffff:"
# Of hexadecimal digits and colons: what no IPv6 address has in it.
_MALFORMED = ":::|::.*::|[0-9a-f]{5}|^:[^:]|[^:]:$"


def phone(name: str, doc: str, *, source: str | None = None, optional: bool = False) -> Field:
    """A phone number as +, country and number: +989121234567.

    Of Iran: +98, 0098, 98, 0 or nothing before a mobile number (9 and nine digits), or the first two before
    any number of ten digits; a 0 after the country code is dropped. Of other countries: + or 00, then 7 to 15
    digits. Persian and Arabic digits, spaces, dashes, points, slashes and parentheses may be in it.
    Empty: NULL if optional, else missing_<name>. Anything else: bad_<name>.
    """

    def canonical(raw: Column) -> Column:
        from pyspark.sql import functions as F

        number = western(raw, without=BETWEEN)
        mobile = number.rlike("^(([+]|00)?98)?0?9[0-9]{9}$")
        of_iran = number.rlike("^([+]|00)980?[1-9][0-9]{9}$")
        elsewhere = number.rlike("^([+]|00)[1-9][0-9]{6,14}$") & ~number.rlike("^([+]|00)98")
        national = F.concat(F.lit("+98"), F.substring(number, -10, 10))
        return F.when(mobile | of_iran, national).when(elsewhere, F.regexp_replace(number, "^([+]|00)", "+"))

    return parsed(
        name, doc, canonical, "is no phone number", source=source, optional=optional, personal="phone"
    )


def ip(name: str, doc: str, *, source: str | None = None, optional: bool = False) -> Field:
    """An IP address: IPv4 as it is written, IPv6 as eight groups of four small hexadecimal digits.

    Fully written since that can be reached from every way of writing, and compared. An IPv4 address inside
    an IPv6 one (::ffff:10.0.0.1) is the IPv4 address. Bytes with leading zeros, ports, prefixes and zones
    are refused. Empty: NULL if optional, else missing_<name>. Anything else: bad_<name>.
    """
    return parsed(name, doc, address, "is no IP address", source=source, optional=optional, personal="ip")


def location(name: str, doc: str, *, source: str | None = None, optional: bool = False) -> Field:
    """Where somebody was seen from: an IP address as `ip` has it, or a name of up to 64 characters."""

    def canonical(raw: Column) -> Column:
        from pyspark.sql import functions as F

        return F.coalesce(address(raw), F.when(F.length(raw) <= LONGEST_TEXT, raw))

    wrong = f"is no IP address, and longer than {LONGEST_TEXT} characters"
    return parsed(name, doc, canonical, wrong, source=source, optional=optional, personal="place")


def device(name: str, doc: str, *, source: str | None = None, optional: bool = False) -> Field:
    """A device's id, as it is given; see `text`."""
    return text(name, doc, source=source, optional=optional, personal="device")


def address(raw: Column) -> Column:
    """An IP address in its canonical form, NULL if it is none."""
    from pyspark.sql import functions as F

    low = F.lower(raw)
    full = _ipv6(low)
    dotted = F.regexp_extract(low, f":({_IPV4})$", 1)
    with_dots = _ipv6(F.regexp_replace(low, f":{_IPV4}$", ":0:0"))
    return (
        F.when(low.rlike(f"^{_IPV4}$"), low)
        .when(full.rlike(_MAPPED), _dotted(full))
        .when(full.isNotNull(), full)
        .when((dotted != "") & with_dots.rlike(_MAPPED), dotted)
    )


def _ipv6(low: Column) -> Column:
    """An IPv6 address in full, NULL if it is none."""
    from pyspark.sql import functions as F

    shortened = low.contains("::")
    head = F.substring_index(low, "::", 1)
    tail = F.when(shortened, F.substring_index(low, "::", -1)).otherwise("")
    groups = _groups(head) + _groups(tail)
    zeros = F.when(shortened, F.repeat(F.lit(":0000"), 8 - groups)).otherwise("")
    full = F.concat(_padded(head), zeros, _padded(tail))
    formed = low.rlike("^[0-9a-f:]+$") & ~low.rlike(_MALFORMED)
    fits = F.when(shortened, groups <= 7).otherwise(groups == 8)
    return F.when(formed & fits, F.substring(full, 2, 39))


def _dotted(full: Column) -> Column:
    """The IPv4 address in the last four bytes of a full IPv6 one."""
    from pyspark.sql import functions as F

    last = (F.conv(F.substring(full, place, 2), 16, 10) for place in (31, 33, 36, 38))
    return F.concat_ws(".", *last)


def _groups(part: Column) -> Column:
    from pyspark.sql import functions as F

    colons = F.length(part) - F.length(F.regexp_replace(part, ":", ""))
    return F.when(part == "", 0).otherwise(colons + 1)


def _padded(part: Column) -> Column:
    """Each group with a colon before it and four digits."""
    from pyspark.sql import functions as F

    longer = F.regexp_replace(F.concat(F.lit(":"), part), ":([0-9a-f])", ":000$1")
    four = F.regexp_replace(longer, "0*([0-9a-f]{4})(:|$)", "$1$2")
    return F.when(part == "", "").otherwise(four)
