"""Planted scripts among the clicks, on both sides of every threshold of rapid_actions and bot_rate."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count

import numpy as np

from sources.behaviours.people import user
from sources.behaviours.rhythm import MINUTE, SECOND, Calendar, Ints, joined, paced
from sources.behaviours.truth import Planted

RAPID, BOT = "rapid_actions", "bot_rate"


@dataclass
class Plants:
    """Rows of planted users."""

    calendar: Calendar
    planted: Planted
    dice: np.random.Generator
    users: count[int]
    parts: list[dict[str, Ints]] = field(default_factory=list)

    def clicks(
        self, times: Ints, *, rapid: tuple[int, ...] = (), bot: tuple[int, ...] = ()
    ) -> dict[str, str]:
        """A new user clicks at these times, and is found on the days of these numbers."""
        number = next(self.users)
        same = np.full(len(times), number)
        # One session is enough for whoever does not read.
        self.parts.append({"time": times, "user": same, "session": same})
        entity = {"user_id": user(number)}
        for rule, days in ((RAPID, rapid), (BOT, bot)):
            self.planted.fires(rule, map(self.calendar.day, days), **entity)
        return entity

    def misses(self, rule: str, day: int, lacks: str, entity: dict[str, str]) -> None:
        """Notes what the user lacks on a day."""
        self.planted.misses(rule, self.calendar.day(day), lacks, **entity)

    def noon(self, day: int) -> int:
        """Some second of the afternoon of this day."""
        return self.calendar.midnight(day) + 12 * 60 * MINUTE + int(self.dice.integers(0, 20_000)) * SECOND


def plant(
    dice: np.random.Generator, calendar: Calendar, sets: int, planted: Planted, first: int
) -> dict[str, Ints]:
    """So many sets of every pattern and near miss: columns time, user, session."""
    plants = Plants(calendar, planted, dice, count(first))
    for number in range(sets):
        for day in range(calendar.days):
            plants.clicks(paced(plants.noon(day), 6, 2 * SECOND - 1), rapid=(day,))
            plants.clicks(paced(plants.noon(day), 61, 990_000), rapid=(day,), bot=(day,))
        _runs(plants)
        _rates(plants, number)
    return joined(plants.parts)


def _runs(plants: Plants) -> None:
    """Five gaps under two seconds in a row, or just not."""
    midnight = plants.calendar.midnight(1)
    even = plants.clicks(paced(plants.noon(0), 6, 2 * SECOND))
    plants.misses(RAPID, 0, "gaps under two seconds: they are exactly two", even)
    short = plants.clicks(paced(plants.noon(1), 5, SECOND))
    plants.misses(RAPID, 1, "1 gap: it has 4 in a row", short)
    start = plants.noon(2)
    breathing = plants.clicks(np.concatenate([paced(start + n * 7 * SECOND, 5, SECOND) for n in range(8)]))
    plants.misses(RAPID, 2, "1 gap: after every 4 in a row it waits", breathing)
    plants.clicks(np.full(6, plants.noon(0)), rapid=(0,))
    plants.clicks(paced(midnight - 10 * SECOND, 7, SECOND), rapid=(0,))
    over = plants.clicks(paced(midnight - 2_500_000, 6, SECOND), rapid=(1,))
    plants.misses(RAPID, 0, "3 gaps: they come on the next day", over)
    plants.clicks(paced(midnight - 7 * SECOND, 8, SECOND), rapid=(0, 1))


def _rates(plants: Plants, number: int) -> None:
    """Over 60 clicks in a minute, 300 in five, 1,800 in thirty; or just not."""
    calendar = plants.calendar
    first, second = number % calendar.days, (number + 1) % calendar.days
    sixty = plants.clicks(paced(plants.noon(0), 60, 990_000), rapid=(0,))
    plants.misses(BOT, 0, "1 click: it makes 60 in a minute", sixty)
    late = plants.clicks(paced(plants.noon(1), 61, SECOND), rapid=(1,))
    plants.misses(BOT, 1, "1 click: the 61st comes a minute after the first", late)
    # Bursts of five: too fast for a hand over a minute, and never six in a row.
    start = plants.noon(2)
    bursts = plants.clicks(
        np.concatenate([paced(start + n * 2_200_000, 5, 50_000) for n in range(13)]), bot=(2,)
    )
    plants.misses(RAPID, 2, "1 gap: after every 4 in a row it waits two seconds", bursts)
    plants.clicks(paced(plants.noon(first), 301, 996_000), rapid=(first,), bot=(first,))
    steady = plants.clicks(paced(plants.noon(first), 1800, SECOND), rapid=(first,))
    plants.misses(BOT, first, "1 click: it makes 60, 300 and 1,800 in its windows", steady)
    plants.clicks(paced(plants.noon(second), 1801, 999_000), rapid=(second,), bot=(second,))
    waits = plants.clicks(paced(plants.noon(second), 300, 2 * SECOND))
    plants.misses(BOT, second, "31 clicks: it makes 30 in a minute, all day long if it must", waits)
    midnight = calendar.midnight(1)
    over = plants.clicks(paced(midnight - 20_250_000, 61, 500_000), rapid=(0, 1), bot=(1,))
    plants.misses(BOT, 0, "20 clicks: they come on the next day", over)
