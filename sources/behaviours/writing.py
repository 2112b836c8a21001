"""Generated events as chunks: in the order in which they arrive, with broken rows between them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pyarrow as pa

from include.datasets import contract
from sources.behaviours.damage import Damage, Spoilt
from sources.behaviours.rhythm import HOUR, SECOND, Calendar, Ints
from sources.behaviours.truth import Made
from sources.behaviours.wire import Form, Raw, chunk, csv_line, element


@dataclass(frozen=True)
class Shape:
    """One dataset's generator.

    `make(dice, calendar, rows, sets)`: about so many good events (never more) with as many sets of plants.
    `raw(event, dice)`: an event as texts and numbers of the contract's columns. `text(raw, dice)`: those as
    JSON. `forms`: of the chunks, in turn. `spoilt`: how columns earn their reasons.
    """

    dataset: str
    weekend: tuple[int, int]
    make: Callable[[np.random.Generator, Calendar, int, int], Made]
    raw: Callable[[Mapping[str, Any], Random], Raw]
    spoilt: Spoilt
    text: Callable[[Raw, Random], str] = element
    forms: tuple[Form, ...] = ("lines", "array", "csv")


def write_chunks(
    directory: Path, shape: Shape, made: Made, rows: int, chunks: int, seed: int
) -> tuple[list[Path], dict[str, int]]:
    """Writes the events and broken rows, `rows` in all, as chunk_<i> files; gives these and the reasons.

    Most events arrive within seconds, some hours late, a few on another day; of the planted ones more do, so
    that their windows lie across chunks.
    """
    dice = Random(seed)
    damage = Damage(contract(shape.dataset), shape.spoilt)
    arrived = made.events.take(pa.array(_order(np.random.default_rng(seed), made)))
    borders = np.linspace(0, rows, chunks + 1).astype(int).tolist()
    goods = np.linspace(0, len(arrived), chunks + 1).astype(int).tolist()
    files: list[Path] = []
    counts: Counter[str] = Counter()
    for number in range(chunks):
        form = shape.forms[number % len(shape.forms)]
        good = arrived.slice(goods[number], goods[number + 1] - goods[number])
        bad = borders[number + 1] - borders[number] - len(good)
        path = directory / f"chunk_{number}.{'csv' if form == 'csv' else 'json'}"
        cut = form == "array" and bad > 0 and number // len(shape.forms) % 2 == 0
        path.write_bytes(_chunk(shape, damage, form, good, bad, cut, dice, counts))
        files.append(path)
    return files, dict(sorted(counts.items()))


def _chunk(
    shape: Shape,
    damage: Damage,
    form: Form,
    good: pa.Table,
    bad: int,
    cut: bool,
    dice: Random,
    counts: Counter[str],
) -> bytes:
    def line(raw: Raw) -> bytes:
        if form == "csv":
            return csv_line(raw.get(name) for name in damage.contract.columns).encode()
        return shape.text(raw, dice).encode()

    raws = [shape.raw(event, dice) for event in _rows(good)]
    rows = [line(raw) for raw in raws]
    reasons = damage.reasons(form)
    # Before a good row each, never two at once: a broken element of an array may swallow what is no object.
    places = sorted(dice.sample(range(1, len(rows)), bad - cut), reverse=True)
    for place in places:
        reason = next(reasons)
        counts[reason] += 1
        if reason in shape.spoilt:
            rows.insert(place, line(damage.spoil(reason, raws[place])))
        else:
            rows.insert(place, damage.row(reason, form, raws[place], shape.text(raws[place], dice)))
    if cut:
        counts["cut_off"] += 1
        whole = rows[-1].decode()
        rows.append(whole[: len(whole) // 2].rstrip("]").encode())
    return chunk(form, damage.contract.columns, rows, cut)


def _rows(events: pa.Table) -> Sequence[dict[str, Any]]:
    """The events as rows, instants as microseconds."""
    micros = events["event_time"].cast(pa.int64())
    found: list[dict[str, Any]] = events.set_column(0, "event_time", micros).to_pylist()
    return found


def _order(dice: np.random.Generator, made: Made) -> Ints:
    times = made.events["event_time"].cast(pa.int64()).to_numpy()
    planted = np.arange(len(times)) >= made.background
    late = dice.random(len(times)) / np.where(planted, 4, 1)
    hours = np.where(late < 0.004, 30, np.where(late < 0.08, 10, 0))
    arrival = times + hours * dice.random(len(times)) * HOUR + 20 * SECOND * dice.random(len(times))
    return np.argsort(arrival, kind="stable")
