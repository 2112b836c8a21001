"""Clicks of shoppers: visits with pauses to read, some double clicks, and scripts that do not pause."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Any

import numpy as np
import pyarrow as pa

from include.datasets.clickstream import CONTRACT
from sources.behaviours.click_plants import plant
from sources.behaviours.damage import AMOUNTS, LONG, TIMES, Spoilt, label, of
from sources.behaviours.people import NOBODY, named, user
from sources.behaviours.rhythm import MINUTE, SECOND, Calendar, Ints, chosen, heavy, joined, visits, within
from sources.behaviours.truth import Made, Planted
from sources.behaviours.wire import Instants, Raw, decimal
from sources.behaviours.writing import Shape

ACTIONS = ("view", "search", "add_to_cart", "remove_from_cart", "checkout")
ACTION_SHARES = (0.62, 0.2, 0.12, 0.03, 0.03)
CATEGORIES = ("electronics", "fashion", "home", "books", "sports", "beauty", "toys", "groceries")
# Five clicks within ten seconds have four gaps under two: one fewer than a run of rapid_actions.
MOST_IN_RUN, RUN = 5, 10 * SECOND
MOST_IN_MINUTE = 40
PLANTED_FROM = 910_000


def make(dice: np.random.Generator, calendar: Calendar, rows: int, sets: int) -> Made:
    """See Shape."""
    planted = Planted()
    plants = plant(dice, calendar, sets, planted, PLANTED_FROM)
    rest = rows - len(plants["time"])
    if rest < 1000 * calendar.days:
        raise ValueError(f"{rows} good clicks cannot hold {sets} set(s) of planted patterns")
    columns = joined([_background(dice, calendar, rest), plants])
    return Made(_table(dice, calendar, columns), planted, rest)


def _background(dice: np.random.Generator, calendar: Calendar, rows: int) -> dict[str, Ints]:
    """So many clicks of users, few of whom make most visits."""
    users = max(50, rows // 40)
    sizes = heavy(dice, rows // 7, 6, 0.9, 60)
    starts = calendar.draw(dice, len(sizes))
    who = (users * dice.random(len(sizes)) ** 2).astype(np.int64)
    visit, times = visits(dice, starts, sizes, 9, 1.1)
    columns = {"time": times, "user": who[visit], "session": visit}
    keep = times < calendar.end
    keep &= within(columns["user"], times, MOST_IN_RUN, RUN)
    keep &= within(columns["user"], times, MOST_IN_MINUTE, MINUTE)
    found = np.flatnonzero(keep)
    if len(found) < rows:
        raise ValueError(f"only {len(found)} of {rows} clicks could be drawn")
    return chosen(columns, np.sort(dice.choice(found, rows, replace=False)))


def _table(dice: np.random.Generator, calendar: Calendar, columns: dict[str, Ints]) -> pa.Table:
    amount = len(columns["time"])
    action = dice.choice(len(ACTIONS), amount, p=ACTION_SHARES)
    # A search is in no category, and what is worth something is put into a cart or paid.
    worth = np.minimum(dice.lognormal(7.6, 1.1, amount), 9_000_000).astype(np.int64)
    return pa.table(
        {
            **calendar.columns(columns["time"]),
            "user_id": named(columns["user"], user),
            "action": pa.array(ACTIONS).take(pa.array(action)),
            "category": pa.array(CATEGORIES).take(
                pa.array(dice.integers(0, len(CATEGORIES), amount), mask=action == 1)
            ),
            "amount_minor": pa.array(worth, mask=~np.isin(action, (2, 4))),
            "session_id": named(
                np.where(dice.random(amount) < 0.03, NOBODY, columns["session"]), lambda n: f"s{n:08x}"
            ),
        }
    )


INSTANTS = Instants(offsets=(0, 60, 120, -300, -480, 330), local=0, epoch=False)


def raw(event: Mapping[str, Any], dice: Random) -> Raw:
    """The event's columns as a producer writes them."""
    worth = event["amount_minor"]
    return {
        "user_id": event["user_id"],
        "timestamp": INSTANTS.write(event["event_time"], dice),
        "action": event["action"],
        "category": event["category"],
        "amount": None if worth is None else decimal(worth, 2, dice),
        "session_id": event["session_id"],
    }


SPOILT: Spoilt = {
    **label("user_id"),
    **of("timestamp", TIMES),
    **label("action"),
    "bad_category": ({"category": LONG},),
    **AMOUNTS,
    "bad_session_id": ({"session_id": LONG},),
}

SHAPE = Shape(
    dataset=CONTRACT.name,
    weekend=(5, 6),
    make=make,
    raw=raw,
    forms=("array", "lines", "csv"),
    spoilt=SPOILT,
)
