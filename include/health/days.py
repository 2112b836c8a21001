"""An event day in figures, and which of them are unlike the same weekday before."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from math import sqrt
from statistics import median

from include.health.baseline import Baseline, Limits, baseline, same_weekdays, sampling_error

# The least deviations, however alike the earlier days were. With the default limit of 5 of them a count must
# be off by a quarter, a share of bad rows by 2.5 points, one of late rows by 10.
COUNT_FLOOR = 0.05
BAD_FLOOR = 0.005
LATE_FLOOR = 0.02

Mix = Mapping[str, int]


@dataclass(frozen=True)
class ChunkDay:
    """What one chunk adds to an event day: good rows, and by name of a mix, rows per value."""

    event_day: date
    rows: int
    mix: Mapping[str, Mix]


@dataclass(frozen=True)
class Day:
    """One event day of a dataset, as far as it is aggregated.

    `late`: rows that came after a batch with a later day had. `rows_in` and `quarantined` are of the chunks
    whose newest event day this is, `chunk_rows` is their median (None without any). `touched_at`: when its
    last rows were aggregated; `passed_at`: when the first of a later day were; None without any. `mix`: by
    name, rows per value.
    """

    day: date
    rows: int = 0
    late: int = 0
    rows_in: int = 0
    quarantined: int = 0
    chunk_rows: float | None = None
    touched_at: datetime | None = None
    passed_at: datetime | None = None
    mix: Mapping[str, Mix] = field(default_factory=dict)

    def complete(self, before: datetime) -> bool:
        """Whether a later day had begun by then, and no more rows of this one have come since."""
        if self.passed_at is None or self.passed_at > before:
            return False
        return self.touched_at is None or self.touched_at <= before


@dataclass(frozen=True)
class Finding:
    """A figure of a day that is not as usual, in numbers and in a sentence; `details` are further ones."""

    day: date
    figure: str
    value: float
    usual: float
    score: float
    baseline_days: int
    sentence: str
    details: tuple[str, ...] = ()


# Figure -> what is wrong with it, or None where it is as usual. A figure that cannot be judged is absent.
Judged = dict[str, Finding | None]


@dataclass(frozen=True)
class Figure:
    """A number of a day that is compared: its value (None: the day has none), and the rows it rests on.

    `floor`: the least deviation around a median, on so many rows. `falls`: whether less than usual is as bad
    as more. `words`: how the number is said.
    """

    name: str
    value: Callable[[Day], float | None]
    rests_on: Callable[[Day], float]
    floor: Callable[[float, float], float]
    falls: bool
    words: Callable[[float], str]


def _count_floor(usual: float, _: float) -> float:
    return max(COUNT_FLOOR * usual, sqrt(usual), 1)


def _share_floor(least: float) -> Callable[[float, float], float]:
    # One row more each way: a share of 0 that is usual on few rows need not be exactly 0.
    return lambda usual, rows: max(least, sampling_error((usual * rows + 1) / (rows + 2), int(rows)))


def percent(share: float) -> str:
    """A share in words."""
    return f"{share:.1%}"


FIGURES = (
    Figure(
        "rows",
        value=lambda day: day.rows,
        rests_on=lambda day: day.rows,
        floor=_count_floor,
        falls=True,
        words=lambda rows: f"{rows:,.0f} rows",
    ),
    Figure(
        "chunk_rows",
        value=lambda day: day.chunk_rows,
        rests_on=lambda day: day.chunk_rows or 0,
        floor=_count_floor,
        falls=True,
        words=lambda rows: f"{rows:,.0f} rows in its median chunk",
    ),
    Figure(
        "quarantine_share",
        value=lambda day: day.quarantined / day.rows_in if day.rows_in else None,
        rests_on=lambda day: day.rows_in,
        floor=_share_floor(BAD_FLOOR),
        falls=False,
        words=lambda share: f"{percent(share)} of its rows quarantined",
    ),
    Figure(
        "late_share",
        value=lambda day: day.late / day.rows if day.rows else None,
        rests_on=lambda day: day.rows,
        floor=_share_floor(LATE_FLOOR),
        falls=False,
        words=lambda share: f"{percent(share)} of its rows late",
    ),
)


def judge_figures(days: Mapping[date, Day], day: date, limits: Limits) -> Judged:
    """The numbers of one day against the same weekday's earlier ones.

    `days`: a run of days without gaps (one without rows is there, with none). A day with too few or too many
    rows has no second finding for its chunks, which that explains.
    """
    judged: Judged = {}
    for figure in FIGURES:
        if figure.name == "chunk_rows" and judged.get("rows"):
            continue
        earlier = [days[one] for one in same_weekdays(day) if one in days]
        values = [value for one in earlier if (value := figure.value(one)) is not None]
        value = figure.value(days[day])
        if value is None or len(values) < limits.min_days:
            continue
        rows = figure.rests_on(days[day])
        if figure.falls:
            rows = max(rows, median(values))
        if rows < limits.min_rows:
            continue
        usual = baseline(values, figure.floor(median(values), rows))
        judged[figure.name] = _finding(figure, days[day], value, usual, limits)
    return judged


def _finding(figure: Figure, day: Day, value: float, usual: Baseline, limits: Limits) -> Finding | None:
    score = usual.score(value)
    if not limits.reached(abs(score) if figure.falls else score):
        return None
    words, before = figure.words(value), figure.words(usual.median)
    sentence = f"{day.day} has {words}; usual on a {day.day:%A} is {before} (median of {usual.days} days)"
    return Finding(day.day, figure.name, value, usual.median, score, usual.days, sentence)
