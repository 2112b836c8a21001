"""Planted accounts on both sides of every threshold of many_locations, impossible_travel, account_sharing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count

import numpy as np

from sources.behaviours.people import user
from sources.behaviours.places import Places
from sources.behaviours.rhythm import HOUR, MINUTE, SECOND, Calendar, Ints, joined
from sources.behaviours.truth import Planted

MANY, TRAVEL, SHARING = "many_locations", "impossible_travel", "account_sharing"
SUCCEEDED, FAILED = 0, 1
# A degree of a meridian is 111,195.08 m on the Earth's mean sphere; five of them, rounded.
DEGREE, FIVE_DEGREES = 1_000_000, 555_975
# At exactly 1,000 km/h these five take so many microseconds.
AT_THE_SPEED = FIVE_DEGREES * 3600
LONDON, NEW_YORK, PARIS = (51_507_400, -127_800), (40_712_800, -74_006_000), (48_856_600, 2_352_200)


@dataclass
class Plants:
    """Rows of planted users."""

    calendar: Calendar
    planted: Planted
    places: Places
    dice: np.random.Generator
    users: count[int]
    parts: list[dict[str, Ints]] = field(default_factory=list)

    def acts(
        self,
        steps: Sequence[tuple[int, int]],
        found: Sequence[tuple[str, int]] = (),
        lacks: tuple[str, int, str] | None = None,
        *,
        devices: int = 1,
        failed: int | None = None,
    ) -> str:
        """A new user acts at these (time, place), on so many devices in turn; step `failed` does not succeed.

        It is `found` by these rules on the days of these numbers; `lacks`: rule, day and what is missing.
        """
        number = next(self.users)
        turns = np.arange(len(steps))
        times, places = (np.array(column, np.int64) for column in zip(*steps, strict=True))
        self.parts.append(
            {
                "time": times,
                "user": np.full(len(steps), number),
                "device": number * 8 + turns % devices,
                "place": places,
                "outcome": np.where(turns == (-1 if failed is None else failed), FAILED, SUCCEEDED),
            }
        )
        for rule, day in found:
            self.planted.fires(rule, self.calendar.day(day), user_id=user(number))
        if lacks:
            rule, day, what = lacks
            self.planted.misses(rule, self.calendar.day(day), what, user_id=user(number))
        return user(number)

    def somewhere(self, amount: int) -> list[int]:
        """So many new places that are on no map."""
        return [self.places.unplaced() for _ in range(amount)]

    def at(self, place: tuple[int, int]) -> int:
        """A new place with these coordinates."""
        return self.places.add(None, *place)

    def time(self, day: int, hour: float) -> int:
        """An instant within half an hour after that hour of the day."""
        return self.calendar.midnight(day) + round(hour * HOUR) + int(self.dice.integers(0, 1800)) * SECOND


def plant(
    dice: np.random.Generator, calendar: Calendar, sets: int, planted: Planted, places: Places, first: int
) -> dict[str, Ints]:
    """So many sets of every pattern and near miss: columns time, user, device, place, outcome."""
    plants = Plants(calendar, planted, places, dice, count(first))
    for _ in range(sets):
        for day in range(calendar.days):
            start, (a, b, c, d) = plants.time(day, 19), plants.somewhere(4)
            plants.acts([(start, a), (start + HOUR // 2, b), (start + HOUR - 1, c)], [(MANY, day)])
            hop = [(start, plants.at((0, 0))), (start + AT_THE_SPEED - 1, plants.at((5 * DEGREE, 0)))]
            plants.acts(hop, [(TRAVEL, day)])
            hours = [plants.time(day, hour) for hour in (1, 7, 13, 19)]
            plants.acts(list(zip(hours, (a, b, c, d), strict=True)), [(SHARING, day)])
        _hours(plants)
        _journeys(plants)
        _days(plants)
    return joined(plants.parts)


def _hours(plants: Plants) -> None:
    """Three places in an hour, or just not."""
    midnight = plants.calendar.midnight(1)
    start = plants.time(0, 10)
    a, b, c, d, e = plants.somewhere(5)
    plants.acts(
        [(start, a), (start + HOUR // 2, b), (start + HOUR, c)],
        lacks=(MANY, 0, "1 location: the third comes an hour after the first"),
    )
    plants.acts(
        [(start, a), (start + MINUTE, b), (start + 2 * MINUTE, c)],
        lacks=(MANY, 0, "1 location: the third log-in failed"),
        failed=2,
    )
    plants.acts(
        [(start, a), (start + MINUTE, b), (start + 2 * MINUTE, a), (start + 3 * MINUTE, b)],
        lacks=(MANY, 0, "1 location: it goes to and fro between two"),
    )
    over = [(midnight - 20 * MINUTE, a), (midnight - MINUTE, b), (midnight, c)]
    plants.acts(over, [(MANY, 1)], lacks=(MANY, 0, "1 location: it comes on the next day"))
    before = [(midnight - 3 * MINUTE, a), (midnight - 2 * MINUTE, b), (midnight - 1, c)]
    plants.acts([*before, (midnight + 2 * HOUR, a)], [(MANY, 0)])
    five = [(start + n * 5 * MINUTE, place) for n, place in enumerate((a, b, c, d, e))]
    plants.acts(five, [(MANY, 0), (SHARING, 0)])


def _journeys(plants: Plants) -> None:
    """Over 500 km at over 1,000 km/h, or just not."""
    midnight = plants.calendar.midnight(1)
    start = plants.time(1, 9)
    here, there = plants.at((10 * DEGREE, 40 * DEGREE)), plants.at((15 * DEGREE, 40 * DEGREE))
    plants.acts(
        [(start, here), (start + AT_THE_SPEED, there)], lacks=(TRAVEL, 1, "speed: it is exactly 1,000 km/h")
    )
    near, far = plants.at((14_487_600, 40 * DEGREE)), plants.at((14_505_600, 40 * DEGREE))
    plants.acts([(start, here), (start, near)], lacks=(TRAVEL, 1, "1 km: it is 499 km further at once"))
    plants.acts([(start, here), (start, far)], [(TRAVEL, 1)])
    london, new_york, paris = plants.at(LONDON), plants.at(NEW_YORK), plants.at(PARIS)
    plants.acts([(start, london), (start + HOUR, new_york)], [(TRAVEL, 1)])
    plants.acts(
        [(start, london), (start + HOUR, new_york), (start + 2 * HOUR, london)],
        lacks=(TRAVEL, 1, "success: who was in New York did not know the password"),
        failed=1,
    )
    plants.acts(
        [(start, london), (start + MINUTE, paris)],
        lacks=(TRAVEL, 1, "156 km: it is 344 km from London to Paris"),
    )
    unknown = plants.places.unplaced()
    plants.acts([(start, london), (start + 10 * MINUTE, unknown), (start + HOUR, new_york)], [(TRAVEL, 1)])
    over = [(midnight - HOUR // 2, london), (midnight + HOUR // 2, new_york)]
    plants.acts(over, [(TRAVEL, 1)], lacks=(TRAVEL, 0, "a journey: it ends on the next day"))
    before = [(midnight - HOUR, london), (midnight - 1, new_york), (midnight + 9 * HOUR, new_york)]
    plants.acts(before, [(TRAVEL, 0)])
    flight = plants.acts([(start, london), (start + 7 * HOUR, new_york), (start + 9 * HOUR, new_york)])
    plants.planted.spares("flights", user_id=flight)


def _days(plants: Plants) -> None:
    """Over three locations or two devices in a day, or just not."""
    a, b, c, d = plants.somewhere(4)
    hours = [plants.time(2, hour) for hour in (2, 8, 14, 20)]
    plants.acts(
        list(zip(hours, (a, b, c, a), strict=True)), lacks=(SHARING, 2, "1 location: it has 3"), devices=2
    )
    plants.acts([(time, a) for time in hours], [(SHARING, 2)], devices=3)
    plants.acts([(time, a) for time in hours], lacks=(SHARING, 2, "1 device: it has 2"), devices=2)
    plants.acts(
        list(zip(hours, (a, b, c, d), strict=True)),
        lacks=(SHARING, 2, "1 location: the log-in from the fourth failed"),
        failed=3,
    )
    plants.acts(
        [(time, a) for time in hours[:3]],
        lacks=(SHARING, 2, "1 device: the log-in on the third failed"),
        devices=3,
        failed=2,
    )
    evening = [plants.time(0, 18), plants.time(0, 22)]
    morning = [plants.time(1, 3), plants.time(1, 8)]
    steps = list(zip([*evening, *morning], (a, b, c, d), strict=True))
    plants.acts(steps, lacks=(SHARING, 1, "2 locations: two of its four were on the day before"))
    family = plants.acts([(time, a) for time in hours], devices=2)
    plants.planted.spares("two devices at home", user_id=family)
