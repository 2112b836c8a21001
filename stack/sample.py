"""What the demo feeds: seeded data of each dataset, and the truth of what is planted in it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path

from include.datasets import contract
from include.settings import get_settings
from sources import transactions
from sources.behaviours import SHAPES, generate
from sources.behaviours.truth import NearMiss, Truth
from sources.feed import feed_file
from sources.put import put_chunk
from sources.slices import scan, slices

SEED = 20_260_101
# Data rows of a chunk of transactions. Importance goes whole, the generated behaviours come as chunks: few,
# since each costs a page of Data Docs, and enough for every form in which producers write.
TRANSACTIONS_ROWS = 10_000
CHUNKS = 5


def sample(folder: Path) -> dict[str, Truth]:
    """What each dataset's part of the sample holds, generated unless a demo before this one did."""
    if not (folder / "truth.json").exists():
        transactions.generate(folder, seed=SEED)
    truth = transactions.Truth.model_validate_json((folder / "truth.json").read_text())
    found = {"importance": _reference(truth), "transactions": _since_ever(truth)}
    for dataset in SHAPES:
        if not (folder / dataset / "truth.json").exists():
            generate(dataset, folder / dataset, seed=SEED, chunks=CHUNKS)
        found[dataset] = Truth.model_validate_json((folder / dataset / "truth.json").read_text())
    return found


def feed_reference(folder: Path) -> None:
    """Puts the reference data on S3, if it is not there; rules fail without."""
    feed_file("importance", str(_file(folder, "importance")), every=0)


def feed_events(folder: Path) -> None:
    """Puts the events on S3, but for what is there."""
    feed_file("transactions", str(_file(folder, "transactions")), rows=TRANSACTIONS_ROWS, every=0)
    for dataset in SHAPES:
        for chunk in _chunks(folder, dataset):
            put_chunk(f"{contract(dataset).prefix}{chunk.name}", chunk.read_bytes())


def sample_ids(folder: Path) -> Iterator[tuple[str, set[str]]]:
    """By dataset the ids that its chunks get when they land; none as long as they are not generated."""
    for dataset, rows in (("importance", None), ("transactions", TRANSACTIONS_ROWS)):
        file = _file(folder, dataset)
        if file.exists():
            found = scan(file, contract(dataset).columns, rows)
            cut = slices(file, found.header, rows or found.rows)
            yield dataset, {sha256(data).hexdigest() for data in cut}
        else:
            yield dataset, set()
    for dataset in SHAPES:
        yield dataset, {sha256(chunk.read_bytes()).hexdigest() for chunk in _chunks(folder, dataset)}


def _file(folder: Path, dataset: str) -> Path:
    return folder / f"{dataset}.csv"


def _chunks(folder: Path, dataset: str) -> list[Path]:
    return sorted((folder / dataset).glob("chunk_*"))


def _reference(truth: transactions.Truth) -> Truth:
    """The truth of the reference data beside the transactions: its rows, of which no rule finds anything."""
    rows = scan(truth.importance, contract("importance").columns, None).rows
    return Truth(
        dataset="importance",
        seed=truth.seed,
        rows=rows,
        bad={},
        days=[],
        detections={},
        near_misses={},
        bystanders={},
        files=[truth.importance],
    )


def _since_ever(truth: transactions.Truth) -> Truth:
    """The transactions' truth, which is one of all days together, as one of their last day."""
    first = date.fromisoformat(get_settings().transactions_epoch)
    days = [first + timedelta(days=number) for number in range(truth.days)]
    return Truth(
        dataset="transactions",
        seed=truth.seed,
        rows=truth.rows,
        bad=truth.bad,
        days=days,
        detections={rule: {days[-1]: entities} for rule, entities in truth.detections.items()},
        near_misses={
            rule: [NearMiss(day=days[-1], **miss) for miss in misses]
            for rule, misses in truth.near_misses.items()
        },
        bystanders={},
        files=[truth.transactions],
    )
