"""The kinds of raw text that contracts are made of: each casts exactly and says what it refuses.

The columns given to `cast` and `when` hold text without surrounding white space and quotes. Regular
expressions keep to what Java's and Rust's engines read alike ([0-9], not \\d): a check may run on either.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from include.datasets.contract import Field, Reject

if TYPE_CHECKING:
    from pyspark.sql import Column

# Identifiers and labels longer than this are damage (a shifted or glued line), not names.
LONGEST_TEXT = 64
# Twelve digits before the point: with six decimals still within a signed 64-bit integer.
LONGEST_WHOLE = 12


def _missing(name: str) -> Reject:
    return Reject(reason=f"missing_{name}", doc=f"{name} is empty", when=lambda raw: raw == "")


def text(name: str, doc: str, *, source: str | None = None, optional: bool = False) -> Field:
    """A label. Empty: NULL if optional, else missing_<name>. Over 64 characters: bad_<name>."""

    def cast(raw: Column) -> Column:
        from pyspark.sql import functions as F

        return F.when(raw != "", raw)

    def too_long(raw: Column) -> Column:
        from pyspark.sql import functions as F

        return F.length(raw) > LONGEST_TEXT

    long = Reject(reason=f"bad_{name}", doc=f"{name} is longer than {LONGEST_TEXT} characters", when=too_long)
    return Field(
        name=name,
        type="string",
        doc=doc,
        source=source,
        optional=optional,
        cast=cast,
        rejects=(long,) if optional else (_missing(name), long),
    )


def one_of(name: str, doc: str, *values: str, source: str | None = None) -> Field:
    """One of these words, to the letter: else missing_<name> or bad_<name>."""
    wrong = Reject(
        reason=f"bad_{name}",
        doc=f"{name} is not one of {', '.join(values)}",
        when=lambda raw: ~raw.isin(*values),
    )
    return Field(
        name=name,
        type="string",
        doc=doc,
        source=source,
        cast=lambda raw: raw,
        rejects=(_missing(name), wrong),
    )


def flag(name: str, doc: str, *, source: str | None = None) -> Field:
    """0 or 1, as a boolean: else missing_<name> or bad_<name>."""
    wrong = Reject(reason=f"bad_{name}", doc=f"{name} is not 0 or 1", when=lambda raw: ~raw.isin("0", "1"))
    return Field(
        name=name,
        type="boolean",
        doc=doc,
        source=source,
        cast=lambda raw: raw == "1",
        rejects=(_missing(name), wrong),
    )


def whole_number(
    name: str, doc: str, *, most: Callable[[], int], bound: str, source: str | None = None
) -> Field:
    """An integer from 0 to `most()`, digits only: else missing_<name>, bad_<name> or <name>_out_of_range.

    `most` is asked when rows are judged, and must stay below 2^31; `bound` says where its value comes from.
    """

    def out_of_range(raw: Column) -> Column:
        from pyspark.sql import functions as F

        # NULL: too many digits even for a bigint
        return F.coalesce(raw.try_cast("bigint") > most(), raw != "")

    wrong = Reject(
        reason=f"bad_{name}", doc=f"{name} is not digits only", when=lambda raw: ~raw.rlike("^[0-9]+$")
    )
    beyond = Reject(reason=f"{name}_out_of_range", doc=f"{name} is over {bound}", when=out_of_range)
    return Field(
        name=name,
        type="int",
        doc=doc,
        source=source,
        cast=lambda raw: raw.try_cast("int"),
        rejects=(_missing(name), wrong, beyond),
    )


def fixed_point(
    name: str, doc: str, *, decimals: int, whole: int = LONGEST_WHOLE, of: str, source: str
) -> Field:
    """A decimal as the exact integer of its 10^decimals-th parts; never through a float.

    Reasons, `of` being the quantity's name: missing_<of>; negative_<of> (a minus sign, -0 too); bad_<of>
    (anything but digits with one point between them: NaN, 1e3, 1,000, +5, .5, 5.); <of>_precision (more
    decimals, zeros too: who writes cents never wrote 2.500); <of>_out_of_range (more than `whole`
    digits before the point; `whole` and `decimals` together must fit a signed 64-bit integer).
    """

    def cast(raw: Column) -> Column:
        from pyspark.sql import functions as F

        before = F.regexp_replace(raw, "[.].*$", "")
        part = F.rpad(F.regexp_replace(raw, "^[0-9]+[.]?", ""), decimals, "0")
        return F.concat(before, part).try_cast("bigint")

    def too_large(raw: Column) -> Column:
        return ~raw.rlike(f"^0*[0-9]{{1,{whole}}}([.]|$)")

    rejects = (
        _missing(of),
        Reject(
            reason=f"negative_{of}",
            doc=f"{of} has a minus sign before a number",
            when=lambda raw: raw.rlike("^-[0-9]+([.][0-9]+)?$"),
        ),
        Reject(
            reason=f"bad_{of}",
            doc=f"{of} is not digits, or digits, a point and digits",
            when=lambda raw: ~raw.rlike("^[0-9]+([.][0-9]+)?$"),
        ),
        Reject(
            reason=f"{of}_precision",
            doc=f"{of} has more than {decimals} decimals",
            when=lambda raw: raw.rlike(f"[.][0-9]{{{decimals + 1},}}$"),
        ),
        Reject(
            reason=f"{of}_out_of_range",
            doc=f"{of} has more than {whole} digits before the point",
            when=too_large,
        ),
    )
    return Field(name=name, type="bigint", doc=doc, source=source, cast=cast, rejects=rejects)
