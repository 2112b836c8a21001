"""Planted scrapers of contacts, by phone and by IP, on both sides of every threshold."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count

import numpy as np

from sources.behaviours.people import address, phone
from sources.behaviours.rhythm import MINUTE, SECOND, Calendar, Ints, joined, paced
from sources.behaviours.truth import Planted

KINDS = ("phone", "ip")
SCRAPING, OUTLIER = "contact_scraping", "contact_outlier"
# Defaults of the rules: over these in a minute, in a day, ads in a day; at least so many and over this score.
PER_MINUTE, PER_DAY, TOKENS = 10, 500, 100
FLOOR, SCORE = 50, 6
PHONES_OF_A_FARM = 9  # requests of each phone behind one IP: as many as of anybody
SLOW = 120  # requests of a day of one who keeps to all fixed limits


def ad(number: int) -> str:
    """The token of an ad."""
    return f"ad{number:07x}"


@dataclass
class Plants:
    """Rows of planted actors; whatever is not the actor is new each time, or behaves as anybody."""

    calendar: Calendar
    planted: Planted
    dice: np.random.Generator
    phones: count[int]
    addresses: count[int]
    parts: list[dict[str, Ints]] = field(default_factory=list)

    def actor(self, kind: str) -> tuple[int, dict[str, str]]:
        """A new actor: its number, and the entity that it is."""
        number = next(self.phones if kind == "phone" else self.addresses)
        return number, {"actor_kind": kind, "actor": (phone if kind == "phone" else address)(number)}

    def asks(self, kind: str, number: int, times: Ints, tokens: int) -> None:
        """The actor asks at these times for so many different ads in turn."""
        amount = len(times)
        many = np.full(amount, number)
        if kind == "phone":
            other = np.array([next(self.addresses) for _ in range(amount)])
        else:
            farm = np.array([next(self.phones) for _ in range(-(-amount // PHONES_OF_A_FARM))])
            other = farm[np.arange(amount) % len(farm)]
        ads = int(self.dice.integers(0, 1 << 20)) + np.arange(amount) % tokens
        phones, ips = (many, other) if kind == "phone" else (other, many)
        self.parts.append({"time": times, "phone": phones, "ip": ips, "token": ads})

    def noon(self, day: int) -> int:
        """Some second of the afternoon of this day."""
        return self.calendar.midnight(day) + 12 * 60 * MINUTE + int(self.dice.integers(0, 20_000)) * SECOND

    def whole_day(self, day: int, amount: int) -> Ints:
        """So many instants all over a day, nearly evenly, as of a script that waits."""
        gap = 86_000 * SECOND // amount
        late = self.dice.integers(0, gap // 2, amount)
        return paced(self.calendar.midnight(day) + SECOND, amount, gap) + late


def plant(
    dice: np.random.Generator,
    calendar: Calendar,
    sets: int,
    planted: Planted,
    first_phone: int,
    first_address: int,
) -> dict[str, Ints]:
    """So many sets of every pattern and near miss but the pairs: columns time, phone, ip, token."""
    plants = Plants(calendar, planted, dice, count(first_phone), count(first_address))
    for number in range(sets):
        for kind in KINDS:
            _bursts(plants, kind)
            _days(plants, kind, number)
            _slow(plants, kind)
    return joined(plants.parts)


def _bursts(plants: Plants, kind: str) -> None:
    """Over ten in a minute, or just not."""
    planted, calendar = plants.planted, plants.calendar
    minute = paced(0, PER_MINUTE + 1, 5 * SECOND)
    for day in range(calendar.days):
        number, entity = plants.actor(kind)
        plants.asks(kind, number, plants.noon(day) + minute, 3)
        planted.fires(SCRAPING, calendar.day(day), **entity)
    number, entity = plants.actor(kind)
    last = np.append(minute[:-1], MINUTE - 1)
    plants.asks(kind, number, plants.noon(0) + last, 3)
    planted.fires(SCRAPING, calendar.day(0), **entity)
    number, entity = plants.actor(kind)
    plants.asks(kind, number, plants.noon(0) + np.append(minute[:-1], MINUTE), 3)
    planted.misses(SCRAPING, calendar.day(0), "1 request: the 11th comes a minute after the first", **entity)
    # Ten before midnight, the eleventh behind it.
    number, entity = plants.actor(kind)
    plants.asks(kind, number, calendar.midnight(1) - 30 * SECOND + paced(0, 11, 3 * SECOND), 3)
    planted.misses(SCRAPING, calendar.day(0), "1 request: the 11th comes on the next day", **entity)
    planted.fires(SCRAPING, calendar.day(1), **entity)
    # All of them before midnight, and one more when their minute is over.
    number, entity = plants.actor(kind)
    times = calendar.midnight(1) - 40 * SECOND + paced(0, 11, 3 * SECOND)
    plants.asks(kind, number, np.append(times, calendar.midnight(1) + 2 * MINUTE), 3)
    planted.fires(SCRAPING, calendar.day(0), **entity)
    planted.misses(SCRAPING, calendar.day(1), "10 requests: those of the day before are over", **entity)


def _days(plants: Plants, kind: str, number: int) -> None:
    """Over 500 requests or 100 ads in a day, or just not; all far more than others ask."""
    planted, calendar = plants.planted, plants.calendar
    cases = (
        (PER_DAY + 1, 60, ""),
        (PER_DAY, 60, "1 request of the day: it has 500"),
        (TOKENS + 1, TOKENS + 1, ""),
        (150, TOKENS, "1 ad: it asked for 100"),
    )
    for place, (amount, tokens, lacks) in enumerate(cases):
        day = (number + place) % calendar.days
        actor, entity = plants.actor(kind)
        plants.asks(kind, actor, plants.whole_day(day, amount), tokens)
        planted.fires(OUTLIER, calendar.day(day), **entity)
        if lacks:
            planted.misses(SCRAPING, calendar.day(day), lacks, **entity)
        else:
            planted.fires(SCRAPING, calendar.day(day), **entity)
    # 120 ads, of which a day has 100 at most.
    actor, entity = plants.actor(kind)
    times = [plants.whole_day(0, 20), plants.whole_day(1, TOKENS)]
    plants.asks(kind, actor, np.concatenate(times), 120)
    planted.fires(OUTLIER, calendar.day(1), **entity)
    planted.misses(SCRAPING, calendar.day(1), "1 ad: 20 of its 120 were on the day before", **entity)


def _slow(plants: Plants, kind: str) -> None:
    """Every day the same, with a pause after each request: under all fixed limits, and still far out."""
    actor, entity = plants.actor(kind)
    for day in range(plants.calendar.days):
        plants.asks(kind, actor, plants.whole_day(day, SLOW), SLOW * 2 // 3)
        plants.planted.fires(OUTLIER, plants.calendar.day(day), **entity)
        plants.planted.misses(
            SCRAPING, plants.calendar.day(day), "381 requests, 21 ads, or 10 requests in a minute", **entity
        )


def fit_pairs(
    dice: np.random.Generator, calendar: Calendar, sets: int, planted: Planted, columns: dict[str, Ints]
) -> dict[str, Ints]:
    """Of each kind two actors, one just over what its day's others allow and one just not.

    IPs first: the phones behind theirs are others to the phones.
    """
    taken = max(int(columns["phone"].max()), int(columns["ip"].max())) + 1
    plants = Plants(calendar, planted, dice, count(taken), count(taken))
    for kind in ("ip", "phone"):
        everybody = joined([columns, *plants.parts])
        for number in range(sets):
            day = (number + 2) % calendar.days
            pairs = 1 + (sets - 1 - number % calendar.days) // calendar.days
            least = _fewest(_volumes(everybody, calendar, kind, day), 2 * pairs - 1)
            for amount in (least, least - 1):
                actor, entity = plants.actor(kind)
                plants.asks(kind, actor, plants.whole_day(day, amount), 30)
                if amount == least:
                    planted.fires(OUTLIER, calendar.day(day), **entity)
                else:
                    lacks = "1 request: the floor is 50" if amount < FLOOR else "1 request for a score over 6"
                    planted.misses(OUTLIER, calendar.day(day), lacks, **entity)
    return joined(plants.parts)


def _volumes(columns: dict[str, Ints], calendar: Calendar, kind: str, day: int) -> Ints:
    """How much each actor of the kind asked for on the day."""
    actors = columns[kind][(calendar.number(columns["time"]) == day) & (columns[kind] >= 0)]
    return np.unique(actors, return_counts=True)[1]


def _fewest(volumes: Ints, larger: int) -> int:
    """The fewest requests that stand out among these volumes and so many larger ones."""
    others = np.concatenate([volumes, np.full(larger, 10**6)])
    median = np.median(others)
    spread = max(np.median(np.abs(others - median)), 1)
    return max(FLOOR, int(np.floor(median + SCORE * spread / 0.6745)) + 1)
