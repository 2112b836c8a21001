"""Beginnings of subscriptions: a trial each, families on one device, and who begins trial after trial."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from random import Random
from typing import Any

import numpy as np
import pyarrow as pa

from include.datasets.subscriptions import CONTRACT
from sources.behaviours.damage import LONG, TIMES, Spoilt, label, of
from sources.behaviours.people import NOBODY, device, named, user
from sources.behaviours.rhythm import HOUR, MINUTE, SECOND, Calendar, Ints, joined
from sources.behaviours.truth import Made, Planted
from sources.behaviours.wire import Instants, Raw
from sources.behaviours.writing import Shape

RULE = "trial_abuse"
TRIAL, PAID = 0, 1
KINDS = ("trial", "paid")
PLANS = ("basic", "standard", "family", "premium")
PLANTED_FROM = 930_000


@dataclass
class Plants:
    """Rows of planted users and devices; numbers of subscriptions count on from `subscriptions`."""

    calendar: Calendar
    planted: Planted
    users: count[int]
    subscriptions: count[int]
    parts: list[dict[str, Ints]] = field(default_factory=list)

    def begins(self, time: int, user: int, device: int, kind: int = TRIAL, again: int | None = None) -> int:
        """A subscription begins, or is told of again; gives its number."""
        number = next(self.subscriptions) if again is None else again
        row = {"time": time, "user": user, "device": device, "kind": kind, "subscription": number}
        self.parts.append({name: np.array([value], np.int64) for name, value in row.items()})
        return number

    def fires(self, since: int, kind: str, number: int) -> None:
        """This user or device holds from the day of this number on."""
        entity = {"holder_kind": kind, "holder": (user if kind == "user" else device)(number)}
        self.planted.fires(RULE, map(self.calendar.day, range(since, self.calendar.days)), **entity)

    def misses(self, day: int, lacks: str, kind: str, number: int) -> None:
        """This user or device does not hold on a day."""
        entity = {"holder_kind": kind, "holder": (user if kind == "user" else device)(number)}
        self.planted.misses(RULE, self.calendar.day(day), lacks, **entity)


def make(dice: np.random.Generator, calendar: Calendar, rows: int, sets: int) -> Made:
    """See Shape."""
    planted = Planted()
    plants = Plants(calendar, planted, count(PLANTED_FROM), count(10 * rows))
    for _ in range(sets):
        _plant(plants)
    extra = joined(plants.parts)
    rest = rows - len(extra["time"])
    if rest < 100 * calendar.days:
        raise ValueError(f"{rows} good subscriptions cannot hold {sets} set(s) of planted patterns")
    columns = joined([_background(dice, calendar, rest, planted), extra])
    return Made(_table(dice, calendar, columns), planted, rest)


def _plant(plants: Plants) -> None:
    """More than one trial of a user or of a device, or just not; a device has its user's number."""
    calendar = plants.calendar
    day = [calendar.midnight(number) + 15 * HOUR for number in range(calendar.days)]
    for number, noon in enumerate(day):
        one = next(plants.users)
        plants.begins(noon, one, one)
        plants.begins(noon + 5 * MINUTE, one, next(plants.users))
        plants.fires(number, "user", one)
    first, second = next(plants.users), next(plants.users)
    plants.begins(day[0], first, first)
    plants.begins(day[1], second, first)
    plants.fires(1, "device", first)
    plants.misses(0, "1 trial: that of another user comes on the next day", "device", first)
    plants.misses(2, "1 trial: of the device's two one is another user's", "user", first)
    both = next(plants.users)
    plants.begins(calendar.midnight(1) - 1, both, both)
    plants.begins(calendar.midnight(1), both, both)
    for kind in ("user", "device"):
        plants.fires(1, kind, both)
        plants.misses(0, "1 trial: it begins with the next day", kind, both)
    farm = next(plants.users)
    for turn in range(12):
        plants.begins(day[2] + turn * MINUTE, next(plants.users), farm)
    plants.fires(2, "device", farm)
    nowhere = next(plants.users)
    for turn in range(3):
        plants.begins(day[1] + turn * HOUR, nowhere, NOBODY)
    plants.fires(1, "user", nowhere)
    told = next(plants.users)
    again = plants.begins(day[0], told, told)
    for noon in day:
        plants.begins(noon + 30 * SECOND, told, told, again=again)
    for kind in ("user", "device"):
        plants.misses(2, "1 trial: one is told of again and again", kind, told)
    payer = next(plants.users)
    for turn, noon in enumerate(day):
        plants.begins(noon, payer, payer, PAID if turn else TRIAL)
    plants.misses(2, "1 trial: all but the first are paid for", "user", payer)
    family = [next(plants.users) for _ in range(3)]
    for turn, member in enumerate(family):
        plants.begins(day[turn], member, family[0], PAID if turn else TRIAL)
    plants.misses(2, "1 trial: the others of the family pay", "device", family[0])


