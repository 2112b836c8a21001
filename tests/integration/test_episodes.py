"""Episodes: each row of the table in docs/adr/0001-the-cut.md, and a model of what they must come to."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from threading import Thread
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from include.errors import VigilError
from include.store.connection import transaction
from include.store.detections import Folded, Holding, fold, load_time, lock_episodes, mark_loaded
from include.store.evaluations import record_evaluation
from tests.ledger import evaluation_of, new_run

C1, C2, C3 = (date(2026, 1, day) for day in (11, 12, 13))


def holds(*customers: str, transactions: int = 80, merchant: str = "M") -> list[Holding]:
    return [
        Holding(
            {"customer": name, "merchant": merchant},
            {"transactions": transactions, "seen": "2026-01-01"},
            date(2026, 1, 1),
            date(2026, 1, 10),
        )
        for name in customers
    ]


def loaded(
    cut: date, seq: int, holding: Iterable[Holding], *, rule: str = "child", profile: str = "default"
) -> Folded:
    """Folds one evaluation, as the load of a run of its own does."""
    run = new_run(profile=profile)
    evaluation = evaluation_of(run, rule, cut, seq)
    with transaction() as conn:
        record_evaluation(conn, run.dataset, evaluation)
        lock_episodes(conn, run.dataset, [evaluation])
        folded = fold(conn, run.dataset, evaluation, holding, load_time(conn))
        mark_loaded(conn, evaluation, folded)
    return folded


def episodes(**where: str) -> list[dict[str, Any]]:
    columns = (
        "entity ->> 'customer' as customer, opened_cut, last_cut, closed_cut, close_reason, rule, profile"
    )
    with transaction() as conn:
        rows = conn.execute(f"select {columns} from detections order by detection_id").fetchall()
    return [row for row in rows if all(row[name] == value for name, value in where.items())]


def history() -> list[tuple[str, date]]:
    with transaction() as conn:
        rows = conn.execute(
            "select change, cut from detection_history order by recorded_at, run_id"
        ).fetchall()
    return [(row["change"], row["cut"]) for row in rows]


def spans() -> list[tuple[str, date, date | None, str | None]]:
    return [(e["customer"], e["opened_cut"], e["closed_cut"], e["close_reason"]) for e in episodes()]


@pytest.mark.parametrize(
    ("steps", "last", "expected", "changes"),
    [
        pytest.param(
            [(C1, True)],
            Folded(opened=1),
            [(C1, None, None)],
            [("opened", C1)],
            id="no episode, holds: opens",
        ),
        pytest.param([(C1, False)], Folded(), [], [], id="no episode, does not hold: nothing"),
        pytest.param(
            [(C1, True), (C2, True)],
            Folded(refreshed=1),
            [(C1, None, None)],
            [("opened", C1)],
            id="open, holds at a later cut: refreshed",
        ),
        pytest.param(
            [(C1, True), (C1, True)],
            Folded(refreshed=1),
            [(C1, None, None)],
            [("opened", C1)],
            id="open, holds at the same cut: refreshed",
        ),
        pytest.param(
            [(C1, True), (C2, False)],
            Folded(ended=1),
            [(C1, C2, "ended")],
            [("opened", C1), ("ended", C2)],
            id="opened before, does not hold: ended",
        ),
        pytest.param(
            [(C1, True), (C1, False)],
            Folded(retracted=1),
            [(C1, C1, "retracted")],
            [("opened", C1), ("retracted", C1)],
            id="opened at this cut, does not hold: retracted",
        ),
        pytest.param(
            [(C1, True), (C2, False), (C2, True)],
            Folded(reopened=1),
            [(C1, None, None)],
            [("opened", C1), ("ended", C2), ("reopened", C2)],
            id="ended at this cut, holds after all: reopened",
        ),
        pytest.param(
            [(C1, True), (C2, False), (C2, True), (C2, False)],
            Folded(ended=1),
            [(C1, C2, "ended")],
            [("opened", C1), ("ended", C2), ("reopened", C2), ("ended", C2)],
            id="reopened at this cut, does not hold again: ended",
        ),
        pytest.param(
            [(C1, True), (C2, False), (C3, True)],
            Folded(opened=1),
            [(C1, C2, "ended"), (C3, None, None)],
            [("opened", C1), ("ended", C2), ("opened", C3)],
            id="ended at an earlier cut, holds: a new episode",
        ),
        pytest.param(
            [(C1, True), (C1, False), (C1, True)],
            Folded(opened=1),
            [(C1, C1, "retracted"), (C1, None, None)],
            [("opened", C1), ("retracted", C1), ("opened", C1)],
            id="retracted at this cut, holds after all: a new episode",
        ),
        pytest.param(
            [(C1, True), (C2, True), (C2, False)],
            Folded(ended=1),
            [(C1, C2, "ended")],
            [("opened", C1), ("ended", C2)],
            id="refreshed at this cut, then does not hold: ended, since it opened before",
        ),
    ],
)
def test_each_case_of_the_table(
    database: str,
    steps: list[tuple[date, bool]],
    last: Folded,
    expected: list[tuple[date, date | None, str | None]],
    changes: list[tuple[str, date]],
) -> None:
    done = [loaded(cut, seq, holds("A") if held else []) for seq, (cut, held) in enumerate(steps, start=1)]
    assert done[-1] == last
    assert spans() == [("A", *span) for span in expected]
    assert history() == changes


def test_values_are_refreshed_and_first_recording_is_kept(database: str) -> None:
    loaded(C1, 1, holds("A", transactions=80))
    with transaction() as conn:
        before = conn.execute("select * from detections").fetchone()
    loaded(C2, 2, holds("A", transactions=95))
    with transaction() as conn:
        after = conn.execute("select * from detections").fetchone()
    assert before is not None
    assert after is not None
    assert after["evidence"] == {"transactions": 95, "seen": "2026-01-01"}
    assert (after["last_cut"], after["through_seq"]) == (C2, 2)
    assert after["last_run"] > after["opened_run"] == before["opened_run"]
    assert (after["recorded_at"], after["opened_cut"]) == (before["recorded_at"], C1)


@pytest.mark.parametrize(
    ("cut", "seq", "superseded"),
    [
        pytest.param(C1, 5, True, id="older cut"),
        pytest.param(C2, 4, True, id="older knowledge"),
        pytest.param(C3, 4, True, id="later cut of older knowledge"),
        pytest.param(C1, 6, True, id="older cut of later knowledge"),
        pytest.param(C2, 5, False, id="the same"),
        pytest.param(C2, 6, False, id="later knowledge"),
        pytest.param(C3, 5, False, id="later cut"),
    ],
)
def test_an_older_evaluation_changes_nothing(database: str, cut: date, seq: int, superseded: bool) -> None:
    loaded(C2, 5, holds("A"))
    before = episodes()
    folded = loaded(cut, seq, holds("B"))
    assert folded.superseded is superseded
    assert (episodes() == before) is superseded
    with transaction() as conn:
        marks = conn.execute("select superseded from evaluations order by evaluation_id").fetchall()
    assert [row["superseded"] for row in marks] == [False, superseded]


def test_a_superseded_evaluation_does_not_supersede(database: str) -> None:
    loaded(C2, 5, holds("A"))
    assert loaded(C1, 9, []).superseded
    assert loaded(C2, 6, []).retracted == 1


def test_profiles_and_rules_are_kept_apart(database: str) -> None:
    loaded(C1, 1, holds("A"))
    assert loaded(C1, 1, holds("A"), profile="default~0a1b2c3d").opened == 1
    assert loaded(C1, 1, holds("A"), rule="upgrade").opened == 1
    assert loaded(C2, 2, [], profile="default~0a1b2c3d").ended == 1
    assert [e["close_reason"] for e in episodes(profile="default")] == [None, None]
    assert loaded(C1, 1, holds("A")).refreshed == 1, "another profile's later cut supersedes nothing"


def test_entities_differ_by_every_column(database: str) -> None:
    loaded(C1, 1, holds("A", "B") + holds("A", merchant="M2"))
    assert loaded(C2, 2, holds("A")) == Folded(refreshed=1, ended=2)


def test_an_evaluation_is_loaded_once(database: str) -> None:
    run = new_run()
    evaluation = evaluation_of(run, "child", C1, 1)
    with transaction() as conn, pytest.raises(VigilError, match="no evaluation that waits"):
        mark_loaded(conn, evaluation, Folded())


def test_two_loads_at_once_open_one_episode(database: str) -> None:
    done: list[Folded] = []
    threads = [Thread(target=lambda: done.append(loaded(C1, 1, holds("A", "B")))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(folded.opened for folded in done) == [0, 0, 0, 2]
    assert sum(folded.refreshed for folded in done) == 6
    assert len(episodes()) == 2


def model(evaluations: list[tuple[date, set[str]]]) -> set[tuple[str, date, date | None]]:
    """Episodes by definition: the last word on each cut counts; unbroken stretches of cuts are episodes."""
    final = dict(evaluations)
    expected = set()
    for name in set().union(*final.values()):
        opened = None
        for cut in sorted(final):
            if name in final[cut] and opened is None:
                opened = cut
            elif name not in final[cut] and opened is not None:
                expected.add((name, opened, cut))
                opened = None
        if opened is not None:
            expected.add((name, opened, None))
    return expected


@settings(max_examples=40)
@given(
    st.lists(
        st.tuples(st.integers(0, 2), st.sets(st.sampled_from("ABC"))),
        min_size=1,
        max_size=12,
    )
)
def test_any_sequence_of_evaluations_gives_the_model(
    database: str, steps: list[tuple[int, set[str]]]
) -> None:
    with transaction() as conn:
        conn.execute("truncate runs, detections, detection_history, evaluations cascade")
    cut, evaluations = C1, []
    for seq, (days, names) in enumerate(steps):
        cut += timedelta(days=days)
        evaluations.append((cut, names))
        loaded(cut, seq, holds(*sorted(names)))
    counted = {span[:3] for span in spans() if span[3] != "retracted"}
    assert counted == model(evaluations)
    assert len([span for span in spans() if span[3] != "retracted"]) == len(counted)
    assert {e["customer"] for e in episodes() if e["closed_cut"] is None} == evaluations[-1][1]


def test_the_run_of_every_change_is_known(database: str) -> None:
    for seq, cut in enumerate((C1, C2), start=1):
        loaded(cut, seq, holds("A") if cut == C1 else [])
    with transaction() as conn:
        row = conn.execute("select opened_run, last_run, closed_run from detections").fetchone()
        runs = conn.execute("select run_id from detection_history order by run_id").fetchall()
    assert row is not None
    assert row["opened_run"] == row["last_run"] < row["closed_run"]
    assert [found["run_id"] for found in runs] == [row["opened_run"], row["closed_run"]]
