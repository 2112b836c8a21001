"""Places on earth: coordinates as exact integers, countries by their codes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from include.datasets.contract import Field, Reject
from include.datasets.fields import parsed

if TYPE_CHECKING:
    from pyspark.sql import Column

DECIMALS = 6


def coordinate(name: str, doc: str, *, of: str, most: int, source: str | None = None) -> Field:
    """Degrees from -`most` to `most` as whole millionths, from the column `of`, or `source`; may be empty.

    Digits behind the sixth decimal, less than 11 cm, are cut off. Reasons: bad_<of> (no decimal number: 1e-5,
    +51, 48° 51'); <of>_out_of_range.
    """

    def cast(raw: Column) -> Column:
        from pyspark.sql import functions as F

        degrees = F.regexp_replace(raw, "^-|[.].*$", "")
        part = F.rpad(F.regexp_replace(raw, "^-?[0-9]+[.]?", ""), DECIMALS, "0")
        size = F.concat(degrees, part).try_cast("int")
        decimal = raw.rlike("^-?[0-9]{1,3}([.][0-9]{1,20})?$")
        return F.when(decimal, F.when(raw.startswith("-"), -size).otherwise(size))

    def out_of_range(raw: Column) -> Column:
        from pyspark.sql import functions as F

        beyond: Column = F.abs(cast(raw)) > most * 10**DECIMALS
        return beyond | raw.rlike(f"^-?0*{most}[.]0*[1-9]")

    bad = parsed(of, doc, cast, "is no decimal number of degrees", optional=True)
    far = Reject(
        reason=f"{of}_out_of_range", doc=f"{of} is over {most} degrees, or under -{most}", when=out_of_range
    )
    return Field(
        name=name,
        type="int",
        doc=doc,
        source=source or of,
        optional=True,
        cast=bad.cast,
        rejects=(*bad.rejects, far),
    )


def country(name: str, doc: str) -> Field:
    """A country's two letters (ISO 3166), in capitals; may be empty. Anything else: bad_<name>."""

    def cast(raw: Column) -> Column:
        from pyspark.sql import functions as F

        return F.when(raw.rlike("^[A-Za-z]{2}$"), F.upper(raw))

    return parsed(name, doc, cast, "is not two letters", optional=True)
