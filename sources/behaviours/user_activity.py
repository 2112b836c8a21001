"""Activity of users: families at home, commuters, offices behind one address, and accounts that many use."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Any

import numpy as np
import pyarrow as pa

from include.datasets.user_activity import CONTRACT
from sources.behaviours.activity_plants import FAILED, plant
from sources.behaviours.damage import TIMES, Spoilt, label, of
from sources.behaviours.people import device, named, user
from sources.behaviours.places import Places
from sources.behaviours.rhythm import Calendar, Ints, chosen, heavy, joined
from sources.behaviours.truth import Made, Planted
from sources.behaviours.wire import Instants, Raw, decimal
from sources.behaviours.writing import Shape

HOUSEHOLD, OFFICE = 3, 24
OUTCOMES = ("succeeded", "failed", "not told")
OUTCOME_SHARES = (0.9, 0.04, 0.06)
PLANTED_FROM = 920_000


def make(dice: np.random.Generator, calendar: Calendar, rows: int, sets: int) -> Made:
    """See Shape."""
    planted, places = Planted(), Places()
    plants = plant(dice, calendar, sets, planted, places, PLANTED_FROM)
    rest = rows - len(plants["time"])
    if rest < 1000 * calendar.days:
        raise ValueError(f"{rows} good activities cannot hold {sets} set(s) of planted patterns")
    columns = joined([_background(dice, calendar, rest, planted, places), plants])
    return Made(_table(calendar, columns, places), planted, rest)


def _background(
    dice: np.random.Generator, calendar: Calendar, rows: int, planted: Planted, places: Places
) -> dict[str, Ints]:
    """So many activities of people who sleep at home; some work elsewhere, some go out in the evening."""
    users = max(72, rows // (4 * calendar.days))
    home, work, out = _homes(dice, users, places)
    per_user = heavy(dice, rows // 4, 5, 0.9, 40)
    day = np.repeat(calendar.days_drawn(dice, len(per_user)), per_user)
    who = np.repeat((users * dice.random(len(per_user)) ** 1.5).astype(np.int64), per_user)
    times = calendar.on(dice, day)
    hour = calendar.hour(times)
    weekend = np.isin((calendar.first.weekday() + day) % 7, calendar.weekend)
    works = (who % 5 < 3) & ~weekend
    goes_out = (who * 7 + day) % 4 == 0
    at_work = works & (hour >= 9) & (hour < 17)
    is_out = goes_out & (hour >= 18) & (hour < 20)
    # On the way nobody is seen; and it takes longer than an hour from the first of three places to the last.
    under_way = works & (((hour >= 8) & (hour < 9)) | ((hour >= 17) & (hour < 18)))
    under_way |= goes_out & (((hour >= 17.5) & (hour < 18)) | ((hour >= 20) & (hour < 20.5)))
    second = (dice.random(len(times)) < 0.3) & (who % 3 > 0)
    # The second device of some is their own, that of others the family's.
    other = np.where(who % 3 == 1, 2 * users + who // HOUSEHOLD, users + who)
    columns = {
        "time": times,
        "user": who,
        "device": np.where(second, other, who),
        "place": np.where(at_work, work[who], np.where(is_out, out[who], home[who])),
        "outcome": dice.choice(len(OUTCOMES), len(times), p=OUTCOME_SHARES),
    }
    found = np.flatnonzero(~under_way & (times < calendar.end))
    if len(found) < rows:
        raise ValueError(f"only {len(found)} of {rows} activities could be drawn")
    kept = np.sort(dice.choice(found, rows, replace=False))
    drawn = chosen(columns, kept)
    _spare(planted, "commuters", calendar, drawn, drawn["place"] == work[drawn["user"]])
    _spare(planted, "evenings out", calendar, drawn, drawn["place"] == out[drawn["user"]])
    return drawn


def _homes(dice: np.random.Generator, users: int, places: Places) -> tuple[Ints, Ints, Ints]:
    """Of each user the places where they live, work and go out; all within some 40 km, mostly shared."""

    def shared(by: int, far: int) -> Ints:
        spots = dice.integers(-far, far, (users // by + 1, 2)).tolist()
        made = [places.around(n * by // OFFICE, north, east) for n, (north, east) in enumerate(spots)]
        return np.array(made)[np.arange(users) // by]

    return shared(HOUSEHOLD, 100_000), shared(OFFICE, 150_000), shared(OFFICE // 2, 60_000)


def _spare(
    planted: Planted, what: str, calendar: Calendar, columns: dict[str, Ints], elsewhere: np.ndarray
) -> None:
    """Notes twenty users who were at home and elsewhere on one day, in which nothing is."""
    key = columns["user"] * calendar.days + calendar.number(columns["time"])
    both = np.intersect1d(key[elsewhere], key[~elsewhere]) // calendar.days
    for number in np.unique(both)[:20].tolist():
        planted.spares(what, user_id=user(number))


def _table(calendar: Calendar, columns: dict[str, Ints], places: Places) -> pa.Table:
    outcome = columns["outcome"]
    return pa.table(
        {
            **calendar.columns(columns["time"]),
            "user_id": named(columns["user"], user),
            "device_id": named(columns["device"], device),
            **places.columns(columns["place"]),
            "success": pa.array(outcome != FAILED, mask=outcome == OUTCOMES.index("not told")),
            "outcome": pa.array(OUTCOMES).take(pa.array(outcome)),
        }
    )


INSTANTS = Instants(offsets=(0, 60, 210, -300, 330), local=0, epoch=True)
SUCCESS: Mapping[bool | None, tuple[Any, ...]] = {
    None: (None,),
    True: (True, 1, "true", "yes"),
    False: (False, 0, "false", "No"),
}


def raw(event: Mapping[str, Any], dice: Random) -> Raw:
    """The event's columns as a producer writes them."""
    country = event["country"]
    return {
        "user_id": event["user_id"],
        "device_id": event["device_id"],
        "ip_location": event["ip_location"],
        "timestamp": INSTANTS.write(event["event_time"], dice),
        "country": country.lower() if country and dice.random() < 0.2 else country,
        "latitude": _degrees(event["latitude_micro"], dice),
        "longitude": _degrees(event["longitude_micro"], dice),
        "success": dice.choice(SUCCESS[event["success"]]),
    }


def _degrees(micro: int | None, dice: Random) -> str | float | None:
    """Degrees; now and then with more decimals than count."""
    written = None if micro is None else decimal(micro, 6, dice)
    return f"{written}49" if isinstance(written, str) and dice.random() < 0.3 else written


SPOILT: Spoilt = {
    **label("user_id"),
    **label("device_id"),
    **label("ip_location"),
    **of("timestamp", TIMES),
    "bad_country": ({"country": "Germany"}, {"country": "D1"}),
    "bad_latitude": ({"latitude": "48° 51'"}, {"latitude": "1e-5"}),
    "latitude_out_of_range": ({"latitude": "90.000001"}, {"latitude": -91}),
    "bad_longitude": ({"longitude": "+2.35"}, {"longitude": "east"}),
    "longitude_out_of_range": ({"longitude": 180.5}, {"longitude": "-400.0"}),
    "bad_success": ({"success": "maybe"}, {"success": 2}),
}
SHAPE = Shape(dataset=CONTRACT.name, weekend=(5, 6), make=make, raw=raw, spoilt=SPOILT)
