"""What sequences are made of: an entity's events in their order, sliding windows over them, and gaps.

Instants are whole microseconds since 1970, UTC. Nothing depends on the order of rows: events of one instant
share each window, and have a gap of 0 between them, whichever comes first.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyspark.sql import Column, WindowSpec

SECOND = 1_000_000


def instant(time: str = "event_time") -> Column:
    """The event time in microseconds, bigint."""
    from pyspark.sql import functions as F

    return F.unix_micros(time)


def sliding(keys: Sequence[str], seconds: int) -> WindowSpec:
    """The window (t - seconds, t] of each event of an entity: all events of the instant t are in it."""
    from pyspark.sql import Window

    return Window.partitionBy(*keys).orderBy(instant()).rangeBetween(1 - seconds * SECOND, 0)


def gap(keys: Sequence[str]) -> Column:
    """Microseconds since the entity's event before, bigint; NULL for its first one."""
    from pyspark.sql import Window
    from pyspark.sql import functions as F

    return instant() - F.lag(instant()).over(Window.partitionBy(*keys).orderBy(instant()))


def place(keys: Sequence[str], columns: Sequence[str]) -> Column:
    """The number, from 1, of an event among those of its entity and instant, in the order of these columns.

    If they are all that an event has, only equal events can change places, so that the order of rows never
    shows.
    """
    from pyspark.sql import Window
    from pyspark.sql import functions as F

    within = Window.partitionBy(*keys, "event_time").orderBy(*[F.asc_nulls_first(name) for name in columns])
    return F.row_number().over(within)


def judged(cut: date) -> Column:
    """Whether an event is of the day that ends at the cut."""
    from pyspark.sql import functions as F

    return F.col("event_day") == F.lit(cut - timedelta(days=1))