def _background(
    dice: np.random.Generator, calendar: Calendar, rows: int, planted: Planted
) -> dict[str, Ints]:
    """So many: half of the users try, once; some pairs share a device; some trials are told of twice."""
    users, twice = rows * 6 // 10, rows // 50
    who = np.arange(users)
    trial = who % 2 == 0
    begun = calendar.draw(dice, users)
    more = (users * dice.random(rows - users - twice) ** 1.5).astype(np.int64)
    again = dice.choice(np.flatnonzero(trial), twice, replace=False)
    shares = (dice.random(users // 2 + 1) < 0.3)[who // 2]
    owned = np.where(shares, who // 2 * 2, who)
    for number in np.flatnonzero(shares & ~trial)[:20].tolist():
        planted.spares("families", holder_kind="device", holder=device(int(owned[number])))
    user_of = np.concatenate([who, more, again])
    late = np.minimum(begun[again] + dice.integers(1, 3600, twice) * SECOND, calendar.end - SECOND)
    kinds = np.concatenate([np.where(trial, TRIAL, PAID), np.full(len(more), PAID), np.full(twice, TRIAL)])
    return {
        "time": np.concatenate([begun, calendar.draw(dice, len(more)), late]),
        "user": user_of,
        "device": np.where(dice.random(rows) < 0.1, NOBODY, owned[user_of]),
        "kind": kinds,
        "subscription": np.concatenate([who, users + np.arange(len(more)), again]),
    }


def _table(dice: np.random.Generator, calendar: Calendar, columns: dict[str, Ints]) -> pa.Table:
    plan = dice.choice(len(PLANS), len(columns["time"]), p=(0.45, 0.3, 0.15, 0.1))
    return pa.table(
        {
            **calendar.columns(columns["time"]),
            "subscription_id": named(columns["subscription"], lambda n: f"sub_{n:08d}"),
            "user_id": named(columns["user"], user),
            "device_id": named(columns["device"], device),
            "plan": pa.array(PLANS).take(pa.array(plan)),
            "kind": pa.array(KINDS).take(pa.array(columns["kind"])),
        }
    )


INSTANTS = Instants(offsets=(0, 60, 210, -300), local=0, epoch=True)


def raw(event: Mapping[str, Any], dice: Random) -> Raw:
    """The event's columns as a producer writes them."""
    found = {name: event[name] for name in CONTRACT.columns[:-1]}
    return {**found, "timestamp": INSTANTS.write(event["event_time"], dice)}


SPOILT: Spoilt = {
    **label("subscription_id"),
    **label("user_id"),
    "bad_device_id": ({"device_id": LONG},),
    **label("plan"),
    "missing_kind": ({"kind": None},),
    "bad_kind": ({"kind": "Trial"}, {"kind": "free"}),
    **of("timestamp", TIMES),
}

SHAPE = Shape(dataset=CONTRACT.name, weekend=(5, 6), make=make, raw=raw, spoilt=SPOILT)
