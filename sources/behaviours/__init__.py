"""Seeded events of every behaviour, of any size, written as their producers do, with planted truth."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import numpy as np

from include.datasets import contract
from sources.behaviours import clickstream, contact_requests, payments, subscriptions, user_activity
from sources.behaviours.rhythm import Calendar
from sources.behaviours.truth import Made, Truth
from sources.behaviours.writing import Shape, write_chunks

SHAPES: Mapping[str, Shape] = {
    module.SHAPE.dataset: module.SHAPE
    for module in (contact_requests, clickstream, user_activity, subscriptions, payments)
}

DEFAULT_ROWS = 20_000
DEFAULT_DAYS = 4
DEFAULT_CHUNKS = 10
FIRST_DAY = date(2026, 3, 5)  # a Thursday: the four days hold both Tehran's weekend and that of the others
FEWEST_DAYS = 3  # plants lie on the days around a midnight, and on one more
BAD_SHARE = 0.04
ROWS_PER_SET = 50_000  # one more set of plants for so many rows, so that findings grow with the data


def make(
    dataset: str,
    *,
    seed: int = 1,
    rows: int = DEFAULT_ROWS,
    days: int = DEFAULT_DAYS,
    first_day: date = FIRST_DAY,
    bad_share: float = BAD_SHARE,
) -> Made:
    """The good events of so many rows, in no order, as they are before they are written; and what is planted.

    Raises ValueError when `rows` cannot hold the plants.
    """
    if dataset not in SHAPES:
        raise ValueError(f"nothing generates {dataset!r}; there are {', '.join(SHAPES)}")
    if days < FEWEST_DAYS:
        raise ValueError(f"{days} days: what is planted around a midnight needs {FEWEST_DAYS}")
    shape = SHAPES[dataset]
    calendar = Calendar(contract(dataset).zone, first_day, days, shape.weekend)
    dice = np.random.default_rng([seed, *dataset.encode()])
    return shape.make(dice, calendar, rows - round(rows * bad_share), max(1, rows // ROWS_PER_SET))


def generate(
    dataset: str,
    directory: Path,
    *,
    seed: int = 1,
    rows: int = DEFAULT_ROWS,
    days: int = DEFAULT_DAYS,
    chunks: int = DEFAULT_CHUNKS,
    first_day: date = FIRST_DAY,
    bad_share: float = BAD_SHARE,
) -> Truth:
    """Writes chunk_<i>.json and .csv, and truth.json, into the directory; gives the truth.

    `rows` in all, of which about `bad_share` are broken, in order of arrival, as many in each chunk. Equal
    arguments give equal bytes. Raises ValueError when `rows` cannot hold the plants.
    """
    made = make(dataset, seed=seed, rows=rows, days=days, first_day=first_day, bad_share=bad_share)
    total = rows if bad_share else len(made.events)
    directory.mkdir(parents=True, exist_ok=True)
    files, bad = write_chunks(directory, SHAPES[dataset], made, total, chunks, seed)
    event_days = sorted(made.events["event_day"].unique().to_pylist())
    truth = Truth(
        dataset=dataset,
        seed=seed,
        rows=total,
        bad=bad,
        days=event_days,
        detections=made.planted.by_day(event_days),
        near_misses=made.planted.near_misses,
        bystanders=made.planted.bystanders,
        files=files,
    )
    (directory / "truth.json").write_text(truth.model_dump_json(indent=1))
    return truth
