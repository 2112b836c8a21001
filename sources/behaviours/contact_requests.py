"""Requests for contacts: people, households, offices and scrapers, as a backend and clients log them."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Mapping
from random import Random
from typing import Any

import numpy as np
import pyarrow as pa

from include.datasets.contact_requests import CONTRACT
from sources.behaviours.contact_plants import ad, fit_pairs, plant
from sources.behaviours.damage import LONG, TIMES, Spoilt, label, of
from sources.behaviours.people import NOBODY, address, named, phone, user_agents
from sources.behaviours.rhythm import MINUTE, Calendar, Ints, chosen, heavy, joined, ranks, visits, within
from sources.behaviours.truth import Made, Planted
from sources.behaviours.wire import Instants, Raw, encoded, given, persian
from sources.behaviours.writing import Shape

# Under every threshold: in a minute, and in a day (contact_outlier asks for 50).
MOST_IN_MINUTE, MOST_IN_DAY = 8, 45
HOUSEHOLD, OFFICE = 3, 24
IN_VISIT = 4
ANSWERS = (("200", "OK"), ("429", "too many requests"), ("404", "ad not found"), ("500", "internal error"))
SHARES = (0.93, 0.03, 0.03, 0.01)
# Kept for the plants whose size follows from everybody else's.
FOR_PAIRS = 400


def make(dice: np.random.Generator, calendar: Calendar, rows: int, sets: int) -> Made:
    """See Shape."""
    planted = Planted()
    rest = rows - FOR_PAIRS * sets
    people = max(48, rest // (7 * calendar.days))
    plants = plant(dice, calendar, sets, planted, first_phone=people, first_address=4 * rows)
    rest -= len(plants["time"])
    if rest < 1000 * calendar.days:
        raise ValueError(f"{rows} good contact requests cannot hold {sets} set(s) of planted patterns")
    columns = joined([_background(dice, calendar, rest, people, planted), plants])
    columns = joined([columns, fit_pairs(dice, calendar, sets, planted, columns)])
    return Made(_table(dice, calendar, columns), planted, rest)


def _background(
    dice: np.random.Generator, calendar: Calendar, rows: int, people: int, planted: Planted
) -> dict[str, Ints]:
    """So many requests of people: at home, in the office, on the way.

    Some fifteen on a day of one who asks at all, four to a visit.
    """
    shares = np.array([calendar.share(number) for number in range(calendar.days)])
    askers = [dice.choice(people, int(rows / 15 * share), replace=False) for share in shares / shares.sum()]
    volume = heavy(dice, sum(map(len, askers)), 16, 0.8, 40)
    visits_of = -(-volume // IN_VISIT)
    asker = np.repeat(np.arange(len(volume)), visits_of)
    sizes = np.minimum(IN_VISIT, volume[asker] - IN_VISIT * ranks(asker))
    day = np.repeat(np.arange(calendar.days), [len(those) for those in askers])[asker]
    visit, times = visits(dice, calendar.on(dice, day), sizes, 25, 0.7)
    person = np.concatenate(askers)[asker][visit]
    place = dice.random(len(asker))[visit]
    home, office = person // HOUSEHOLD, people + person // OFFICE
    # Each visit on a mobile network has an address of its own.
    columns = {
        "time": times,
        "phone": np.where(dice.random(len(times)) < 0.02, NOBODY, person),
        "ip": np.where(place < 0.35, home, np.where(place < 0.45, office, 2 * people + visit)),
        "token": (dice.pareto(1.1, len(times)) * 40).astype(np.int64) % (rows // 5 + 100),
    }
    columns["ip"][dice.random(len(times)) < 0.01] = NOBODY
    keep = times < calendar.end
    for kind in ("phone", "ip"):
        actor = np.where(columns[kind] == NOBODY, NOBODY - np.arange(len(times)), columns[kind])
        keep &= within(actor, times, MOST_IN_MINUTE, MINUTE)
        keep &= ranks(actor * (calendar.days + 1) + calendar.number(times)) < MOST_IN_DAY
    found = np.flatnonzero(keep)
    if len(found) < rows:
        raise ValueError(f"only {len(found)} of {rows} contact requests could be drawn")
    drawn = chosen(columns, np.sort(dice.choice(found, rows, replace=False)))
    for what, first, behind in (("households", 0, people), ("offices", people, 2 * people)):
        _spare(planted, what, drawn["ip"][(drawn["ip"] >= first) & (drawn["ip"] < behind)])
    return drawn


def _spare(planted: Planted, what: str, addresses: Ints) -> None:
    """Notes the busiest of these shared addresses: nobody in them asks too much."""
    shared, amount = np.unique(addresses, return_counts=True)
    for number in shared[np.argsort(-amount, kind="stable")][:20].tolist():
        planted.spares(what, actor_kind="ip", actor=address(number))


def _table(dice: np.random.Generator, calendar: Calendar, columns: dict[str, Ints]) -> pa.Table:
    amount = len(columns["time"])
    backend = dice.random(amount) < 0.7
    answer = dice.choice(len(ANSWERS), amount, p=SHARES)
    status = pa.array([code for code, _ in ANSWERS]).take(pa.array(answer, mask=~backend))
    message = pa.array([words for _, words in ANSWERS]).take(pa.array(answer, mask=~backend))
    return pa.table(
        {
            **calendar.columns(columns["time"]),
            "status": status,
            "status_msg": message,
            "ip": named(columns["ip"], address),
            "phone": named(columns["phone"], phone),
            "token": named(columns["token"], ad),
            "request_type": pa.array(["user", "backend"]).take(pa.array(backend.astype(int))),
        }
    )


INSTANTS = Instants(offsets=(210, 0, 60), local=210, epoch=True)


def raw(event: Mapping[str, Any], dice: Random) -> Raw:
    """The event's columns, each as somebody may write it."""
    date = INSTANTS.write(event["event_time"], dice)
    found: Raw = {name: event[name] for name in CONTRACT.columns[1:]}
    found["date"] = persian(date) if isinstance(date, str) and dice.random() < 0.15 else date
    if found["status"] and dice.random() < 0.6:
        found["status"] = int(found["status"])
    found["phone"] = phone_as_typed(event["phone"], dice)
    found["ip"] = _address_as_logged(event["ip"], dice)
    return found


