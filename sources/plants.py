"""Planted patterns: transactions of which it is known what every rule must say about them, and what not.

Sizes sit on both sides of each default threshold. What is not meant to fire stays clear of all rules.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]

GENDERS = ("M", "F", "E", "U")
MALE, FEMALE, ENTERPRISE, UNKNOWN = range(4)

# UPGRADE: with 501 weighted customers a percent_rank of exactly 10 % is rank 51.
WEIGHTED, TOP, UNWEIGHTED = 501, 51, 20
# No average below this can make a CHILD.
DEAR = 2400


class Block(NamedTuple):
    """Transactions as columns: numbers of customer and merchant, gender, amount in minor units."""

    customer: Ints
    merchant: Ints
    gender: Ints
    amount: Ints

    @classmethod
    def join(cls, blocks: Sequence[Block]) -> Block:
        """All of them, in order."""
        return cls(*(np.concatenate(columns) for columns in zip(*blocks, strict=True)))


@dataclass
class Planted:
    """What one set of plants adds: rows, weights (customer, merchant, millionths), the truth about them."""

    rows: list[Block] = field(default_factory=list)
    weights: list[tuple[int, int, int]] = field(default_factory=list)
    detections: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    near_misses: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def fires(self, rule: str, merchant: int, customer: int | None = None) -> None:
        """Notes a detection that must be made."""
        self.detections.setdefault(rule, []).append(_entity(merchant, customer))

    def misses(self, rule: str, lacks: str, merchant: int, customer: int | None = None) -> None:
        """Notes what must not be detected, and what it lacks."""
        entity = _entity(merchant, customer)
        self.near_misses.setdefault(rule, []).append({"entity": entity, "lacks": lacks})


def customer_name(number: int) -> str:
    """The customer with this number, as BankSim would name it."""
    return f"C{1_000_000_000 + number}"


def merchant_name(number: int) -> str:
    """The merchant with this number, as BankSim would name it."""
    return f"M{100_000_000 + number}"


def plant(dice: np.random.Generator, customers: count[int], merchants: count[int]) -> Planted:
    """One set of every pattern and every near miss, about 103,000 rows; numbers are the counters' next."""
    planted = Planted()
    _upgrade(planted, dice, customers, next(merchants), 50_000)
    _upgrade(planted, dice, customers, next(merchants), 49_999)
    _child(planted, dice, customers, merchants)
    for case in DEI_CASES:
        _dei(planted, dice, customers, next(merchants), case)
    return planted


def dear_amounts(dice: np.random.Generator, rows: int) -> Ints:
    """Amounts from 24.00 up, most of them near it, as payments are."""
    return DEAR + np.minimum(dice.lognormal(6.5, 1.2, rows), 800_000).astype(np.int64)


def _entity(merchant: int, customer: int | None) -> dict[str, str]:
    named = {"merchant": merchant_name(merchant)}
    return named if customer is None else {"customer": customer_name(customer)} | named


def _take(numbers: count[int], amount: int) -> Ints:
    return np.array([next(numbers) for _ in range(amount)], np.int64)


def _upgrade(
    planted: Planted, dice: np.random.Generator, customers: count[int], merchant: int, total: int
) -> None:
    """A merchant with so many transactions, 501 customers with a weight and 20 frequent ones without.

    By count, customers 0 to 50 are ranks 51 to 1, and customer 51 is rank 52. By weight, customer 51 is rank
    1, customers 1 to 14 are ranks 2 to 15, customer 0 is rank 51, customer 15 rank 52.
    """
    people = _take(customers, WEIGHTED + UNWEIGHTED)
    counts = np.empty(len(people), np.int64)
    counts[:TOP] = 201 + np.arange(TOP)
    counts[TOP] = 190
    counts[WEIGHTED:] = 260
    others = slice(TOP + 1, WEIGHTED)
    rest = total - counts[: TOP + 1].sum() - counts[WEIGHTED:].sum()
    counts[others] = rest // (WEIGHTED - TOP - 1)
    counts[TOP + 1 : TOP + 1 + rest % (WEIGHTED - TOP - 1)] += 1
    who = np.repeat(np.arange(len(people)), counts)
    genders = np.where(np.arange(len(people)) % 3 == 0, MALE, FEMALE)
    planted.rows.append(Block(people[who], np.full(total, merchant), genders[who], dear_amounts(dice, total)))
    placed = [TOP, *range(1, 15), *range(100, 135), 0, 15]
    remaining = dice.permutation(np.setdiff1d(np.arange(WEIGHTED), placed))
    for rank, position in enumerate([*placed, *remaining.tolist()], start=1):
        for part in _parts(rank):
            weight = 1_000_000 + 70_000 * rank + part
            planted.weights.append((int(people[position]), merchant, weight))
    if total < 50_000:
        lacks = f"{50_000 - total} transaction of the merchant"
        planted.misses("upgrade", lacks, merchant, int(people[1]))
        return
    for position in range(15):
        planted.fires("upgrade", merchant, int(people[position]))
    # Ranked inside the top customers only, the lightest six of 51 are exactly the first 10 %.
    for position in range(1, 7):
        planted.fires("upgrade_top_customers", merchant, int(people[position]))
    planted.misses("upgrade", "weight rank 52 of 501, 51 passes", merchant, int(people[15]))
    planted.misses("upgrade", "count rank 52 of 501, 51 passes", merchant, int(people[TOP]))
    planted.misses("upgrade", "a weight; by count it would be first", merchant, int(people[WEIGHTED]))


