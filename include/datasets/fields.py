"""The kinds of raw text that contracts are made of: each casts exactly and says what it refuses.

The columns given to `cast` and `when` hold text without surrounding white space and quotes. Regular
expressions keep to what Java's and Rust's engines read alike ([0-9], not \\d): a check may run on either.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from include.datasets.contract import Field, FieldType, PersonalKind, Reject

if TYPE_CHECKING:
    from pyspark.sql import Column

# Identifiers and labels longer than this are damage (a shifted or glued line), not names.
LONGEST_TEXT = 64
# Twelve digits before the point: with six decimals still within a signed 64-bit integer.
LONGEST_WHOLE = 12


def missing(name: str) -> Reject:
    """Nothing was given."""
    return Reject(reason=f"missing_{name}", doc=f"{name} is empty", when=lambda raw: raw == "")


def text(
    name: str,
    doc: str,
    *,
    source: str | None = None,
    optional: bool = False,
    longest: int = LONGEST_TEXT,
    personal: PersonalKind | None = None,
) -> Field:
    """A label. Empty: NULL if optional, else missing_<name>. Over `longest` characters: bad_<name>."""

    def cast(raw: Column) -> Column:
        from pyspark.sql import functions as F

        return F.when(raw != "", raw)

    def too_long(raw: Column) -> Column:
        from pyspark.sql import functions as F

        return F.length(raw) > longest

    long = Reject(reason=f"bad_{name}", doc=f"{name} is longer than {longest} characters", when=too_long)
    return Field(
        name=name,
        type="string",
        doc=doc,
        source=source,
        personal=personal,
        optional=optional,
        cast=cast,
        rejects=(long,) if optional else (missing(name), long),
    )


def parsed(
    name: str,
    doc: str,
    cast: Callable[[Column], Column],
    wrong: str,
    *,
    type: FieldType = "string",
    source: str | None = None,
    optional: bool = False,
    personal: PersonalKind | None = None,
    further: tuple[Reject, ...] = (),
) -> Field:
    """What `cast` makes of a text: bad_<name> where that is NULL, then the `further` reasons.

    Empty: NULL if optional, else missing_<name>. `wrong`: what a bad one is, to go on from its name.
    """

    def given(raw: Column) -> Column:
        from pyspark.sql import functions as F

        return F.when(raw != "", cast(raw))

    bad = Reject(
        reason=f"bad_{name}", doc=f"{name} {wrong}", when=lambda raw: (raw != "") & cast(raw).isNull()
    )
    return Field(
        name=name,
        type=type,
        doc=doc,
        source=source,
        personal=personal,
        optional=optional,
        cast=given,
        rejects=(*(() if optional else (missing(name),)), bad, *further),
    )


def truth(name: str, doc: str, *, source: str | None = None, optional: bool = False) -> Field:
    """true or false, 1 or 0, yes or no, in any case. Empty: NULL if optional, else missing_<name>."""

    def cast(raw: Column) -> Column:
        from pyspark.sql import functions as F

        word = F.lower(raw)
        return F.when(word.isin("true", "1", "yes"), True).when(word.isin("false", "0", "no"), False)

    wrong = "is not true or false, 1 or 0, yes or no"
    return parsed(name, doc, cast, wrong, type="boolean", source=source, optional=optional)


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
        rejects=(missing(name), wrong),
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
        rejects=(missing(name), wrong),
    )


def whole_number(
    name: str,
    doc: str,
    *,
    most: Callable[[], int],
    bound: str,
    source: str | None = None,
    optional: bool = False,
) -> Field:
    """An integer from 0 to `most()`, digits only: else bad_<name> or <name>_out_of_range.

    Empty: NULL if optional, else missing_<name>. `most` is asked when rows are judged, and must stay below
    2^31; `bound` says where its value comes from.
    """

    def out_of_range(raw: Column) -> Column:
        from pyspark.sql import functions as F

        # NULL: too many digits even for a bigint
        return F.coalesce(raw.try_cast("bigint") > most(), raw != "")

    wrong = Reject(
        reason=f"bad_{name}",
        doc=f"{name} is not digits only",
        when=lambda raw: ~raw.rlike("^[0-9]*$"),
    )
    beyond = Reject(reason=f"{name}_out_of_range", doc=f"{name} is over {bound}", when=out_of_range)
    return Field(
        name=name,
        type="int",
        doc=doc,
        source=source,
        optional=optional,
        cast=lambda raw: raw.try_cast("int"),
        rejects=(*(() if optional else (missing(name),)), wrong, beyond),
    )


def fixed_point(
    name: str,
    doc: str,
    *,
    decimals: int,
    whole: int = LONGEST_WHOLE,
    of: str,
    source: str,
    optional: bool = False,
) -> Field:
    """A decimal as the exact integer of its 10^decimals-th parts; never through a float.

    Empty: NULL if optional, else missing_<of>, `of` being the quantity's name. Other reasons: negative_<of>
    (a minus sign, -0 too); bad_<of> (anything but digits with one point between them: NaN, 1e3, 1,000, +5,
    .5, 5.); <of>_precision (more decimals, zeros too: who writes cents never wrote 2.500); <of>_out_of_range
    (more than `whole` digits before the point; `whole` and `decimals` together must fit a signed 64-bit
    integer).
    """

    def cast(raw: Column) -> Column:
        from pyspark.sql import functions as F

        before = F.regexp_replace(raw, "[.].*$", "")
        part = F.rpad(F.regexp_replace(raw, "^[0-9]+[.]?", ""), decimals, "0")
        return F.when(raw != "", F.concat(before, part).try_cast("bigint"))

    def too_large(raw: Column) -> Column:
        return ~raw.rlike(f"^0*[0-9]{{1,{whole}}}([.]|$)")

    def given(wrong: Callable[[Column], Column]) -> Callable[[Column], Column]:
        return lambda raw: (raw != "") & wrong(raw)

    rejects = (
        *(() if optional else (missing(of),)),
        Reject(
            reason=f"negative_{of}",
            doc=f"{of} has a minus sign before a number",
            when=lambda raw: raw.rlike("^-[0-9]+([.][0-9]+)?$"),
        ),
        Reject(
            reason=f"bad_{of}",
            doc=f"{of} is not digits, or digits, a point and digits",
            when=given(lambda raw: ~raw.rlike("^[0-9]+([.][0-9]+)?$")),
        ),
        Reject(
            reason=f"{of}_precision",
            doc=f"{of} has more than {decimals} decimals",
            when=lambda raw: raw.rlike(f"[.][0-9]{{{decimals + 1},}}$"),
        ),
        Reject(
            reason=f"{of}_out_of_range",
            doc=f"{of} has more than {whole} digits before the point",
            when=given(too_large),
        ),
    )
    return Field(
        name=name, type="bigint", doc=doc, source=source, optional=optional, cast=cast, rejects=rejects
    )
