"""When an event was, from the many ways in which people write it; and its day.

Every way ends in whole microseconds, without a float. Without a zone the dataset's own counts: a local time
that a change of clocks skips is read as if the clocks had not changed yet (02:30 becomes 03:30), and one that
comes twice is the first of the two.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from include.datasets.contract import Field, Reject
from include.datasets.digits import western
from include.settings import get_settings

if TYPE_CHECKING:
    from pyspark.sql import Column

# An earlier day is a clock that was never set, or another calendar.
FIRST_DAY = date(2000, 1, 1)

# 1 date, 2 hour, 3 minute, 4 second, 5 fraction, 6 Z, and of an offset 7 sign, 8 hours, 9 minutes
ISO = (
    "^([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ]([01][0-9]|2[0-3]):([0-5][0-9])"
    "(?::([0-5][0-9])(?:[.,]([0-9]{1,6}))?)?"
    " ?(?:([Zz])|([+-])(0[0-9]|1[0-4])(?::?([0-5][0-9]))?)?$"
)
EPOCH = "^(0|[1-9][0-9]{0,16})$"
_SECOND = 1_000_000


def instant(of: str, doc: str, *, zone: str, source: str | None = None) -> tuple[Field, Field]:
    """The fields event_time and event_day (in `zone`), both read from the column `of`, or `source`.

    Taken: ISO 8601 with date and time, T or a space between them, seconds and up to six decimals of them or
    not, Z, an offset (+03:30, +0330, +03) or no zone; seconds, milliseconds or microseconds since 1970 as
    digits (up to 11, 14 and 17 of them). Digits may be Persian or Arabic. Reasons: missing_<of>; bad_<of>
    (anything else: a date alone, a 30th of February, 24:00, a leap second); <of>_out_of_range (its day is
    before 2000-01-01 or after VIGIL_LAST_EVENT_DAY).
    """

    def time(raw: Column) -> Column:
        return _instant(western(raw), zone)

    def day(raw: Column) -> Column:
        from pyspark.sql import functions as F

        return F.from_utc_timestamp(time(raw), zone).cast("date")

    def out_of_range(raw: Column) -> Column:
        from pyspark.sql import functions as F

        # One valid row moves the cut (ADR 1) to the day after its own, for ever: hence a bound that people
        # set, and never the clock, by which the same chunk would be judged otherwise tomorrow.
        return ~day(raw).between(F.lit(FIRST_DAY), F.lit(get_settings().last_event_day))

    rejects = (
        Reject(reason=f"missing_{of}", doc=f"{of} is empty", when=lambda raw: raw == ""),
        Reject(
            reason=f"bad_{of}",
            doc=f"{of} is neither ISO 8601 with date and time nor digits since 1970",
            when=lambda raw: time(raw).isNull(),
        ),
        Reject(
            reason=f"{of}_out_of_range",
            doc=f"the day of {of} is before {FIRST_DAY} or after VIGIL_LAST_EVENT_DAY",
            when=out_of_range,
        ),
    )
    column = source or of
    return (
        Field(name="event_time", type="timestamp", doc=doc, source=column, cast=time, rejects=rejects),
        Field(name="event_day", type="date", doc=f"its day in {zone}", source=column, cast=day),
    )


def _instant(text: Column, zone: str) -> Column:
    from pyspark.sql import functions as F

    local = _microseconds(text)
    sign = F.when(_part(text, 7) == "-", -1).otherwise(1)
    offset = sign * (_number(_part(text, 8)) * 60 + _number(_part(text, 9))) * (60 * _SECOND)
    zoned = F.timestamp_micros(local - offset)
    has_zone = F.concat(_part(text, 6), _part(text, 7)) != ""
    iso = F.when(has_zone, zoned).otherwise(F.to_utc_timestamp(F.timestamp_micros(local), zone))

    digits = F.length(text)
    unit = F.when(digits <= 11, _SECOND).when(digits <= 14, 1_000).otherwise(1)
    epoch = F.timestamp_micros(text.try_cast("bigint") * unit)
    return F.when(text.rlike(EPOCH), epoch).when(text.rlike(ISO), iso)


def _microseconds(text: Column) -> Column:
    """Of an ISO text as if it were UTC; NULL where there is no such day."""
    from pyspark.sql import functions as F

    days = F.unix_date(_part(text, 1).try_cast("date")).cast("bigint")
    minutes = (days * 24 + _number(_part(text, 2))) * 60 + _number(_part(text, 3))
    fraction = _number(F.rpad(_part(text, 5), 6, "0"))
    return (minutes * 60 + _number(_part(text, 4))) * _SECOND + fraction


def _part(text: Column, group: int) -> Column:
    """What this group of an ISO text holds; empty where it holds nothing."""
    from pyspark.sql import functions as F

    return F.regexp_extract(text, ISO, group)


def _number(digits: Column) -> Column:
    from pyspark.sql import functions as F

    return F.coalesce(digits.try_cast("bigint"), F.lit(0))
