"""30 days in 200 chunks, shuffled or late by up to 20 days: at every cut the digest of a straight batch."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from include.datasets import contract
from include.settings import get_settings
from include.store.connection import transaction
from include.store.evaluations import newest_evaluations
from tests.flow import run_flow
from tests.prove.balance import check_balance, expect
from tests.prove.chunks import Chunks, chunks, publish_weights, rows, weights
from tests.world import shared_servers, world

DAYS, FILES, LINES = 30, 200, 150
ORDERS, BATCHES = 10, 5
LATE_SHARE, LATEST = 0.2, 20
PARAMETERS: dict[str, dict[str, int | str]] = {
    "upgrade": {"min_transactions": 1000},
    "dei_needed": {"min_female": 90},
}


@dataclass(frozen=True)
class History:
    """What counts in the end: the digest by cut and rule, and every episode with its cuts and evidence.

    Beside them the number of episodes that were retracted on the way.
    """

    digests: dict[date, dict[str, str]]
    episodes: list[str]
    retracted: int


def prove() -> Iterator[str]:
    """Cuts and episodes of the straight batch, and beside each order what was retracted on its way."""
    made = month()
    straight = history(made, range(FILES), [FILES], range(DAYS))
    different = len({tuple(sorted(digests.items())) for digests in straight.digests.values()})
    ended = sum('"ended"' in found for found in straight.episodes)
    if different < DAYS / 2 or not 0 < ended < len(straight.episodes):
        raise AssertionError(f"these days prove nothing: {different} digests, {ended} episodes ended")
    yield f"straight: {FILES} chunks, {len(straight.digests)} cuts with {different} different digests"
    yield f"straight: {len(straight.episodes)} episodes, {ended} of them ended"
    for number in range(ORDERS):
        dice = random.Random(number)
        late = number % 2 == 0
        order = late_order(made, dice) if late else dice.sample(range(FILES), FILES)
        days = range(DAYS) if late else dice.sample(range(DAYS), DAYS)
        found = history(made, order, [FILES // BATCHES] * BATCHES, days)
        expect(f"digests by cut of order {number}", found.digests, straight.digests)
        expect(f"episodes of order {number}", found.episodes, straight.episodes)
        name = f"a fifth late by up to {LATEST} days" if late else "shuffled"
        yield f"order {number}, {name}: the same; {found.retracted} episodes were retracted on the way"


@cache
def month() -> Chunks:
    """The chunks of 30 days, in the order of their days.

    Within a day rows are mixed, or small chunks of one planted merchant would be held for their one category.
    """
    dice = random.Random(DAYS)
    mixed = sorted(rows(FILES * LINES - 310, days=DAYS), key=lambda row: (row.step, dice.random()))
    made = chunks(mixed, size=LINES)
    expect("chunks", len(made.files), FILES)
    return made


def late_order(made: Chunks, dice: random.Random) -> list[int]:
    """The chunks as they arrive if a part of them is late by 1 to so many days."""

    def arrival(number: int) -> float:
        delay = dice.randint(1, LATEST) if dice.random() < LATE_SHARE else 0
        return made.good[number][0].step + delay + number / FILES

    return sorted(range(FILES), key=arrival)


def history(made: Chunks, order: Sequence[int], runs: Sequence[int], days: Sequence[int]) -> History:
    """Lands the chunks in this order, takes so many of them by run, and between these runs evaluates the days
    in theirs, as daily runs; at the end a run drains what is dirty."""
    with world(shared_servers(), rule_parameters=PARAMETERS):
        publish_weights(weights([row for part in made.good for row in part]))
        made.put(order)
        for number, most in enumerate(runs):
            run_flow(max_chunks=most)
            share = slice(number * len(days) // len(runs), (number + 1) * len(days) // len(runs))
            for day in days[share]:
                run_flow(interval_end=day_end(day))
        run_flow()
        check_balance(made)
        return recorded(len(days))


def day_end(step: int) -> datetime:
    """The instant at which the day of a step ends, which ends the interval of its daily run."""
    first = date.fromisoformat(get_settings().transactions_epoch)
    zone = ZoneInfo(contract("transactions").zone)
    return datetime.combine(first + timedelta(days=step + 1), time.min, zone)


def recorded(days: int = DAYS) -> History:
    """The history of so many days as it is in the store."""
    with transaction() as conn:
        digests = {
            (cut := day_end(step).date()): {
                one.rule: one.digest for one in newest_evaluations(conn, "transactions", "default", cut)
            }
            for step in range(days)
        }
        found = conn.execute(
            "select rule, entity, opened_cut, last_cut, closed_cut, close_reason, evidence from detections"
        ).fetchall()
    counted = [row for row in found if row["close_reason"] != "retracted"]
    return History(digests, sorted(map(_text, counted)), len(found) - len(counted))


def _text(row: dict[str, Any]) -> str:
    return json.dumps(row, sort_keys=True, default=str)
