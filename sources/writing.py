"""Generated transactions and weights as files: BankSim's CSV, or the Parquet that check publishes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet

from include.datasets import contract
from include.settings import get_settings
from sources.bad_rows import HEADER
from sources.plants import GENDERS, Block, Ints, customer_name, merchant_name

CATEGORIES = (
    "es_transportation",
    "es_food",
    "es_health",
    "es_wellnessandbeauty",
    "es_fashion",
    "es_barsandrestaurants",
    "es_hyper",
    "es_sportsandtoys",
    "es_tech",
    "es_home",
    "es_hotelservices",
    "es_otherservices",
    "es_contents",
    "es_travel",
    "es_leisure",
)
AGES = ("0", "1", "2", "3", "4", "5", "6", "U")
ZIP = "28007"
FRAUD_EVERY = 83  # BankSim marks 1.2 % of its rows; no rule reads the mark
CHUNK_ROWS = 10_000  # the chunks that Parquet rows claim to come from
PLAIN = pa.csv.WriteOptions(include_header=False, quoting_style="none")


class BadLine(NamedTuple):
    """A broken line and where in its day it comes, from 0 to 1."""

    place: float
    line: bytes


def write_transactions(path: Path, blocks: Iterable[Block], broken: Sequence[Sequence[BadLine]]) -> None:
    """A CSV file of each day's rows in turn, text in single quotes, with that day's broken lines between."""
    with path.open("wb") as file:
        file.write(HEADER + b"\n")
        for step, (block, bad) in enumerate(zip(blocks, broken, strict=True)):
            sink = pa.BufferOutputStream()
            pa.csv.write_csv(_csv_table(block, step), sink, PLAIN)
            data = sink.getvalue()
            file.write(_mixed(data.to_pybytes(), bad) if bad else data)


def write_events(folder: Path, blocks: Iterable[Block]) -> None:
    """Parquet files by event day with the columns of good events, as from checked chunks of 10,000 rows."""
    written = 0
    for step, block in enumerate(blocks):
        day = date.fromisoformat(get_settings().transactions_epoch) + timedelta(days=step)
        target = folder / f"event_day={day}"
        target.mkdir(parents=True, exist_ok=True)
        pa.parquet.write_table(_event_table(block, step, day, written), target / "part-0.parquet")
        written += len(block.customer)


def write_importance(path: Path, weights: Iterable[tuple[Ints, Ints, Ints]]) -> None:
    """The importance file: customer, merchant and weight in millionths, written as decimals."""
    with path.open("wb") as file:
        file.write(b"Source,Target,Weight,typeTrans,fraud\n")
        for customer, merchant, weight in weights:
            columns = {
                "Source": _quoted(_names(customer, customer_name)),
                "Target": _quoted(_names(merchant, merchant_name)),
                "Weight": _decimal(weight, 6),
                "typeTrans": _quoted(_category(merchant)),
                "fraud": pa.repeat(pa.scalar(0), len(weight)),
            }
            pa.csv.write_csv(pa.table(columns), file, PLAIN)


def _csv_table(block: Block, step: int) -> pa.Table:
    zips = pa.repeat(pa.scalar(f"'{ZIP}'"), len(block.customer))
    return pa.table(
        {
            "step": pa.repeat(pa.scalar(step), len(block.customer)),
            "customer": _quoted(_names(block.customer, customer_name)),
            "age": _quoted(_words(AGES, block.customer)),
            "gender": _quoted(_words(GENDERS, block.gender)),
            "zipcodeOri": zips,
            "merchant": _quoted(_names(block.merchant, merchant_name)),
            "zipMerchant": zips,
            "category": _quoted(_category(block.merchant)),
            "amount": _decimal(block.amount, 2),
            "fraud": pa.array((block.amount % FRAUD_EVERY == 0).astype(np.int8)),
        }
    )


def _event_table(block: Block, step: int, day: date, before: int) -> pa.Table:
    rows = len(block.customer)
    zone = ZoneInfo(contract("transactions").zone)
    number = before + np.arange(rows)
    first = before // CHUNK_ROWS
    chunks = [hashlib.sha256(b"%d" % n).hexdigest() for n in range(first, (before + rows) // CHUNK_ROWS + 1)]
    midnight = pa.scalar(datetime.combine(day, time(), zone), pa.timestamp("us", "UTC"))
    return pa.table(
        {
            "step": pa.repeat(pa.scalar(step, pa.int32()), rows),
            "customer": _names(block.customer, customer_name),
            "age": _words(AGES, block.customer),
            "gender": _words(GENDERS, block.gender),
            "zipcode_ori": pa.repeat(pa.scalar(ZIP), rows),
            "merchant": _names(block.merchant, merchant_name),
            "zip_merchant": pa.repeat(pa.scalar(ZIP), rows),
            "category": _category(block.merchant),
            "amount_minor": pa.array(block.amount),
            "fraud": pa.array(block.amount % FRAUD_EVERY == 0),
            "event_time": pa.repeat(midnight, rows),
            "chunk_id": pa.array(chunks).take(pa.array(number // CHUNK_ROWS - first)),
            # Line 1 of a chunk is its header.
            "line": pa.array((number % CHUNK_ROWS + 2).astype(np.int32)),
        }
    )


def _names(numbers: Ints, name: Callable[[int], str]) -> pa.Array:
    distinct, place = np.unique(numbers, return_inverse=True)
    return pa.array([name(number) for number in distinct.tolist()], pa.string()).take(pa.array(place))


def _words(words: Sequence[str], numbers: Ints) -> pa.Array:
    return pa.array(words).take(pa.array(numbers % len(words)))


def _category(merchant: Ints) -> pa.Array:
    return _words(CATEGORIES, merchant)


def _quoted(text: pa.Array) -> pa.Array:
    return pc.binary_join_element_wise("'", text, "'", "")


def _decimal(units: Ints, scale: int) -> pa.Array:
    """Integers as decimals of `scale` places, exactly: the same numbers read with a point."""
    words = np.zeros((len(units), 2), np.int64)
    words[:, 0] = units
    return pa.Array.from_buffers(pa.decimal128(18, scale), len(units), [None, pa.py_buffer(words)])


def _mixed(data: bytes, bad: Sequence[BadLine]) -> bytes:
    lines = data.split(b"\n")[:-1]
    for place, line in bad:
        lines.insert(int(place * (len(lines) + 1)), line)
    return b"\n".join(lines) + b"\n"
