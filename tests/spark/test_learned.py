"""Rules that were learned, on both sides of their score and of the share that may be flagged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pytest

from include.spark_jobs.models.fit import Fitted, fit
from include.spark_jobs.rules import rules
from include.spark_jobs.rules.rule import Inputs, Rule
from include.spark_jobs.sequences import sequences
from tests.spark.days import DAY
from tests.spark.states import found, missed

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = pytest.mark.spark

LEARNED = [rule for rule in rules().values() if rule.model]
USUAL, ODD = 300, 3


@pytest.fixture(params=LEARNED, ids=lambda rule: rule.id)
def rule(request: pytest.FixtureRequest) -> Rule[Any]:
    one: Rule[Any] = request.param
    return one


def facts(rule: Rule[Any]) -> list[dict[str, Any]]:
    """Usual entities of a day; odd ones, each in one feature more than the one before, the last in all; and
    one that did too little to be judged."""
    model = rule.model
    assert model is not None
    dice = np.random.default_rng(5)
    made = []
    for number in range(USUAL + ODD + 1):
        odd = max(0, number - USUAL + 1) and len(model.features) - ODD + number - USUAL + 1
        values = {
            name: int(dice.poisson(3)) + 500 * (place < odd) for place, name in enumerate(model.features)
        }
        values[model.volume] = values.get(model.volume, 0) + model.least
        if number == USUAL + ODD:
            values[model.volume] = model.least - 1
        keys = {name: "phone" if name == "actor_kind" else f"e{number:04}" for name in model.entity}
        made.append(keys | values | {"first_day": DAY, "last_day": DAY})
    return made


def fitted_to(rule: Rule[Any]) -> Fitted:
    assert rule.model is not None
    rows = pa.Table.from_pylist(facts(rule)[:USUAL])
    return fit(rule.model, rows.append_column("day", rows["last_day"]), seed=1)


@pytest.fixture
def given(rule: Rule[Any], spark: SparkSession) -> Inputs:
    model = rule.model
    assert model is not None
    sequence = sequences()[model.sequence]
    rest = dict.fromkeys(sequence.facts)
    rows = [tuple((rest | one)[name] for name in (*sequence.keys, *sequence.facts)) for one in facts(rule)]
    version = spark.createDataFrame(fitted_to(rule).row)
    return {model.sequence: spark.createDataFrame(rows, sequence.schema), model.name: version}


def names(rule: Rule[Any], rows: dict[Any, Any]) -> list[str]:
    return sorted(key if isinstance(key, str) else key[-1] for key in rows)


def oracle(rule: Rule[Any]) -> dict[str, int]:
    """The scores by scikit-learn itself, of those who did enough."""
    from sklearn.ensemble import IsolationForest

    model = rule.model
    assert model is not None

    def points(rows: list[dict[str, Any]]) -> Any:
        return np.log1p(np.array([[one[name] for name in model.features] for one in rows], float))

    forest = IsolationForest(n_estimators=100, random_state=1).fit(points(facts(rule)[:USUAL]))
    rows = [one for one in facts(rule) if one[model.volume] >= model.least]
    scores = np.rint(-forest.score_samples(points(rows)) * 1e6).astype(int).tolist()
    return {one[model.entity[-1]]: score for one, score in zip(rows, scores, strict=True)}


def ranked(rule: Rule[Any]) -> list[str]:
    """Who is to be flagged: the three oddest of all, by the oracle."""
    scores = oracle(rule)
    first = sorted(scores, key=lambda name: (-scores[name], name))[:ODD]
    assert all(scores[name] > 600_000 for name in first), "nobody here is odd, so this proves nothing"
    return first


def test_the_oddest_are_flagged_with_the_scores_of_scikit_learn(rule: Rule[Any], given: Inputs) -> None:
    rows, scores, first = found(rule, given), oracle(rule), ranked(rule)
    assert names(rule, rows) == sorted(first)
    for key, row in rows.items():
        name = key if isinstance(key, str) else key[-1]
        assert (row["score_ppm"], row["rank"]) == (scores[name], first.index(name) + 1)
        assert (row["scored"], row["most"], row["seed"]) == (USUAL + ODD, 3, 1)
        assert row["drivers"]
        said = rule.say({"actor_kind": "phone", "actor": name, "user_id": name}, row, rule.parameters())
        assert name in said
        assert row["drivers"] in said


def test_a_score_must_be_over_the_limit_not_at_it(rule: Rule[Any], given: Inputs) -> None:
    first = ranked(rule)
    least = oracle(rule)[first[-1]]
    assert names(rule, found(rule, given, score_above_ppm=least - 1)) == sorted(first)
    assert names(rule, found(rule, given, score_above_ppm=least)) == sorted(first[:-1])
    lacks = {lacks for lacks, _ in missed(rule, given, score_above_ppm=least).values()}
    assert lacks == {f"a score over {least} ppm: it is {least}"}


def test_no_more_than_the_share_is_flagged(rule: Rule[Any], given: Inputs) -> None:
    """Of 303 that are scored 3 are under one percent, and 2 under 9,900 millionths."""
    first = ranked(rule)
    assert names(rule, found(rule, given, most_share_ppm=9_901)) == sorted(first)
    assert names(rule, found(rule, given, most_share_ppm=9_900)) == sorted(first[:2])
    assert found(rule, given, most_share_ppm=1) == {}
    near = missed(rule, given, most_share_ppm=9_900)
    assert "a place among the first 2 of 303: it is number 3" in {lacks for lacks, _ in near.values()}


def test_who_did_too_little_is_not_judged(rule: Rule[Any], given: Inputs) -> None:
    everybody = found(rule, given, score_above_ppm=500_000, most_share_ppm=1_000_000)
    assert f"e{USUAL + ODD:04}" not in names(rule, everybody)
    assert everybody.keys() >= found(rule, given).keys()
