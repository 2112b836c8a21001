"""When incidents of chunks, objects and detections are over."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from include.stages.alert import alert
from include.stages.resolve import resolve_mended
from include.store.connection import transaction
from include.store.runs import get_run
from tests.integration.test_alert import DAY, found, run

pytestmark = pytest.mark.usefixtures("database")

CHUNKS = {"a": "a" * 64, "b": "b" * 64, "c": "c" * 64}


def execute(query: str, *values: Any) -> None:
    with transaction() as conn:
        conn.execute(query, values)


def chunk(name: str, status: str, run_id: int, key: str = "") -> None:
    rows = "1, 0, 0, 0, 1" if status in ("checked", "held") else "null, null, null, null, null"
    execute(
        f"""insert into chunks (dataset, chunk_id, bytes, first_key, status, run_id, rows_in, rows_loaded,
                                rows_quarantined, rows_duplicate, rows_held)
            values ('transactions', %s, 1, %s, %s, %s, {rows})""",
        CHUNKS[name],
        key or f"{name}.csv",
        status,
        run_id,
    )


def becomes(name: str, status: str) -> None:
    execute(
        """update chunks set status = %s, rows_in = 1, rows_loaded = 1, rows_quarantined = 0,
                             rows_duplicate = 0, rows_held = 0
           where chunk_id = %s""",
        status,
        CHUNKS[name],
    )


def incident(kind: str, body: str, run_id: int) -> None:
    execute(
        """insert into incidents (fingerprint, kind, dataset, severity, title, body, run_id)
           values ('one', %s, 'transactions', 'critical', 'one', %s, %s)""",
        kind,
        body,
        run_id,
    )


def mend(run_id: int) -> bool:
    """Whether the incident is over after what a run's check does."""
    with transaction() as conn:
        resolve_mended(conn, get_run(conn, run_id))
    return not still_open()


def still_open() -> list[str]:
    with transaction() as conn:
        rows = conn.execute(
            "select fingerprint from incidents where resolved_at is null order by 1"
        ).fetchall()
    return [row["fingerprint"] for row in rows]


def test_stopped_chunks_of_a_check_are_over_when_each_passed() -> None:
    first, second = run(1), run(2)
    chunk("a", "held", first)
    chunk("b", "unreadable", first)
    figures = (
        f'{{"held": [{{"chunk_id": "{CHUNKS["a"]}"}}], "unreadable": [{{"chunk_id": "{CHUNKS["b"]}"}}]}}'
    )
    execute(
        """insert into attempts (run_id, stage, attempt, figures, finished_at)
           values (%s, 'check', 1, %s, now())""",
        first,
        figures,
    )
    # The incident lists a part of them, as one of very many chunks would.
    incident("held", f'{{"held": [{{"chunk_id": "{CHUNKS["a"]}"}}]}}', first)

    assert not mend(second)
    becomes("a", "landed")  # redriven, not passed yet
    assert not mend(second)
    becomes("a", "checked")
    assert not mend(second)
    becomes("b", "checked")
    assert mend(second)

    with transaction() as conn:
        (row,) = conn.execute("select resolution, resolved_run from incidents").fetchall()
    assert row["resolved_run"] == second
    assert row["resolution"]["airflow_run"].endswith("/dags/transactions/runs/manual__2")


@pytest.mark.parametrize(("status", "over"), [("held", False), ("landed", False), ("checked", True)])
def test_a_stopped_chunk_is_over_when_a_newer_file_of_its_name_passed(status: str, over: bool) -> None:
    first, second = run(1), run(2)
    chunk("a", "held", first, key="x.csv")
    incident("held", f'{{"chunk_id": "{CHUNKS["a"]}"}}', first)
    chunk("b", status, second, key="x.csv")
    chunk("c", "checked", second, key="y.csv")

    assert mend(second) is over


