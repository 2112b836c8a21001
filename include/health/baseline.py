"""How far a figure is from what it usually is: the median and MAD of the same weekday's earlier days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import sqrt
from statistics import median

# Earlier weeks that a day is compared with: enough for a median, and gone before the seasons change.
WEEKS = 8

# The MAD of normally distributed values, times this, is their standard deviation.
MAD_TO_DEVIATION = 1.4826


@dataclass(frozen=True)
class Limits:
    """From when on a difference is an anomaly.

    `score`: deviations from the median; `min_days`: fewest days of a baseline; `min_rows`: fewest rows that a
    verdict rests on. With fewer of either there is no verdict.
    """

    score: float
    min_days: int
    min_rows: int

    def reached(self, score: float) -> bool:
        """Whether so many deviations are too many; what floats lose does not count."""
        return score > self.score - 1e-9


@dataclass(frozen=True)
class Baseline:
    """What is usual: a median, and the deviation from it, on so many days."""

    median: float
    deviation: float
    days: int

    def score(self, value: float) -> float:
        """How many deviations the value lies above the median; negative below."""
        return (value - self.median) / self.deviation


def baseline(values: Sequence[float], floor: float) -> Baseline:
    """The baseline of these days' values. `floor`: the least deviation, over 0; equal days say little."""
    middle = median(values)
    spread = median(abs(value - middle) for value in values)
    return Baseline(middle, max(MAD_TO_DEVIATION * spread, floor), len(values))


def same_weekdays(day: date) -> list[date]:
    """The days that this one is compared with, the nearest first; never itself, and none after it."""
    return [day - timedelta(weeks=week) for week in range(1, WEEKS + 1)]


def sampling_error(share: float, rows: int) -> float:
    """The standard deviation of a share that is measured on so many rows."""
    return sqrt(max(share * (1 - share), 0.0) / rows)
