"""Episodes: each row of the tables in docs/adr/0001 and 0007, and a model of what they must come to."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from threading import Thread
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from include.errors import VigilError
from include.store.connection import transaction
from include.store.detections import Holding, fold, load_time, lock_episodes, mark_loaded, note_changes
from include.store.evaluations import Evaluation, record_evaluation
from include.store.report import held_by_day
from tests.ledger import evaluation_of, new_run

C1, C2, C3, C4 = (date(2026, 1, day) for day in (11, 12, 13, 14))

# What each run's evaluation found, where a load looks for it.
FOUND: dict[int, list[Holding]] = {}


class Folded(NamedTuple):
    """What one load changed, in episodes."""

    opened: int = 0
    refreshed: int = 0
    ended: int = 0
    retracted: int = 0
    reopened: int = 0
    extended: int = 0
    shortened: int = 0
    superseded: bool = False


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


def found_by(evaluation: Evaluation) -> list[Holding]:
    return FOUND[evaluation.run_id]


def loaded(
    cut: date, seq: int, holding: Iterable[Holding], *, rule: str = "child", profile: str = "default"
) -> Folded:
    """Folds one evaluation, as the load of a run of its own does."""
    run = new_run(profile=profile)
    FOUND[run.run_id] = list(holding)
    evaluation = evaluation_of(run, rule, cut, seq)
    with transaction() as conn:
        record_evaluation(conn, run.dataset, evaluation)
        lock_episodes(conn, run.dataset, evaluation.profile, [evaluation.rule])
        recorded_at = load_time(conn)
        counts = fold(conn, run.dataset, evaluation, found_by, recorded_at)
        mark_loaded(conn, evaluation, superseded=not counts)
        changes = note_changes(conn, [evaluation], recorded_at)
    return Folded(**{name: by_rule[rule] for name, by_rule in changes.items()}, superseded=not counts)


def episodes(**where: str) -> list[dict[str, Any]]:
    columns = (
        "entity ->> 'customer' as customer, opened_cut, last_cut, closed_cut, close_reason, rule, profile,"
        " (evidence ->> 'transactions')::int as transactions"
    )
    with transaction() as conn:
        rows = conn.execute(f"select {columns} from detections order by detection_id").fetchall()
    return [row for row in rows if all(row[name] == value for name, value in where.items())]


def held() -> set[tuple[date, str]]:
    """The customers that hold, with each event day that they hold of."""
    with transaction() as conn:
        found = held_by_day(conn, "transactions", "default").get("child", [])
    assert len(found) == len({(day, entity["customer"]) for day, entity in found})
    return {(day, entity["customer"]) for day, entity in found}


def history() -> list[tuple[str, date]]:
    with transaction() as conn:
        rows = conn.execute(
            "select change, cut from detection_history order by recorded_at, run_id, change desc"
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
        pytest.param(C2, 4, True, id="older knowledge"),
        pytest.param(C2, 5, False, id="the same"),
        pytest.param(C2, 6, False, id="later knowledge"),
        pytest.param(C1, 4, False, id="older knowledge of an earlier cut"),
        pytest.param(C3, 4, False, id="older knowledge of a later cut"),
    ],
)
def test_an_evaluation_of_a_cut_that_knows_less_changes_nothing(
    database: str, cut: date, seq: int, superseded: bool
) -> None:
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
    assert loaded(C2, 4, []).superseded
    assert loaded(C2, 5, []).retracted == 1


@pytest.mark.parametrize(
    ("known", "held", "expected", "last"),
    [
        # What was known of C1 to C4 (. not evaluated, 0 does not hold, 1 holds), and now the verdict at C2.
        pytest.param("1.1", True, ["1-3"], Folded(), id="covers it: stays"),
        pytest.param("1.1", False, ["1-1 ended 2", "3-3"], Folded(opened=1, ended=1), id="within: split"),
        pytest.param("1.0", True, ["1-2 ended 3"], Folded(), id="ended after it: goes on to it"),
        pytest.param("1.0", False, ["1-1 ended 2"], Folded(shortened=1), id="ended after it: ends at it"),
        pytest.param("0.1", True, ["2-3"], Folded(extended=1), id="begins after it: opens at it"),
        pytest.param("0.1", False, ["3-3"], Folded(), id="begins after it: stays"),
        pytest.param("0.0", True, ["2-2 ended 3"], Folded(opened=1, ended=1), id="none beside it: both"),
        pytest.param("0.0", False, [], Folded(), id="none beside it: nothing"),
        pytest.param("111", True, ["1-3"], Folded(), id="covered it: stays"),
        pytest.param("111", False, ["1-1 ended 2", "3-3"], Folded(opened=1, ended=1), id="covered it: split"),
        pytest.param(
            "1110",
            False,
            ["1-1 ended 2", "3-3 ended 4"],
            Folded(opened=1, ended=1, shortened=1),
            id="covered it, and is over: both parts are",
        ),
        pytest.param("110", False, ["1-1 ended 2"], Folded(shortened=1), id="ended at it: ends before"),
        pytest.param("011", False, ["3-3"], Folded(shortened=1), id="began at it: opens after"),
        pytest.param("010", False, ["2-2 retracted 2"], Folded(retracted=1), id="was all of it: retracted"),
        pytest.param("100", True, ["1-2 ended 3"], Folded(extended=1), id="ended at it: ends after"),
        pytest.param("001", True, ["2-3"], Folded(extended=1), id="began after it: begins at it"),
        pytest.param(
            "101", True, ["1-3", "3-3 retracted 2"], Folded(reopened=1, retracted=1), id="on both sides: one"
        ),
        pytest.param(
            "1010",
            True,
            ["1-3 ended 4", "3-3 retracted 2"],
            Folded(extended=1, retracted=1),
            id="on both sides, over: one that is over",
        ),
    ],
)
def test_each_case_of_a_cut_that_has_later_ones(
    database: str, known: str, held: bool, expected: list[str], last: Folded
) -> None:
    cuts = dict(enumerate((C1, C2, C3, C4), start=1))
    for number, verdict in enumerate(known, start=1):
        if verdict != ".":
            loaded(cuts[number], 1, holds("A", transactions=100 + number) if verdict == "1" else [])
    assert loaded(C2, 2, holds("A", transactions=102) if held else []) == last
    day = {cut: number for number, cut in cuts.items()}
    found = episodes()
    shown = [
        f"{day[e['opened_cut']]}-{day[e['last_cut']]}"
        + (f" {e['close_reason']} {day[e['closed_cut']]}" if e["close_reason"] else "")
        for e in found
    ]
    assert shown == expected
    values = {day[e["last_cut"]]: e["transactions"] for e in found if e["close_reason"] != "retracted"}
    assert values == {number: 100 + number for number in values}, "the values are those of the last cut"


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
        mark_loaded(conn, evaluation, superseded=False)


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


def model(evaluations: list[tuple[date, set[str]]]) -> set[tuple[str, date, date, date | None, int]]:
    """Episodes by definition: the last word on each cut counts; unbroken stretches of cuts are episodes.

    Each with its first, last and closing cut, and the number of the evaluation that gave its values.
    """
    final = {cut: (names, number) for number, (cut, names) in enumerate(evaluations)}
    cuts = sorted(final)
    expected = set()
    for name in set().union(*(names for _, names in evaluations)):
        held = [name in final[cut][0] for cut in cuts] + [False]
        start = None
        for place, holding in enumerate(held):
            if holding and start is None:
                start = place
            elif not holding and start is not None:
                last = cuts[place - 1]
                over = cuts[place] if place < len(cuts) else None
                expected.add((name, cuts[start], last, over, final[last][1]))
                start = None
    return expected


@settings(max_examples=50)
@given(
    st.lists(
        st.tuples(st.integers(0, 4), st.sets(st.sampled_from("ABC"))),
        min_size=1,
        max_size=14,
    )
)
def test_evaluations_of_any_cuts_in_any_order_give_the_model(
    database: str, steps: list[tuple[int, set[str]]]
) -> None:
    with transaction() as conn:
        conn.execute("truncate runs, detections, detection_history, evaluations cascade")
    evaluations = []
    for seq, (days, names) in enumerate(steps):
        cut = C1 + timedelta(days=days)
        evaluations.append((cut, names))
        loaded(cut, seq, holds(*sorted(names), transactions=seq))
    counted = [
        (e["customer"], e["opened_cut"], e["last_cut"], e["closed_cut"], e["transactions"])
        for e in episodes()
        if e["close_reason"] != "retracted"
    ]
    assert set(counted) == model(evaluations)
    assert len(counted) == len(set(counted))
    newest = dict(evaluations)
    assert held() == {(cut - timedelta(days=1), name) for cut, names in newest.items() for name in names}


def test_the_run_of_every_change_is_known(database: str) -> None:
    for seq, cut in enumerate((C1, C2), start=1):
        loaded(cut, seq, holds("A") if cut == C1 else [])
    with transaction() as conn:
        row = conn.execute("select opened_run, last_run, closed_run from detections").fetchone()
        runs = conn.execute("select run_id from detection_history order by run_id").fetchall()
    assert row is not None
    assert row["opened_run"] == row["last_run"] < row["closed_run"]
    assert [found["run_id"] for found in runs] == [row["opened_run"], row["closed_run"]]
