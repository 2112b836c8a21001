"""Seeded chunks of transactions for the proofs: patterns that hold, nearly hold, or hold for a while."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from tests.flow import publish_importance, put

HEADER = b"step,customer,age,gender,zipcodeOri,merchant,zipMerchant,category,amount,fraud\n"
IMPORTANCE_HEADER = b"Source,Target,Weight,typeTrans,fraud\n"
DAYS = 11
BAD_SHARE = 0.01
BAD = ("'X'", "12.345", "-1.00", "ten")  # a gender, and amounts, that no good row has
ROWS = 198_000  # with the bad ones, twenty files of 10,000 lines

CATEGORIES = ("es_transportation", "es_food", "es_health", "es_fashion", "es_travel", "es_tech")


@dataclass(frozen=True)
class Row:
    """One good transaction, before it becomes text."""

    step: int
    customer: str
    gender: str
    merchant: str
    amount_minor: int

    def line(self, quoted: bool = True) -> bytes:
        """The row as BankSim writes it."""
        amount = f"{self.amount_minor / 100:.2f}"
        category = CATEGORIES[hash_of(self.merchant) % len(CATEGORIES)]
        cells = [self.customer, "3", self.gender, "28007", self.merchant, "28007", category]
        text = ",".join(f"'{cell}'" if quoted else cell for cell in cells)
        return f"{self.step},{text},{amount},0\n".encode()


def hash_of(name: str) -> int:
    """A number that stays the same from process to process."""
    return sum(name.encode())


def rows(count: int = ROWS, seed: int = 7, big_customers: int = 400, days: int = DAYS) -> list[Row]:
    """`count` good rows over so many days, in the order of their days; the same for the same seed.

    Half go to one merchant, whose customers' ranks drift: some are UPGRADE for a while only. Planted beside
    it: pairs of 79 and 80 cheap transactions, one of exactly 23.00, some whose average rises, also within a
    day; merchants with 99 and 100 women, with as many men, with customers seen as both, and one that turns
    to more women.
    """
    rng = random.Random(seed)
    # Planted rows come first in their day, or at its noon: a moment is a step and a part of the day.
    dated = [(float(row.step), row) for row in _planted()] + [(row.step + 0.5, row) for row in _noon()]
    total = count - len(dated)
    for i in range(total):
        step = i * days // total
        if rng.random() < 0.5:
            # A skew makes counts differ; its centre moves with the days, so that ranks do too.
            number = int(rng.triangular(0, big_customers, (step * 40) % big_customers))
            merchant = "M_BIG"
        else:
            number, merchant = rng.randrange(3000), f"M_{rng.randrange(40):02d}"
        gender = "FMMU"[number % 4] if merchant == "M_BIG" else "FFMEU"[number % 5]
        noise = Row(step, f"C_{number:04d}", gender, merchant, rng.randrange(2500, 40_000))
        dated.append((i * days / total, noise))
    return [row for _, row in sorted(dated, key=lambda pair: pair[0])]


def _planted() -> Iterator[Row]:
    for i in range(80):
        step = i * DAYS // 80
        yield Row(step, "C_CHILD", "U", "M_KIOSK", 2299)
        yield Row(step, "C_EXACT", "U", "M_KIOSK", 2300)
        yield Row(i * 4 // 80, "C_ONCE_CHILD", "U", "M_KIOSK", 1000)
        if i:
            yield Row(step, "C_SEVENTY_NINE", "U", "M_KIOSK", 100)
    yield Row(6, "C_ONCE_CHILD", "U", "M_KIOSK", 500_000)
    for i in range(80):
        yield Row(8, "C_MORNING_CHILD", "U", "M_KIOSK", 1000)
        yield Row(i * 4 // 80, "C_BACK_AT_NOON", "U", "M_KIOSK", 1000)
    yield Row(8, "C_BACK_AT_NOON", "U", "M_KIOSK", 150_000)
    for women, men, merchant in ((100, 101, "M_DEI"), (99, 200, "M_FEW"), (110, 110, "M_EVEN")):
        for i in range(women):
            yield Row(i * 5 // women, f"C_{merchant}_F{i}", "F", merchant, 5000)
        for i in range(men):
            yield Row(i * 4 // men, f"C_{merchant}_M{i}", "M", merchant, 5000)
    for i in range(130):  # fewer women than men until day 7, more from then on
        yield Row(i * 3 // 130, f"C_TURN_M{i}", "M", "M_TURNS", 5000)
        yield Row(i * 2 // 130 if i < 110 else 7, f"C_TURN_F{i}", "F", "M_TURNS", 5000)
    yield Row(7, "C_TURN_F130", "F", "M_TURNS", 5000)
    for i in range(100):  # a hundred women of whom one was seen as a man, too
        yield Row(2, f"C_BOTH_F{i}", "F", "M_BOTH", 5000)
        yield Row(2, f"C_BOTH_M{i}", "M", "M_BOTH", 5000)
        yield Row(2, f"C_BOTH_N{i}", "M", "M_BOTH", 5000)
    yield Row(3, "C_BOTH_F0", "M", "M_BOTH", 5000)


def _noon() -> list[Row]:
    """What comes in the middle of a day, so that chunks of this day end before it and after it.

    It takes back, or brings back, what the chunk before has said of the same cut.
    """
    taken_back = Row(8, "C_MORNING_CHILD", "U", "M_KIOSK", 500_000)
    return [taken_back, *[Row(8, "C_BACK_AT_NOON", "U", "M_KIOSK", 100)] * 60]


@dataclass(frozen=True)
class Chunks:
    """Files of `size` data lines, a few of them bad, and the good rows that each one holds."""

    files: Sequence[bytes]
    good: Sequence[Sequence[Row]]
    lines: int
    bad: int

    @property
    def ids(self) -> list[str]:
        """The SHA-256 of each file, hex: the chunk ids."""
        return [hashlib.sha256(file).hexdigest() for file in self.files]

    def put(self, order: Iterable[int] | None = None) -> None:
        """Lands files, the i-th of the order as chunk_<i>.csv; by default each one once, in their order."""
        for name, number in enumerate(range(len(self.files)) if order is None else order):
            put("transactions", f"chunk_{name}.csv", self.files[number])


def chunks(good: Sequence[Row], size: int = 10_000, seed: int = 11) -> Chunks:
    """Cuts the rows, with bad lines strewn in between, into files with a header.

    Which lines are bad, and where they stand among the good, does not depend on the size.
    """
    rng = random.Random(seed)
    lines: list[tuple[bytes, Row | None]] = []
    for row in good:
        if rng.random() < BAD_SHARE:
            lines.append((_spoilt(row, rng.choice(BAD)), None))
        lines.append((row.line(), row))
    stream = iter(lines)
    parts = []
    while part := list(islice(stream, size)):
        parts.append(part)
    return Chunks(
        files=[HEADER + b"".join(line for line, _ in part) for part in parts],
        good=[[row for _, row in part if row] for part in parts],
        lines=len(lines),
        bad=len(lines) - len(good),
    )


def _spoilt(row: Row, bad: str) -> bytes:
    cells = row.line().decode().rstrip("\n").split(",")
    cells[3 if bad.startswith("'") else 8] = bad
    return (",".join(cells) + "\n").encode()


def weights(good: Sequence[Row], seed: int = 13) -> list[tuple[str, str, int]]:
    """Importance of these rows' pairs at M_BIG: customer, merchant, weight in millionths.

    None, one or two weights a pair, of few values, so that ties are common.
    """
    rng = random.Random(seed)
    found = []
    for customer in sorted({row.customer for row in good if row.merchant == "M_BIG"}):
        for _ in range(rng.choice((0, 1, 1, 1, 1, 1, 1, 2, 2, 2))):
            found.append((customer, "M_BIG", rng.randrange(100) * 2_500_000))
    return found


def importance_file(found: Sequence[tuple[str, str, int]]) -> bytes:
    """They as BankSim's network file writes them."""
    lines = [
        f"'{customer}','{merchant}',{micro / 10**6:.1f},'es_transportation',0\n".encode()
        for customer, merchant, micro in found
    ]
    return IMPORTANCE_HEADER + b"".join(lines)


def publish_weights(found: Sequence[tuple[str, str, int]]) -> None:
    """Publishes them as a version of the importance data."""
    publish_importance(importance_file(found))