def test_an_older_file_of_the_name_mends_nothing() -> None:
    first, second = run(1), run(2)
    chunk("b", "checked", first, key="x.csv")
    chunk("a", "held", first, key="x.csv")
    incident("held", f'{{"chunk_id": "{CHUNKS["a"]}"}}', first)

    assert not mend(second)


@pytest.mark.parametrize(
    ("key", "outcome", "over"),
    [
        ("x.csv", "landed", True),
        ("x.csv", "duplicate", True),
        ("x.csv", "too_large", False),
        ("y.csv", "landed", False),
    ],
)
def test_an_object_that_was_not_read_is_over_when_a_newer_version_landed(
    key: str, outcome: str, over: bool
) -> None:
    first, second = run(1), run(2)
    settle = """insert into objects (dataset, key, version, bytes, outcome, run_id, settled_at)
                values ('transactions', %s, %s, 1, %s, %s, clock_timestamp())"""
    execute(settle, "x.csv", "0", "landed", first)  # before the one that was refused
    incident("refused_object", '{"key": "x.csv"}', first)
    execute(settle, key, "2", outcome, second)

    assert mend(second) is over


def test_detections_are_over_when_none_of_the_day_is_open() -> None:
    first, second, third = run(1), run(2), run(3)
    found(first, "M1", "M2", day=DAY)
    alert(first)
    name = f"detections:transactions:child:default:{DAY}"
    assert still_open() == [name]

    found(second, "M2", day=DAY + timedelta(days=1))
    alert(second)
    assert still_open() == [name]

    found(third, day=DAY + timedelta(days=2))
    alert(third)
    assert still_open() == []


def test_an_episode_that_turns_out_to_begin_earlier_keeps_its_incident() -> None:
    first, second, third, fourth = run(1), run(2), run(3), run(4)
    found(first, "M1", day=DAY)
    alert(first)
    name = f"detections:transactions:child:default:{DAY}"

    found(second, "M1", day=DAY - timedelta(days=2))  # a backfill
    assert alert(second) == {"incidents": [], "repeated": 0}
    assert still_open() == [name]

    found(third, day=DAY - timedelta(days=2))  # and what it found does not hold after all
    alert(third)
    assert still_open() == [name]

    found(fourth, day=DAY + timedelta(days=1))
    alert(fourth)
    assert still_open() == []


def test_an_episode_that_becomes_one_with_an_earlier_one_keeps_its_incident() -> None:
    days = [DAY + timedelta(days=number) for number in range(4)]
    for number, merchants in enumerate((["M1"], [], ["M1"])):
        opened = run(number + 1)
        found(opened, *merchants, day=days[number])
        alert(opened)
    name = f"detections:transactions:child:default:{days[2]}"
    assert still_open() == [name]

    closes_the_gap, ends = run(4), run(5)
    found(closes_the_gap, "M1", day=days[1])
    alert(closes_the_gap)
    with transaction() as conn:
        reasons = conn.execute("select close_reason from detections order by detection_id").fetchall()
    assert [row["close_reason"] for row in reasons] == [None, "retracted"]
    assert still_open() == [name]

    found(ends, day=days[3])
    alert(ends)
    assert still_open() == []


def test_a_day_that_is_over_alerts_anew_for_new_detections() -> None:
    first, second, third = run(1), run(2), run(3)
    found(first, "M1", day=DAY)
    alert(first)
    found(second, day=DAY)  # retracted
    assert alert(second) == {"incidents": [], "repeated": 0}
    assert still_open() == []

    found(third, "M2", day=DAY)
    (opened,) = alert(third)["incidents"]
    with transaction() as conn:
        ids = conn.execute("select incident_id from incidents order by 1").fetchall()
    assert opened == ids[-1]["incident_id"]
    assert len(ids) == 2


def test_another_profiles_runs_end_nothing() -> None:
    first, second = run(1, profile="sample"), run(2)
    found(first, "M1", profile="sample", day=date(2026, 3, 2))
    alert(first)
    execute("update detections set closed_at = now(), close_reason = 'ended', closed_cut = last_cut + 1")
    alert(second)
    assert len(still_open()) == 1
