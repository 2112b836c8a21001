"""Tables that hold events let go of a day when events go, with all that was evaluated for it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pyarrow as pa
import pytest
from psycopg.sql import SQL, Identifier

from include.lake import lake
from include.settings import Settings
from include.spark_jobs.summaries import summaries
from include.stages.expire import expire
from include.stages.load import load
from include.store.attempts import publish_attempt, start_attempt
from include.store.connection import transaction
from include.store.evaluations import Evaluation, record_evaluation
from include.store.removals import taken_away
from tests.ageing import days_pass
from tests.integration.ledger import open_test_run

pytestmark = [pytest.mark.postgres, pytest.mark.usefixtures("database", "bucket")]

FIRST, SECOND = date(2026, 3, 1), date(2026, 3, 2)
EVENTS, RISK = "clickstream_events", "click_risk"


@pytest.fixture(autouse=True)
def thirty_days(configure: Callable[..., Settings]) -> None:
    others = ("chunks", "quarantine", "state", "exports", "docs")
    configure(retention_events_days=30, **{f"retention_{kind}_days": 0 for kind in others})


def a_row(name: str, day: date, user: str) -> dict[str, Any]:
    if name == RISK:
        return dict.fromkeys(summaries()[name].columns, 1) | {"user_id": user}
    noon = datetime.combine(day, time(12), UTC)
    return dict.fromkeys(summaries()[name].columns) | {
        "user_id": user,
        "event_time": noon,
        "number": 1,
        "action": "view",
        "is_high_frequency": False,
    }


def loaded(name: str, day: date, user: str, seq: int = 1, status: str = "succeeded") -> str:
    """Has a run evaluate and load a day of a table, with a click of one user; gives the evaluation's path."""
    run_id = open_test_run(dataset="clickstream")
    with transaction() as conn:
        attempt = start_attempt(conn, run_id, "detect")
    evaluation = Evaluation(
        rule=name,
        rule_version=1,
        profile="default",
        parameters={},
        cut=day + timedelta(days=1),
        through_seq=seq,
        reference="",
        digest="0" * 64,
        holds=1,
        path=f"evaluations/clickstream/{name}/{attempt.folder}",
        run_id=run_id,
    )
    lake().write_parquet(evaluation.path, pa.Table.from_pylist([a_row(name, day, user)]))
    with transaction() as conn:
        publish_attempt(conn, attempt, {"rules": {}}, output=None, operations=[])
        record_evaluation(conn, "clickstream", evaluation)
    load(run_id)
    with transaction() as conn:
        conn.execute("update runs set status = %s where run_id = %s", [status, run_id])
    return evaluation.path


def rows(name: str = EVENTS) -> set[tuple[date, str]]:
    with transaction() as conn:
        found = conn.execute(SQL("select day, user_id from {}").format(Identifier(name))).fetchall()
    return {(row["day"], row["user_id"]) for row in found}


def gone(*paths: str) -> list[bool]:
    with transaction() as conn:
        away = taken_away(conn, paths)
    return [away.get(path) == "VIGIL_RETENTION_EVENTS_DAYS" for path in paths]


def test_a_day_goes_when_it_was_last_evaluated_long_ago() -> None:
    paths = [loaded(EVENTS, FIRST, "a"), loaded(EVENTS, FIRST, "b", seq=2), loaded(EVENTS, SECOND, "c")]
    risk = loaded(RISK, FIRST, "a")
    days_pass(29.9)
    assert expire() == {"deleted": {}, "marked": {}}
    days_pass(0.2)
    young = loaded(EVENTS, SECOND, "d", seq=3)
    both = {(FIRST, "b"), (SECOND, "d")}
    assert expire(dry_run=True)["marked"]["evaluations"]["paths"] == 2
    assert (rows(), gone(*paths)) == (both, [False] * 3)

    assert expire()["marked"]["evaluations"]["paths"] == 2
    assert (rows(), gone(*paths, young)) == ({(SECOND, "d")}, [True, True, False, False])
    assert (rows(RISK), gone(risk)) == ({(FIRST, "a")}, [False]), "that is no event"
    days_pass(1)
    assert expire()["deleted"]["evaluations"]["paths"] == 2
    assert [lake().exists(path) for path in paths] == [False, False, True]
    assert expire() == {"deleted": {}, "marked": {}}


def test_a_day_of_a_run_at_work_stays_and_one_judged_again_is_there_again() -> None:
    path = loaded(EVENTS, FIRST, "a", status="running")
    days_pass(31)
    assert expire() == {"deleted": {}, "marked": {}}
    with transaction() as conn:
        conn.execute("update runs set status = 'failed'")
    expire()
    assert (rows(), gone(path)) == (set(), [True])
    again = loaded(EVENTS, FIRST, "late", seq=2)
    expire()
    assert (rows(), gone(again)) == ({(FIRST, "late")}, [False])


def test_without_days_all_stays(configure: Callable[..., Settings]) -> None:
    configure(retention_events_days=0)
    loaded(EVENTS, FIRST, "a")
    days_pass(4000)
    assert expire() == {"deleted": {}, "marked": {}}
    assert rows() == {(FIRST, "a")}
