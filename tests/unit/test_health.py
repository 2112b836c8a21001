"""Which figures of a day are findings: each threshold on both of its sides, on days with known baselines."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.dataset as ds
import pytest

from include.datasets import contract
from include.health.baseline import Limits, baseline, same_weekdays
from include.health.days import Day, Judged, judge_figures
from include.health.mixes import by_chance, distance, judge_mixes, usual_shares
from include.quality.profile import profile
from sources.transactions import generate

LIMITS = Limits(score=5, min_days=4, min_rows=100)
DAY = date(2026, 3, 31)
FOOD = {"food": 850, "tech": 100, "health": 50}


def day_of(number: date, **figures: Any) -> Day:
    """A day of 1,000 rows in one chunk, ten of them bad."""
    usual = {
        "rows": 1000,
        "rows_in": 1010,
        "quarantined": 10,
        "chunk_rows": 1010.0,
        "mix": {"category": FOOD},
    }
    return Day(number, **(usual | figures))


def series(
    change: Callable[[Day], Day] = lambda day: day, *, weeks: int = 8, **today: Any
) -> dict[date, Day]:
    """Alike days up to DAY, which is made of `today`; `change` alters the days before it."""
    days = [DAY - timedelta(days=back) for back in range(7 * weeks, 0, -1)]
    return {day: change(day_of(day)) for day in days} | {DAY: day_of(DAY, **today)}


def found(judged: Judged) -> set[str]:
    return {name for name, finding in judged.items() if finding}


def judge(days: Mapping[date, Day], limits: Limits = LIMITS) -> Judged:
    return judge_figures(days, DAY, limits) | judge_mixes(days, DAY, limits)


# Alike days have no deviation of their own, so the floors decide: for 1,000 rows 5% of them, 50, five times.
NUMBERS = [
    ({}, set()),
    ({"rows": 750}, {"rows"}),
    ({"rows": 751}, set()),
    ({"rows": 1249}, set()),
    ({"rows": 1250}, {"rows"}),
    ({"rows": 0, "rows_in": 0, "quarantined": 0, "chunk_rows": None, "mix": {}}, {"rows"}),
    ({"chunk_rows": 1010 * 0.75}, {"chunk_rows"}),
    ({"chunk_rows": 1010 * 0.751}, set()),
    ({"chunk_rows": 1010 * 1.249}, set()),
    ({"chunk_rows": 1010 * 1.25}, {"chunk_rows"}),
    # What the day's number of rows explains is said once.
    ({"rows": 10, "chunk_rows": 10.0, "mix": {}}, {"rows"}),
    # A floor of half a point: 10/1010 and five times that.
    ({"rows_in": 100_000, "quarantined": 3_500}, {"quarantine_share"}),
    ({"rows_in": 100_000, "quarantined": 3_480}, set()),
    # Fewer bad rows than usual are no news.
    ({"quarantined": 0}, set()),
    ({"late": 100}, {"late_share"}),
    ({"late": 99}, set()),
]


@pytest.mark.parametrize(("today", "expected"), NUMBERS, ids=str)
def test_numbers_are_findings_from_their_threshold_on(today: dict[str, Any], expected: set[str]) -> None:
    assert found(judge(series(**today))) == expected


MIXES = [
    # 11.1 of a hundred rows moved: 5 deviations of 2 points, and 1.1 by chance.
    ({"food": 738, "tech": 212, "health": 50}, {"mix:category"}),
    ({"food": 739, "tech": 211, "health": 50}, set()),
    # New ones from a hundredth of the rows on, and from 20 rows.
    ({"food": 830, "tech": 100, "health": 50, "toys": 20}, {"new:category"}),
    ({"food": 831, "tech": 100, "health": 50, "toys": 19}, set()),
    ({"food": 850, "tech": 100, "health": 49, "toys": 1}, set()),
    pytest.param({"toys": 1000}, {"mix:category", "new:category"}, id="another mix, of a new value"),
    # A value that is gone has moved; few rows of it have not moved far.
    ({"food": 900, "tech": 100}, set()),
    ({"tech": 667, "health": 333}, {"mix:category"}),
]


@pytest.mark.parametrize(("mix", "expected"), MIXES, ids=str)
def test_mixes_are_findings_from_their_threshold_on(mix: dict[str, int], expected: set[str]) -> None:
    assert found(judge(series(mix={"category": mix}))) == expected


@pytest.mark.parametrize(("toys", "expected"), [(100, {"new:category"}), (99, set())])
def test_of_many_rows_a_hundredth_must_be_new(toys: int, expected: set[str]) -> None:
    many = {value: 10 * n for value, n in FOOD.items()} | {"toys": toys}
    many["food"] -= toys
    days = series(lambda day: replace(day, rows=10_000), rows=10_000, mix={"category": many})
    assert found(judge(days)) == expected


def test_a_weekday_is_compared_with_its_like() -> None:
    """Few rows on Sundays are usual on a Sunday, and on no other day."""

    def quiet_sundays(day: Day) -> Day:
        return replace(day, rows=200, chunk_rows=200.0) if day.day.weekday() == 6 else day

    days = series(quiet_sundays)
    sunday, monday = DAY - timedelta(days=2), DAY - timedelta(days=1)
    assert found(judge_figures(days, sunday, LIMITS)) == set()
    as_sunday = days | {monday: replace(days[monday], rows=200)}
    assert found(judge_figures(as_sunday, monday, LIMITS)) == {"rows"}


def test_the_judged_day_is_not_in_its_own_baseline_nor_is_any_later_one() -> None:
    assert same_weekdays(DAY)[0] == DAY - timedelta(days=7)
    assert max(same_weekdays(DAY)) < DAY
    days = series(rows=750)
    later = {
        DAY + timedelta(days=7 * week): day_of(DAY + timedelta(days=7 * week), rows=750) for week in (1, 2)
    }
    assert judge(days | later) == judge(days)


@pytest.mark.parametrize(("weeks", "judged"), [(3, False), (4, True)])
def test_there_is_no_verdict_on_too_few_days(weeks: int, judged: bool) -> None:
    """`new:` asks for any earlier days."""
    verdicts = judge(series(weeks=weeks, rows=0, mix={"category": {"tech": 1000}}))
    assert ("rows" in verdicts) is judged
    assert "new:category" not in judge({DAY: day_of(DAY)} | {DAY - timedelta(days=1): day_of(DAY)})


@pytest.mark.parametrize(("rows", "expected"), [(99, set()), (100, {"rows"})])
def test_few_rows_cry_for_nothing(rows: int, expected: set[str]) -> None:
    """Neither a small day nor one after small days: the larger of the two counts."""
    few = {"rows": 8, "rows_in": 9, "quarantined": 1, "chunk_rows": 9.0, "mix": {"category": {"food": 8}}}
    small = series(lambda day: day_of(day.day, **few), rows=rows, mix={})
    assert found(judge_figures(small, DAY, LIMITS)) & {"rows"} == expected
    gone = series(lambda day: day_of(day.day, **few | {"rows": rows}), rows=0, mix={})
    assert found(judge_figures(gone, DAY, LIMITS)) & {"rows"} == expected


@pytest.mark.parametrize(("rows_in", "expected"), [(99, set()), (100, {"quarantine_share"})])
def test_a_share_of_few_rows_says_nothing(rows_in: int, expected: set[str]) -> None:
    days = series(rows_in=rows_in, quarantined=rows_in // 2)
    assert found(judge(days)) & {"quarantine_share"} == expected


def test_days_that_differ_among_themselves_are_judged_by_how_much() -> None:
    """Rows of 600, 1,000 and 1,400 by turns: a MAD of 200 to 400, so 5 deviations are beyond reach below."""

    def uneven(day: Day) -> Day:
        return replace(day, rows=(600, 1000, 1400)[day.day.isocalendar().week % 3])

    assert found(judge(series(uneven, rows=200, chunk_rows=None))) == set()
    assert found(judge(series(uneven, rows=6000))) == {"rows"}


def test_one_broken_week_does_not_spoil_the_baseline() -> None:
    def broken(day: Day) -> Day:
        return replace(day, rows=0, mix={}) if DAY - day.day == timedelta(days=7) else day

    assert found(judge(series(broken))) == set()
    assert found(judge(series(broken, rows=700))) == {"rows"}


def test_a_finding_says_what_is_usual() -> None:
    judged = judge(series(rows=500, mix={"category": {"tech": 500}}))
    rows, mix = judged["rows"], judged["mix:category"]
    assert rows is not None
    assert rows.sentence == "2026-03-31 has 500 rows; usual on a Tuesday is 1,000 rows (median of 8 days)"
    assert (rows.value, rows.usual, rows.score, rows.baseline_days) == (500, 1000, -10, 8)
    assert mix is not None
    assert mix.details == (
        "tech: 100.0%, usually 10.0%",
        "food: 0.0%, usually 85.0%",
        "health: 0.0%, usually 5.0%",
    )


def test_a_field_that_only_this_day_counts_is_not_judged() -> None:
    judged = judge(series(mix={"category": FOOD, "gender": {"F": 1000}}))
    assert {name for name in judged if name.endswith("gender")} == set()


def test_the_deviation_never_falls_below_the_floor() -> None:
    assert baseline([7, 7, 7, 7], floor=2).deviation == 2
    assert baseline([1, 3, 5, 7], floor=0.1).deviation == pytest.approx(2 * 1.4826)
    assert baseline([1, 3, 5, 7], floor=0.1).score(4) == 0


@pytest.mark.parametrize("shares", [[0.85, 0.1, 0.05], [0.25] * 4, [0.05] * 20])
def test_chance_is_what_drawing_rows_gives(shares: list[float]) -> None:
    usual = {str(n): share for n, share in enumerate(shares)}
    draws = np.random.default_rng(1).multinomial(400, shares, 5000)
    distances = np.abs(draws / 400 - np.array(shares)).sum(axis=1) / 2
    mean, deviation = by_chance(usual, 400)
    assert mean == pytest.approx(distances.mean(), rel=0.05)
    # The errors of shares depend on each other a little, which is left out.
    assert deviation == pytest.approx(distances.std(), rel=0.35)


def test_distance_is_the_share_that_moved() -> None:
    assert distance({"a": 1.0}, {"b": 1.0}) == 1
    assert distance({"a": 0.5, "b": 0.5}, {"a": 0.75, "b": 0.25}) == 0.25
    assert usual_shares([{"a": 1.0}, {"b": 1.0}, {"c": 1.0}]) == pytest.approx(dict.fromkeys("abc", 1 / 3))


def test_generated_data_is_as_usual_on_every_day(tmp_path: Path) -> None:
    """What the demo feeds must not cry, and a day of it that is changed must."""
    generate(tmp_path, rows=120_000, days=70, bad_rows=False, parquet=True)
    table = ds.dataset(tmp_path / "events", partitioning="hive").to_table()
    frame = table.to_pandas().assign(reason=None)
    for name in ("category", "gender"):
        frame[name] = frame[name].astype("category")
    frame["event_day"] = pd.to_datetime(frame["event_day"].astype(str))
    profiles = profile(contract("transactions"), frame, "header, single quotes")
    days = {one.event_day: Day(one.event_day, rows=one.rows, mix=one.mix) for one in profiles}
    assert len(days) == 70

    judged = {day: judge_figures(days, day, LIMITS) | judge_mixes(days, day, LIMITS) for day in days}

    assert {day: found(verdicts) for day, verdicts in judged.items() if found(verdicts)} == {}
    assert sum("rows" in verdicts and "mix:category" in verdicts for verdicts in judged.values()) == 42
    last = max(days)
    less = days | {last: replace(days[last], rows=days[last].rows // 2)}
    assert found(judge_figures(less, last, LIMITS)) == {"rows"}
