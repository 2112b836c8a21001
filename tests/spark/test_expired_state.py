"""State after its expiry, on a real ledger, lake and Spark: equal digests from fewer files, or a refusal."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from include.errors import Expired
from include.lake import lake
from include.settings import Settings
from include.spark_jobs.aggregates import aggregates
from include.stages.collect import collect
from include.stages.evaluate import evaluate_entity
from include.stages.expire import expire
from include.store.connection import transaction
from include.store.state import earliest_cut
from tests.ageing import days_pass
from tests.batches import (
    DAYS,
    SMALL,
    Event,
    detected,
    digests,
    expected_digests,
    published,
    some_events,
    some_weights,
)

pytestmark = [pytest.mark.spark, pytest.mark.postgres, pytest.mark.usefixtures("database", "spark_remote")]

EVENTS, WEIGHTS = some_events(), some_weights()
BY_DAY = [[event for event in EVENTS if event.event_day == day] for day in DAYS]


def state_files() -> set[str]:
    return {file.path for file in lake().files("state")}


def until(cut: date) -> list[Event]:
    return [event for event in EVENTS if event.event_day < cut]


@pytest.mark.prove
def test_digests_stay_the_same_and_cuts_long_past_are_refused(configure: Callable[..., Settings]) -> None:
    configure(checkpoint_every=1, retention_state_days=2, run_lease_seconds=1)
    published(WEIGHTS)
    late, first = BY_DAY[0][:5], BY_DAY[0][5:]
    for day in (first, *BY_DAY[1:3]):
        detected([day])
    days_pass(3)
    detected([BY_DAY[4]])
    assert expire()["marked"]["state"]["paths"] >= 2
    before = state_files()
    days_pass(1)
    assert expire()["deleted"]["state"]["files"] == len(before - state_files()) > 0
    assert collect() == {}
    with transaction() as conn:
        horizon = earliest_cut(conn, [aggregates()["pairs"]])
    assert horizon
    assert DAYS[1] < horizon <= DAYS[4] - timedelta(1)

    _, figures = detected([[*BY_DAY[3], *late]])
    assert digests(figures) == expected_digests(EVENTS, WEIGHTS)
    drained = {date.fromisoformat(cut): found for cut, found in figures["drained"].items()}
    assert min(drained) == horizon, "the late events leave the cuts before it as they are"
    assert drained == {cut: expected_digests(until(cut), WEIGHTS) for cut in drained}
    asked = ("transactions", "child", SMALL["child"], horizon - timedelta(1))
    entity = {"customer": "C1", "merchant": "M1"}
    with pytest.raises(Expired, match=rf"state of pairs .* from {horizon} on, through batch"):
        evaluate_entity(*asked, 1, "", entity)
