"""Fitting a version and scoring with it: the same as scikit-learn's own, the same again, and said why."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from include.errors import ConfigError
from include.spark_jobs.models import models
from include.spark_jobs.models.click_habits import MODEL
from include.spark_jobs.models.fit import FEWEST_ROWS, Fitted, fit
from include.spark_jobs.models.scoring import Version, scorer
from include.spark_jobs.sequences import sequences

DAY = date(2026, 3, 5)


def days(rows: int = 400, seed: int = 3) -> pa.Table:
    """Ordinary days of users: some that look, and fewer that buy; none clicks fast."""
    dice = np.random.default_rng(seed)
    busy = np.where(np.arange(rows) % 4 == 0, 60, 8)
    events = dice.poisson(busy) + 5
    return table(
        [DAY + timedelta(days=number % 4) for number in range(rows)],
        [f"u{number // 4:04}" for number in range(rows)],
        events,
        high_frequency=dice.poisson(0.3, rows),
        longest_run=dice.poisson(0.2, rows),
        in_1_minute=dice.poisson(2, rows) + 1,
        in_5_minutes=dice.poisson(3, rows) + 2,
        in_30_minutes=dice.poisson(5, rows) + 3,
    )


def table(day: Any, user: Any, events: Any, **others: Any) -> pa.Table:
    return pa.table(
        {"day": pa.array(day, pa.date32()), "user_id": user, "events": np.asarray(events, np.int64)}
        | {name: np.asarray(column, np.int64) for name, column in others.items()}
    )


SCRIPT = {
    "events": 2000,
    "high_frequency": 1990,
    "longest_run": 900,
    "in_1_minute": 61,
    "in_5_minutes": 300,
    "in_30_minutes": 1700,
}


def version(fitted: Fitted) -> Version:
    return Version.of(fitted.row.to_pylist()[0])


def scored(fitted: Fitted, rows: pa.Table, explain_above: int = 600_000) -> list[dict[str, Any]]:
    score = scorer(version(fitted), explain_above)
    return [row for batch in score(rows.to_batches(max_chunksize=150)) for row in batch.to_pylist()]


@pytest.fixture(scope="module")
def fitted() -> Fitted:
    return fit(MODEL, days(), seed=7)


def test_scores_are_those_of_scikit_learn(fitted: Fitted) -> None:
    from sklearn.ensemble import IsolationForest

    rows = days()
    ordered = rows.sort_by([("day", "ascending"), ("user_id", "ascending")])
    plain = np.log1p(ordered.select(list(MODEL.features)).to_pandas().to_numpy())
    forest = IsolationForest(n_estimators=100, random_state=7).fit(plain)
    expected = np.rint(-forest.score_samples(plain) * 1e6).astype(int).tolist()
    assert [row["score_ppm"] for row in scored(fitted, ordered)] == expected


def test_equal_rows_in_any_order_and_an_equal_seed_give_the_same_version(fitted: Fitted) -> None:
    rows = days()
    shuffled = rows.take(np.random.default_rng(1).permutation(rows.num_rows))
    again = fit(MODEL, shuffled, seed=7)
    assert (again.version_id, again.figures) == (fitted.version_id, fitted.figures)
    assert scored(again, rows) == scored(fitted, rows)


@pytest.mark.parametrize("changed", ["seed", "rows"])
def test_whatever_decides_the_scores_makes_another_version(fitted: Fitted, changed: str) -> None:
    other = fit(MODEL, days(seed=4), seed=7) if changed == "rows" else fit(MODEL, days(), seed=8)
    assert other.version_id != fitted.version_id


def test_a_script_stands_out_and_is_told_why(fitted: Fitted) -> None:
    script = table([DAY], ["script"], **{name: [value] for name, value in SCRIPT.items()})
    usual = scored(fitted, days())
    (row,) = scored(fitted, script)
    assert row["score_ppm"] > max(one["score_ppm"] for one in usual)
    typical = dict(zip(MODEL.features, version(fitted).typical, strict=True))
    for driver in row["drivers"].split(", "):
        name, value, _, said = driver.replace(")", "").split(" ")
        assert (int(value), int(said)) == (SCRIPT[name], typical[name])
    assert 1 <= len(row["drivers"].split(", ")) <= 3


def test_the_usual_is_not_explained(fitted: Fitted) -> None:
    assert {row["drivers"] for row in scored(fitted, days(), explain_above=999_999)} == {None}


def test_groups_part_those_who_look_from_those_who_buy(fitted: Fitted) -> None:
    assert len(fitted.figures["groups"]) >= 2
    assert sum(fitted.figures["groups"]) == pytest.approx(1_000_000, abs=10)
    rows = scored(fitted, days())
    assert {row["habit_ppm"] for row in rows} == set(fitted.figures["groups"])
    assert {row["habit"] for row in rows} == set(range(1, len(fitted.figures["groups"]) + 1))


def test_days_that_are_all_alike_make_one_group() -> None:
    columns = dict.fromkeys(MODEL.features, np.full(200, 5))
    alike = table([DAY] * 200, [f"u{number}" for number in range(200)], **columns)
    assert fit(MODEL, alike, seed=0).figures["groups"] == [1_000_000]


def test_too_few_days_are_refused() -> None:
    assert fit(MODEL, days(FEWEST_ROWS), seed=0)
    with pytest.raises(ConfigError, match=r"click_habits: its window has 99 days of .* it takes 100"):
        fit(MODEL, days(FEWEST_ROWS).slice(1), seed=0)


@pytest.mark.parametrize("model", models().values(), ids=lambda model: model.name)
def test_what_a_model_reads_exists(model: Any) -> None:
    sequence = sequences(model.dataset)[model.sequence]
    assert set(model.entity) == set(sequence.keys)
    assert {sequence.facts[name].type for name in model.features} == {"bigint"}
    assert sequence.facts[model.volume].type == "bigint"
    assert model.least > 0
    assert model.doc
    assert model.owner
