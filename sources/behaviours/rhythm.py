"""When people do things: by the hour of their day, mostly in the evening, more and later at weekends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

SECOND = 1_000_000
MINUTE, HOUR, DAY = 60 * SECOND, 3600 * SECOND, 86_400 * SECOND

# Share of each hour of a working day, from midnight on; a weekend is two hours later, and busier.
HOURS = np.array([6, 3, 2, 1, 1, 1, 2, 4, 6, 7, 8, 8, 9, 9, 8, 8, 9, 10, 12, 15, 18, 19, 16, 11], float)
WEEKEND_SHIFT, WEEKEND_SHARE = 2, 1.3


@dataclass(frozen=True)
class Calendar:
    """The days that are generated, in a zone whose clocks do not change on them."""

    zone: str
    first: date
    days: int
    weekend: tuple[int, int]

    @cached_property
    def start(self) -> int:
        """The first midnight, microseconds since 1970."""
        return round(datetime.combine(self.first, time(), ZoneInfo(self.zone)).timestamp()) * SECOND

    @property
    def end(self) -> int:
        """The midnight behind the last day."""
        return self.midnight(self.days)

    def day(self, number: int) -> date:
        """The day of this number, the first being 0."""
        return self.first + timedelta(days=number)

    def midnight(self, number: int) -> int:
        """The instant at which this day begins."""
        return self.start + number * DAY

    def number(self, times: Ints) -> Ints:
        """The number of each instant's day."""
        return (times - self.start) // DAY

    def share(self, number: int) -> float:
        """How busy a day is."""
        off = (self.first.weekday() + number) % 7 in self.weekend
        return WEEKEND_SHARE if off else 1.0

    def days_drawn(self, dice: np.random.Generator, amount: int) -> Ints:
        """The numbers of so many days, busy ones more often."""
        shares = np.array([self.share(number) for number in range(self.days)])
        return dice.choice(self.days, amount, p=shares / shares.sum())

    def on(self, dice: np.random.Generator, numbers: Ints) -> Ints:
        """An instant of each of these days, in the rhythm of the day."""
        hour = np.empty(len(numbers), np.int64)
        for number in range(self.days):
            mine = numbers == number
            shift = WEEKEND_SHIFT if self.share(number) > 1 else 0
            hour[mine] = (dice.choice(24, mine.sum(), p=HOURS / HOURS.sum()) + shift) % 24
        within = dice.integers(0, HOUR, len(numbers))
        return rounded(dice, self.start + numbers * DAY + hour * HOUR + within)

    def draw(self, dice: np.random.Generator, amount: int) -> Ints:
        """So many instants in the rhythm of all days, to the millisecond, many to the second."""
        return self.on(dice, self.days_drawn(dice, amount))

    def columns(self, times: Ints) -> dict[str, pa.Array]:
        """event_time and event_day of these instants."""
        days = self.first.toordinal() - date(1970, 1, 1).toordinal() + self.number(times)
        return {
            "event_time": pa.array(times).cast(pa.timestamp("us", "UTC")),
            "event_day": pa.array(days.astype(np.int32)).cast(pa.date32()),
        }

    def hour(self, times: Ints) -> NDArray[np.float64]:
        """The hours since its day's midnight of each instant."""
        return (times - self.start) % DAY / HOUR


def rounded(dice: np.random.Generator, times: Ints) -> Ints:
    """The instants as logs have them: whole milliseconds, and two in five whole seconds."""
    unit = np.where(dice.random(len(times)) < 0.4, SECOND, 1000)
    return times // unit * unit


def heavy(dice: np.random.Generator, amount: int, median: float, spread: float, most: int) -> Ints:
    """So many sizes from 1 to `most`, few of them large."""
    return np.clip(dice.lognormal(np.log(median), spread, amount), 1, most).astype(np.int64)


def visits(
    dice: np.random.Generator, starts: Ints, sizes: Ints, gap: float, spread: float
) -> tuple[Ints, Ints]:
    """Visits from `starts` on, `sizes[i]` things done in each: the visit of each thing, and its instant.

    Between two of them are some `gap` seconds, rarely many more.
    """
    visit = np.repeat(np.arange(len(starts)), sizes)
    gaps = (dice.lognormal(np.log(gap), spread, len(visit)) * SECOND).astype(np.int64)
    ends = np.cumsum(gaps)
    first = np.cumsum(sizes) - sizes
    return visit, rounded(dice, starts[visit] + ends - ends[first][visit])


def within(keys: Ints, times: Ints, most: int, window: int) -> Flags:
    """Which rows to keep so that no key has over `most` of them in a window that long, however it slides."""
    order = np.lexsort((times, keys))
    ordered_keys, ordered_times = keys[order], times[order]
    keep = np.ones(len(keys), bool)
    crowded = (ordered_keys[most:] == ordered_keys[:-most]) & (
        ordered_times[most:] - ordered_times[:-most] < window
    )
    keep[order[most:]] = ~crowded
    return keep


def ranks(keys: Ints) -> Ints:
    """Of each row how many of the same key lie before it."""
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    begins = np.flatnonzero(np.diff(ordered, prepend=ordered[:1] - 1))
    found = np.empty(len(keys), np.int64)
    found[order] = np.arange(len(keys)) - np.repeat(begins, np.diff(begins, append=len(keys)))
    return found


def paced(start: int, amount: int, gap: int) -> Ints:
    """So many instants with exactly this gap between, in microseconds."""
    return start + gap * np.arange(amount, dtype=np.int64)


def joined(parts: Sequence[dict[str, Ints]]) -> dict[str, Ints]:
    """Columns of all parts under each other."""
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def chosen(columns: dict[str, Ints], which: Flags | Ints) -> dict[str, Ints]:
    """These rows of the columns."""
    return {name: column[which] for name, column in columns.items()}
