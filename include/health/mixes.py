"""Whether the values of a day's rows are mixed as on the same weekday before, and which are new.

What a field's values are is check's to say (include/quality/profile.py): a category, whether it is empty, how
many digits an amount has, the layout of the chunk that the row came in.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from math import fsum, pi, sqrt
from statistics import median

from include.health.baseline import Limits, baseline, same_weekdays, sampling_error
from include.health.days import Day, Finding, Judged, Mix, percent

# The least deviation of a mix: with the default limit of 5, a tenth of the rows must have other values.
MIX_FLOOR = 0.02

# Values that no earlier day has are a finding from this share of the day's rows on, and from so many rows.
NEW_SHARE = 0.01
NEW_ROWS = 20

# Values that a finding names.
MOST_VALUES = 5

Shares = dict[str, float]


def judge_mixes(days: Mapping[date, Day], day: date, limits: Limits) -> Judged:
    """Every mix of a day: `mix:<name>` against the same weekday's earlier days, `new:<name>` against all."""
    judged: Judged = {}
    if days[day].rows < limits.min_rows:
        return judged
    for name, mix in days[day].mix.items():
        weekdays = [shares_of(days[one].mix[name]) for one in same_weekdays(day) if _has(days, one, name)]
        if len(weekdays) >= limits.min_days:
            judged[f"mix:{name}"] = _moved(name, day, mix, weekdays, limits)
        earlier = [one for one in days if one < day and _has(days, one, name)]
        if len(earlier) >= limits.min_days:
            known = {value for one in earlier for value in days[one].mix[name]}
            judged[f"new:{name}"] = _new(name, day, mix, known, len(earlier))
    return judged


def shares_of(mix: Mix) -> Shares:
    """Each value's share of the rows."""
    rows = sum(mix.values())
    return {value: n / rows for value, n in mix.items()}


def distance(one: Shares, other: Shares) -> float:
    """The share of rows that would have to change their value for the two to be alike, from 0 to 1."""
    return fsum(abs(one.get(value, 0) - other.get(value, 0)) for value in one.keys() | other.keys()) / 2


def usual_shares(mixes: Sequence[Shares]) -> Shares:
    """The median share of each value, scaled to a whole."""
    middle = {v: median(mix.get(v, 0) for mix in mixes) for v in {value for mix in mixes for value in mix}}
    whole = fsum(middle.values())
    # Where every value is rare its median may be 0; then the plain mean tells what is usual.
    if not whole:
        middle = {v: fsum(mix.get(v, 0) for mix in mixes) for v in middle}
        whole = fsum(middle.values())
    return {value: share / whole for value, share in middle.items()}


def by_chance(usual: Shares, rows: int) -> tuple[float, float]:
    """Mean and standard deviation of the distance of so many rows that are drawn from the usual shares.

    Each share's error is about normal, and of its size the mean is sqrt(2 / pi) of its deviation.
    """
    errors = [sampling_error(share, rows) for share in usual.values()]
    return sqrt(2 / pi) * fsum(errors) / 2, sqrt((1 - 2 / pi) * fsum(error**2 for error in errors)) / 2


def _has(days: Mapping[date, Day], day: date, name: str) -> bool:
    return day in days and bool(days[day].mix.get(name))


def _moved(name: str, day: date, mix: Mix, weekdays: Sequence[Shares], limits: Limits) -> Finding | None:
    usual, found = usual_shares(weekdays), shares_of(mix)
    chance, spread = by_chance(usual, sum(mix.values()))
    distances = baseline([distance(one, usual) for one in weekdays], max(MIX_FLOOR, spread))
    distances = replace(distances, median=max(distances.median, chance))
    moved = distance(found, usual)
    score = distances.score(moved)
    if not limits.reached(score):
        return None
    order = sorted(found.keys() | usual.keys(), key=lambda v: (-abs(found.get(v, 0) - usual.get(v, 0)), v))
    details = tuple(
        f"{value}: {percent(found.get(value, 0))}, usually {percent(usual.get(value, 0))}"
        for value in order[:MOST_VALUES]
    )
    sentence = (
        f"{day}: {percent(moved)} of the rows have another {name} than on a usual {day:%A} "
        f"(median of {distances.days} days: {percent(distances.median)})"
    )
    return Finding(day, f"mix:{name}", moved, distances.median, score, distances.days, sentence, details)


def _new(name: str, day: date, mix: Mix, known: Iterable[str], days: int) -> Finding | None:
    rows = sum(mix.values())
    new = {value: n for value, n in mix.items() if value not in known}
    share = sum(new.values()) / rows
    if share < NEW_SHARE or sum(new.values()) < NEW_ROWS:
        return None
    order = sorted(new, key=lambda value: (-new[value], value))
    details = tuple(f"{value}: {new[value]:,} rows" for value in order[:MOST_VALUES])
    sentence = f"{day}: {percent(share)} of the rows have a {name} that none of {days} earlier days has"
    return Finding(day, f"new:{name}", share, 0.0, share / NEW_SHARE, days, sentence, details)
