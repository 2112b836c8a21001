"""A model from its training to a detection that names it, and the runs that have to do without one."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

import pytest

from include.errors import ConfigError, MissingReference
from include.lake import lake
from include.spark_jobs.rules import rules
from include.stages.detect import digest_of
from include.stages.evaluate import evaluate_entity
from include.stages.models import unusable
from include.stages.pages import changes_by
from include.stages.replay import replay
from include.stages.replay_scope import start_replay
from include.stages.train import start_training, train
from include.store.attempts import publish_attempt, start_attempt
from include.store.connection import transaction
from include.store.evaluations import newest_evaluations
from include.store.models import ModelVersion, newest_models
from tests.flow import put, run_flow

pytestmark = pytest.mark.spark

DAY = date(2026, 3, 1)
PEOPLE, MODEL, RULE = 40, "click_habits", "unusual_clicks"
LAST = 3


@pytest.fixture(autouse=True)
def services(database: str, bucket: str, spark_remote: str, configure: Callable[..., Any]) -> None:
    configure(
        settle_seconds=0,
        rule_parameters={RULE: {"most_share_ppm": 30_000}},
        docs_url="http://docs",
    )


def day(number: int) -> date:
    return DAY + timedelta(days=number)


def clicks(number: int) -> list[dict[str, str]]:
    """A day of ordinary users, who click some minutes apart; on the last days one does so twice a second."""
    dice = Random(number)
    noon = datetime.combine(day(number), datetime.min.time(), UTC) + timedelta(hours=12)
    made = {f"u{user:02}": (dice.randrange(5, 15), dice.randrange(60, 300)) for user in range(PEOPLE)}
    made |= {"script": (55, 0.5)} if number >= LAST else {}
    return [
        {
            "user_id": user,
            "timestamp": (noon + timedelta(seconds=gap * n)).isoformat(),
            "action": ("view", "buy")[n % 2],
            "amount": f"{n}.00",
        }
        for user, (count, gap) in made.items()
        for n in range(count)
    ]


def feed(*numbers: int) -> dict[str, Any]:
    rows = [click for number in numbers for click in clicks(number)]
    put("clickstream", f"{numbers[0]}.json", json.dumps(rows).encode())
    return run_flow("clickstream")


def asked(number: int = 1, **changed: Any) -> int:
    return start_training(
        dag_id="train",
        dag_run_id=f"train-{number}",
        started_at=datetime(2026, 4, 1, tzinfo=UTC) + timedelta(minutes=number),
        **{"model": MODEL, "first_day": day(0), "last_day": day(2)} | changed,
    )


def open_detections() -> list[dict[str, Any]]:
    with transaction() as conn:
        return conn.execute(
            "select * from detections where rule = %s and closed_at is null", [RULE]
        ).fetchall()


def digests(number: int) -> list[Any]:
    with transaction() as conn:
        return newest_evaluations(conn, "clickstream", "default", day(number + 1))


@pytest.mark.prove
def test_from_training_to_a_detection_and_to_the_review() -> None:
    first = feed(0, 1, 2)
    _runs_do_without_a_model(first)
    figures = _training_publishes_a_version()
    _the_same_days_give_the_same_version(figures)
    second = feed(LAST)
    _the_script_is_found_and_explained(second, figures)
    _the_digest_of_the_cut_leaves_it_out()
    _it_is_replayed_by_name()
    _past_the_review_date_the_others_go_on()


def _runs_do_without_a_model(figures: dict[str, Any]) -> None:
    left_out = figures["detect"]["left_out"]
    assert list(left_out) == [RULE]
    assert left_out[RULE].startswith(
        "no version of the model click_habits is published; train one: make train"
    )
    assert set(figures["detect"]["rules"]) == {"bot_rate", "rapid_actions"}
    with pytest.raises(MissingReference, match="rule unusual_clicks: no version of the model"):
        replay(_replay_run(1))


def _training_publishes_a_version() -> dict[str, Any]:
    run_id = asked()
    # An attempt that was killed before it published counts for nothing.
    with transaction() as conn:
        start_attempt(conn, run_id, "train")
        assert newest_models(conn) == []
    figures = train(run_id)
    assert (figures["rows"], figures["days"]) == (3 * PEOPLE, 3)
    assert train(run_id) == figures, "a run publishes once"
    with transaction() as conn:
        (version,) = newest_models(conn)
    assert (version.first_day, version.last_day) == (day(0), day(2))
    assert version.review_by == day(92)
    assert version.figures["typical"].keys() >= {"events", "high_frequency"}
    return figures


def _the_same_days_give_the_same_version(figures: dict[str, Any]) -> None:
    again = train(asked(2))
    assert again["version_id"] == figures["version_id"]
    with transaction() as conn:
        numbers = conn.execute("select number from reference_versions where dataset = %s", [MODEL]).fetchall()
    assert len(numbers) == 1


def _the_script_is_found_and_explained(figures: dict[str, Any], trained: dict[str, Any]) -> None:
    assert figures["detect"]["left_out"] == {}
    (found,) = open_detections()
    assert found["entity"] == {"user_id": "script"}
    assert found["reference"] == f"{MODEL}={trained['version_id']}"
    assert (found["evidence"]["seed"], found["evidence"]["rank"]) == (0, 1)
    assert "in_5_minutes 55 (usually 2)" in found["evidence"]["drivers"]
    again = evaluate_entity(
        "clickstream",
        RULE,
        found["parameters"],
        found["last_cut"],
        found["through_seq"],
        found["reference"],
        found["entity"],
    )
    assert again is not None
    assert {name: again[name] for name in found["evidence"]} == found["evidence"]


def _the_digest_of_the_cut_leaves_it_out() -> None:
    evaluations = digests(LAST)
    others = [one for one in evaluations if one.rule != RULE]
    assert len(others) == len(evaluations) - 1
    assert digest_of(evaluations) == digest_of(others)


def _replay_run(number: int, **changed: Any) -> int:
    return start_replay(
        dag_id="replay",
        dag_run_id=f"replay-{number}",
        started_at=datetime(2026, 4, 2, tzinfo=UTC) + timedelta(minutes=number),
        dataset="clickstream",
        **{"rule": RULE} | changed,
    )


def _it_is_replayed_by_name() -> None:
    figures = replay(_replay_run(2, first_day=day(LAST), overrides={RULE: {"score_above_ppm": 999_998}}))
    assert (figures["gone"], figures["added"]) == (1, 0)
    assert RULE not in replay(_replay_run(3, rule="all"))["rules"]


def _past_the_review_date_the_others_go_on() -> None:
    train(asked(3, review_days=1))
    figures = feed(LAST + 1)
    assert list(figures["detect"]["left_out"]) == [RULE]
    assert "was to be reviewed by 2026-03-04" in figures["detect"]["left_out"][RULE]
    assert set(figures["detect"]["rules"]) == {"bot_rate", "rapid_actions"}
    assert open_detections(), "what was found stays open: nothing has ended it"
    with transaction() as conn:
        (run,) = conn.execute("select dag_run_id from runs order by run_id desc limit 1").fetchall()
    assert list(changes_by("clickstream", run["dag_run_id"]).left_out) == [RULE]


REFUSED = [
    ({"model": "habits"}, "there is no model 'habits'; there are click_habits, contact_habits"),
    ({"first_day": day(3)}, "the window begins on 2026-03-04, after it ends, on 2026-03-03"),
    ({"review_days": 0}, "review_days must be at least 1"),
    ({"first_day": day(20), "last_day": day(21)}, "no event day of clickstream from 2026-03-21"),
    ({"first_day": day(2)}, "its window has 40 days of entities"),
]


def test_windows_that_teach_nothing_are_refused() -> None:
    with pytest.raises(ConfigError, match="there are no events of clickstream to learn from yet"):
        asked(9)
    feed(0, 1, 2)
    for number, (changed, message) in enumerate(REFUSED, start=10):
        with pytest.raises(ConfigError, match=message):
            train(asked(number, **changed))
    with transaction() as conn:
        assert newest_models(conn) == []


def test_a_zombie_publishes_nothing() -> None:
    feed(0, 1, 2)
    run_id = asked()
    with transaction() as conn:
        old = start_attempt(conn, run_id, "train")
    figures = train(run_id)
    with transaction() as conn, pytest.raises(Exception, match="attempt"):
        publish_attempt(conn, old, {})
    with transaction() as conn:
        assert [one.version_id for one in newest_models(conn)] == [figures["version_id"]]
        paths = conn.execute("select path from reference_versions where dataset = %s", [MODEL]).fetchall()
    assert lake().read_parquet(paths[0]["path"]).num_rows == 1


@pytest.mark.parametrize(
    ("changed", "cut", "why"),
    [
        ({}, day(92), None),
        ({}, day(93), "was to be reviewed by 2026-06-01"),
        ({"model_version": 0}, day(4), "was trained as version 0 of it, which is 1 now"),
        ({"library": "scikit-learn 0.1"}, day(4), None),
    ],
)
def test_versions_that_do_not_fit_are_left_out(changed: dict[str, Any], cut: date, why: str | None) -> None:
    model = rules()[RULE].model
    assert model is not None
    version = ModelVersion(
        model=MODEL,
        version_id="a" * 64,
        seed=0,
        first_day=day(0),
        last_day=day(2),
        review_by=day(92),
        figures={},
        **{"model_version": model.version, "library": "scikit-learn 1"} | changed,
    )
    said = unusable(model, version, cut)
    assert said is None if why is None else why in (said or "")
