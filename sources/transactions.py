"""Seeded transactions in BankSim's shape, of any size, with planted truth: what each rule must find in them.

The truth holds for the rules' default parameters and all of the days. Background customers pay too much each
time for CHILD, background merchants are too small for UPGRADE and have twice as many women as men.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from math import ceil
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel

from sources.bad_rows import bad_counts, bad_line
from sources.plants import FEMALE, MALE, Block, Ints, Planted, dear_amounts, plant
from sources.writing import BadLine, write_events, write_importance, write_transactions

DEFAULT_ROWS = 120_000
DEFAULT_DAYS = 60
BAD_SHARE = 0.015  # a third of what makes the suite warn
ROWS_PER_SET = 600_000  # one more set of plants for so many rows, so that findings grow with the data


class Truth(BaseModel):
    """What a generated data set holds; `rows` are data lines, of which `bad` (by reason) are quarantined.

    `detections`: entities by rule at default parameters; `upgrade_top_customers` is what `upgrade` finds with
    weight_rank_within = top_customers instead. `near_misses`: entities by rule and what they lack.
    """

    seed: int
    rows: int
    days: int
    bad: dict[str, int]
    detections: dict[str, list[dict[str, str]]]
    upgrade_top_customers: list[dict[str, str]]
    near_misses: dict[str, list[dict[str, Any]]]
    transactions: Path
    importance: Path


@dataclass(frozen=True)
class Background:
    """Ordinary trade: `sizes[m]` transactions of merchant m, by `crowds[m]` customers from `starts[m]` on."""

    sizes: Ints
    crowds: Ints
    starts: Ints
    customers: int

    @classmethod
    def draw(cls, dice: np.random.Generator, rows: int) -> Background:
        """Merchants of uneven size, none above about 40,000 transactions; some eight for each pair."""
        merchants = max(30, rows // 10_000)
        weights = (np.arange(merchants) % 30 + 1.0) ** -0.7
        ends = np.floor(np.cumsum(weights) / weights.sum() * rows + 0.5).astype(np.int64)
        sizes = np.diff(ends, prepend=0)
        customers = max(1000, ceil(rows / 400) * 10)
        return cls(sizes, -(-sizes // 8), dice.integers(0, customers, merchants), customers)

    def of_day(self, dice: np.random.Generator, day: int, days: int) -> Block:
        """That day's rows: of all rows, numbered through, every `days`-th."""
        ends = np.cumsum(self.sizes)
        number = np.arange(day, ends[-1], days)
        merchant = np.searchsorted(ends, number, side="right")
        turn = (number - (ends - self.sizes)[merchant]) % np.maximum(self.crowds[merchant], 1)
        customer = (self.starts[merchant] + turn) % self.customers
        return Block(customer, merchant, self.gender(customer), dear_amounts(dice, len(number)))

    def gender(self, customer: Ints) -> Ints:
        """Of any ten customers in a row six are F, three M, one E or U."""
        place = customer % 10
        other = np.where(customer // 10 % 2 == 0, 2, 3)
        return np.where(place < 6, FEMALE, np.where(place < 9, MALE, other))

    def weights(self, dice: np.random.Generator) -> Iterator[tuple[Ints, Ints, Ints]]:
        """Customer, merchant and weight in millionths of each pair, a merchant at a time."""
        for merchant, crowd in enumerate(self.crowds.tolist()):
            customer = (self.starts[merchant] + np.arange(crowd)) % self.customers
            weight = dice.integers(100, 50_000, crowd) * 10_000
            yield customer, np.full(crowd, merchant), weight


def generate(
    directory: Path,
    seed: int = 1,
    rows: int = DEFAULT_ROWS,
    *,
    days: int = DEFAULT_DAYS,
    bad_rows: bool = True,
    parquet: bool = False,
) -> Truth:
    """Writes transactions.csv, importance.csv and truth.json into the directory; gives the truth.

    `rows`: data lines in all, sorted by step (0 to `days` - 1). `bad_rows`: 1.5 % of them earn every reason
    code of the contract. `parquet`: good events as check publishes them, in the folder `events` instead of
    the CSV. Equal arguments give equal bytes. Memory follows the rows of one day and the planted sixth.
    Raises ValueError when `rows` cannot hold the plants.
    """
    if parquet and bad_rows:
        raise ValueError("bad rows are lines of text; there is no place for them in Parquet")
    bad = bad_counts(round(rows * BAD_SHARE)) if bad_rows else {}
    background_dice, plant_dice, day_dice, weight_dice = np.random.default_rng(seed).spawn(4)
    sets = max(1, rows // ROWS_PER_SET)
    # Numbers of background customers and merchants come first; there are fewer of either than rows.
    customers, merchants = count(rows), count(rows)
    planted = [plant(plant_dice, customers, merchants) for _ in range(sets)]
    rest = rows - sum(bad.values()) - sum(len(block.customer) for one in planted for block in one.rows)
    if rest < days:
        raise ValueError(
            f"{rows} rows cannot hold {sets} set(s) of planted patterns; {rows - rest + days} can"
        )
    background = Background.draw(background_dice, rest)
    directory.mkdir(parents=True, exist_ok=True)
    source = directory / ("events" if parquet else "transactions.csv")
    broken = _bad_by_day(day_dice, bad, days)
    blocks = _by_day(day_dice, background, planted, days)
    if parquet:
        write_events(source, blocks)
    else:
        write_transactions(source, blocks, broken)
    importance = directory / "importance.csv"
    write_importance(importance, [*_weights(planted), *background.weights(weight_dice)])
    truth = Truth(
        seed=seed,
        rows=rows,
        days=days,
        bad=bad,
        detections={rule: _all(planted, rule) for rule in ("upgrade", "child", "dei_needed")},
        upgrade_top_customers=_all(planted, "upgrade_top_customers"),
        near_misses={
            rule: [miss for one in planted for miss in one.near_misses[rule]]
            for rule in ("upgrade", "child", "dei_needed")
        },
        transactions=source,
        importance=importance,
    )
    (directory / "truth.json").write_text(truth.model_dump_json(indent=1))
    return truth


def _by_day(
    dice: np.random.Generator, background: Background, planted: list[Planted], days: int
) -> Iterator[Block]:
    """Each day's transactions, shuffled; planted ones fall on any day."""
    plants = Block.join([block for one in planted for block in one.rows])
    day = dice.integers(0, days, len(plants.customer))
    order = np.argsort(day, kind="stable")
    borders = np.searchsorted(day[order], np.arange(days + 1))
    for number in range(days):
        mine = order[borders[number] : borders[number + 1]]
        today = Block(*(column[mine] for column in plants))
        rows = Block.join([background.of_day(dice, number, days), today])
        shuffled = dice.permutation(len(rows.customer))
        yield Block(*(column[shuffled] for column in rows))


def _bad_by_day(dice: np.random.Generator, bad: dict[str, int], days: int) -> list[list[BadLine]]:
    found: list[list[BadLine]] = [[] for _ in range(days)]
    for reason, amount in bad.items():
        for turn, day in enumerate(dice.integers(0, days, amount).tolist()):
            found[day].append(BadLine(float(dice.random()), bad_line(reason, turn, day)))
    return found


def _weights(planted: list[Planted]) -> Iterator[tuple[Ints, Ints, Ints]]:
    for one in planted:
        customer, merchant, weight = np.array(one.weights, np.int64).T
        yield customer, merchant, weight


def _all(planted: list[Planted], rule: str) -> list[dict[str, str]]:
    return [entity for one in planted for entity in one.detections[rule]]