def _parts(rank: int) -> tuple[int, ...]:
    """Differences from a mean, one per importance row of a pair, so that only the mean ranks as planned."""
    return ((0,), (-500_000, 500_000), (-900_000, 0, 900_000))[rank % 3]


# Transactions, sum of amounts, and what the pair lacks (empty: it fires).
CHILD_CASES: tuple[tuple[int, int, str], ...] = (
    (80, 80 * 2300 - 1, ""),
    (80, 80 * 500, ""),
    (81, 81 * 1999, ""),
    (95, 95 * 1000, ""),
    (120, 120 * 1500, ""),
    (250, 250 * 2299, ""),
    (79, 79 * 500, "1 transaction: it has 79"),
    (80, 80 * 2300, "an average below 23.00: it is exactly that"),
    (200, 200 * 2300 + 1, "an average below 23.00: it is a hair above"),
)


def _child(planted: Planted, dice: np.random.Generator, customers: count[int], merchants: count[int]) -> None:
    merchant, second = next(merchants), next(merchants)
    for transactions, amount, lacks in CHILD_CASES:
        customer = next(customers)
        planted.rows.append(_pair(dice, customer, merchant, transactions, amount))
        if lacks:
            planted.misses("child", lacks, merchant, customer)
        else:
            planted.fires("child", merchant, customer)
    split = next(customers)
    for place in (merchant, second):
        planted.rows.append(_pair(dice, split, place, 50, 50 * 500))
        planted.misses("child", "30 transactions: its 100 are at two merchants", place, split)


def _pair(dice: np.random.Generator, customer: int, merchant: int, transactions: int, amount: int) -> Block:
    """So many transactions whose amounts differ and have exactly this sum."""
    even, more = divmod(amount, transactions)
    amounts = np.full(transactions, even)
    amounts[:more] += 1
    half = transactions // 2
    swing = dice.integers(0, even // 2, half)
    amounts[:half] += swing
    amounts[-half:] -= swing
    same = np.ones(transactions, np.int64)
    return Block(same * customer, same * merchant, same * FEMALE, dice.permutation(amounts))


class DeiCase(NamedTuple):
    """Customers of a merchant: seen only as F, only as M, as both, as neither; `lacks` empty: it fires."""

    female: int
    male: int
    both: int
    neither: int
    lacks: str


DEI_CASES = (
    DeiCase(100, 101, 0, 0, ""),
    DeiCase(105, 106, 10, 40, ""),
    DeiCase(99, 150, 0, 30, "1 woman: it has 99"),
    DeiCase(99, 150, 10, 0, "1 woman: 10 more were seen as both"),
    DeiCase(120, 120, 0, 0, "fewer women than men: 120 each"),
)


def _dei(
    planted: Planted, dice: np.random.Generator, customers: count[int], merchant: int, case: DeiCase
) -> None:
    def seen() -> Iterator[tuple[int, int]]:
        for number in range(case.female):
            customer = next(customers)
            yield customer, FEMALE
            if number % 10 == 0:  # U beside F says nothing
                yield customer, UNKNOWN
        for number in range(case.male):
            customer = next(customers)
            yield from [(customer, MALE)] * (1 + number % 2)
        for _ in range(case.both):
            customer = next(customers)
            yield from ((customer, FEMALE), (customer, MALE))
        for number in range(case.neither):
            yield next(customers), (ENTERPRISE, UNKNOWN)[number % 2]

    people, genders = (np.array(column, np.int64) for column in zip(*seen(), strict=True))
    rows = len(people)
    planted.rows.append(Block(people, np.full(rows, merchant), genders, dear_amounts(dice, rows)))
    if case.lacks:
        planted.misses("dei_needed", case.lacks, merchant)
    else:
        planted.fires("dei_needed", merchant)