def phone_as_typed(number: str | None, dice: Random) -> str | None:
    """A canonical phone as people type it and systems store it."""
    if number is None or dice.random() < 0.2:
        return number
    if not number.startswith("+98"):
        text = dice.choice(("+", "00")) + number[1:]
    else:
        prefixes = ("+98", "0098", "+980", "98", "0", "") if number[3] == "9" else ("+98", "0098", "+980")
        text = dice.choice(prefixes) + number[3:]
    if dice.random() < 0.4:
        between = dice.choice((" ", "-", "\u200e "))
        text = between.join((text[:-7], text[-7:-4], text[-4:]))
    return persian(text) if dice.random() < 0.3 else text


def _address_as_logged(canonical: str | None, dice: Random) -> str | None:
    if canonical is None:
        return None
    if ":" in canonical:
        short = ipaddress.ip_address(canonical).compressed
        return dice.choice((canonical, short, short.upper()))
    return f"::ffff:{canonical}" if dice.random() < 0.05 else canonical


def text(found: Raw, dice: Random) -> str:
    """The request as JSON: renamed keys, keys left out, and the event inside a payload, often in a string."""
    named_keys = given(found, dice)
    if dice.random() < 0.4:
        names = {name: dice.choice((name, *CONTRACT.aliases[name])) for name in named_keys}
        named_keys = {names[name]: value for name, value in named_keys.items()}
    way = dice.random()
    if way < 0.25:
        return encoded(named_keys, dice)
    if way < 0.3:
        return encoded(encoded(named_keys, dice), dice)
    wrapper = dice.choice(CONTRACT.wrappers)
    if way < 0.45:
        return encoded({"service": "contacts", wrapper: named_keys}, dice)
    inner: Any = json.dumps(named_keys, ensure_ascii=dice.random() < 0.5)
    if way < 0.55:
        return encoded({"host": "web-1", wrapper: {dice.choice(("payload", "body")): inner}}, dice)
    return encoded({"service": "contacts", wrapper: inner, "user_agent": dice.choice(user_agents())}, dice)


SPOILT: Spoilt = {
    **of("date", TIMES),
    "bad_status": ({"status": LONG},),
    "bad_status_msg": ({"status_msg": "long " * 60},),
    "bad_ip": ({"ip": "256.1.1.1"}, {"ip": "10.0.0.1:8080"}, {"ip": "localhost"}, {"ip": "1::2::3"}),
    "bad_phone": (
        {"phone": "12345"},
        {"phone": "0912 ABC 1234"},
        {"phone": "۰۹۱۲۱۲۳۴۵"},
        {"phone": "anonymous"},
    ),
    **label("token"),
}

SHAPE = Shape(
    dataset=CONTRACT.name,
    weekend=(3, 4),
    make=make,
    raw=raw,
    text=text,
    forms=("lines", "csv", "lines", "array"),
    spoilt=SPOILT,
)
