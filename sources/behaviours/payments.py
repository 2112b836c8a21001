"""Payments: mostly paid, sometimes failed and tried again; stolen cards that are tried out; chargebacks.

Beside its days it has a few events on days a week and a month before the last: windows end there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from random import Random
from typing import Any

import numpy as np
import pyarrow as pa

from include.datasets.payments import CONTRACT
from sources.behaviours.damage import AMOUNTS, LONG, TIMES, Spoilt, label, of
from sources.behaviours.people import NOBODY, named, user
from sources.behaviours.rhythm import DAY, HOUR, MINUTE, SECOND, Calendar, Ints, joined, ranks
from sources.behaviours.truth import Made, Planted
from sources.behaviours.wire import Instants, Raw, decimal
from sources.behaviours.writing import Shape

RULE = "payment_risk"
PAID, FAILED, CHARGEBACK = range(3)
STATUSES = ("paid", "failed", "chargeback")
# Days before the last one: just within 30 and 7 days that end with it, and just outside.
HISTORY = (30, 29, 7, 6)
HISTORY_SHARE = 0.01
MOST_FAILED = 2
PRICES = (499, 999, 1499, 2999, 9900)
PLANTED_FROM = 940_000


@dataclass
class Plants:
    """Rows of planted users; numbers of payments count on from `payments`."""

    calendar: Calendar
    planted: Planted
    users: count[int]
    payments: count[int]
    days: Sequence[int]
    parts: list[dict[str, Ints]] = field(default_factory=list)

    def pays(self, times: Sequence[int], statuses: Sequence[int], *, one: bool = False) -> int:
        """A new user, and what became of their payments; or, if `one`, of the same payment."""
        who, amount = next(self.users), len(times)
        payment = [next(self.payments) for _ in times]
        self.parts.append(
            {
                "time": np.array(times, np.int64),
                "user": np.full(amount, who),
                "payment": np.array(payment[:1] * amount if one else payment),
                "status": np.array(statuses),
            }
        )
        return who

    def fires(self, who: int, first: int, behind: int) -> None:
        """Holds on each day with events from `first` to before `behind`."""
        days = [self.calendar.day(day) for day in self.days if first <= day < behind]
        self.planted.fires(RULE, days, user_id=user(who))

    def misses(self, who: int, day: int, lacks: str) -> None:
        """Does not hold on a day."""
        self.planted.misses(RULE, self.calendar.day(day), lacks, user_id=user(who))


def make(dice: np.random.Generator, calendar: Calendar, rows: int, sets: int) -> Made:
    """See Shape."""
    last = calendar.days - 1
    days = sorted({*range(calendar.days), *(last - before for before in HISTORY)})
    planted = Planted()
    plants = Plants(calendar, planted, count(PLANTED_FROM), count(10 * rows), days)
    for _ in range(sets):
        _plant(plants, last)
    extra = joined(plants.parts)
    rest = rows - len(extra["time"])
    if rest < 100 * calendar.days:
        raise ValueError(f"{rows} good payments cannot hold {sets} set(s) of planted patterns")
    columns = joined([_background(dice, calendar, rest, days, planted), extra])
    return Made(_table(dice, calendar, columns), planted, rest)


def _plant(plants: Plants, last: int) -> None:
    """Three failures in a week or a chargeback in a month, or just not."""
    noon = {day: plants.calendar.midnight(day) + 12 * HOUR for day in plants.days}
    three = [FAILED] * 3
    for day in range(last + 1):
        tried = plants.pays([noon[day] + n * 2 * MINUTE for n in range(3)], three)
        plants.fires(tried, day, day + 7)
        plants.fires(plants.pays([noon[day]], [CHARGEBACK]), day, day + 30)
    two = plants.pays([noon[last], noon[last] + HOUR, noon[last] + 2 * HOUR], [FAILED, FAILED, PAID])
    plants.misses(two, last, "1 failed payment: the third was paid")
    once = plants.pays([noon[last] + n * HOUR for n in range(4)], [FAILED] * 4, one=True)
    plants.misses(once, last, "2 failed payments: one failed four times")
    # The first of three failures is a week before the last, or a microsecond less.
    inside = plants.pays([noon[last - 7] + 1, noon[last - 1], noon[last]], three)
    plants.fires(inside, last, last + 1)
    plants.misses(inside, last - 1, "1 failed payment: it comes on the next day")
    outside = plants.pays([noon[last - 7], noon[last - 1], noon[last]], three)
    plants.misses(outside, last, "1 failed payment: the first is a week older than the last")
    for before, still in ((6, True), (7, False)):
        old = plants.pays([noon[last - before] + n * HOUR for n in range(3)], three)
        plants.fires(old, last - before, last - before + 7)
        if not still:
            plants.misses(old, last, "days: its failures are from before these seven")
    for before, still in ((29, True), (30, False)):
        back = plants.pays([plants.calendar.midnight(last - before) + DAY - 1], [CHARGEBACK])
        plants.fires(back, last - before, last - before + 30)
        if not still:
            plants.misses(back, last, "a day: its chargeback is from before these thirty")
    both = plants.pays([noon[0] + n * MINUTE for n in range(4)], [*three, CHARGEBACK])
    plants.fires(both, 0, 30)


def _background(
    dice: np.random.Generator, calendar: Calendar, rows: int, days: Sequence[int], planted: Planted
) -> dict[str, Ints]:
    """So many payments; one in twenty fails, of no user more than two, and is often tried again."""
    users, again = max(50, rows * 6 // 10), rows // 40
    who = (users * dice.random(rows - again) ** 1.5).astype(np.int64)
    times = calendar.draw(dice, len(who))
    history = [day for day in days if day < 0]
    old = np.flatnonzero(dice.random(len(who)) < HISTORY_SHARE * bool(history))
    if len(old):
        moved = dice.choice(history, len(old)) - calendar.number(times[old])
        times[old] += moved * DAY
    failed = dice.random(len(who)) < 0.06
    failed[failed] = ranks(who[failed]) < MOST_FAILED
    for number in np.unique(who[failed])[:20].tolist():
        planted.spares("cards that expired", user_id=user(number))
    # Tried again until the day is over, which makes no further payment of it.
    retried = dice.choice(np.flatnonzero(failed), again)
    midnight = calendar.start + (calendar.number(times[retried]) + 1) * DAY
    later = np.minimum(times[retried] + dice.integers(60, 7200, again) * SECOND, midnight - SECOND)
    payment = np.arange(len(who))
    return {
        "time": np.concatenate([times, later]),
        "user": np.concatenate([who, who[retried]]),
        "payment": np.concatenate([payment, payment[retried]]),
        "status": np.concatenate([np.where(failed, FAILED, PAID), dice.integers(0, 2, again)]),
    }


def _table(dice: np.random.Generator, calendar: Calendar, columns: dict[str, Ints]) -> pa.Table:
    amount = len(columns["time"])
    subscription = np.where(dice.random(amount) < 0.1, NOBODY, columns["user"])
    # What a payment is of does not change when it is tried again.
    price = np.array(PRICES)[columns["payment"] * 7919 % 97 % len(PRICES)]
    return pa.table(
        {
            **calendar.columns(columns["time"]),
            "payment_id": named(columns["payment"], lambda n: f"pay_{n:08d}"),
            "user_id": named(columns["user"], user),
            "subscription_id": named(subscription, lambda n: f"sub_{n:08d}"),
            "amount_minor": pa.array(price),
            "status": pa.array(STATUSES).take(pa.array(columns["status"])),
        }
    )


INSTANTS = Instants(offsets=(0, 60, 210, -300), local=0, epoch=True)


def raw(event: Mapping[str, Any], dice: Random) -> Raw:
    """The event's columns as a producer writes them."""
    return {
        **{name: event[name] for name in ("payment_id", "user_id", "subscription_id", "status")},
        "amount": decimal(event["amount_minor"], 2, dice),
        "timestamp": INSTANTS.write(event["event_time"], dice),
    }


SPOILT: Spoilt = {
    **label("payment_id"),
    **label("user_id"),
    "bad_subscription_id": ({"subscription_id": LONG},),
    "missing_amount": ({"amount": None}, {"amount": ""}),
    **AMOUNTS,
    "missing_status": ({"status": None},),
    "bad_status": ({"status": "PAID"}, {"status": "pending"}),
    **of("timestamp", TIMES),
}

SHAPE = Shape(dataset=CONTRACT.name, weekend=(5, 6), make=make, raw=raw, spoilt=SPOILT)
