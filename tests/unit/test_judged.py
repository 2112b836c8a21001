"""A rule beside its truth: every way in which what was found can differ from what was planted."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from include.spark_jobs.pseudonyms import Keys, pseudonym
from sources.behaviours.truth import NearMiss, Truth
from stack.judged import Found, Judged, judge

FIRST, SECOND, LATER = date(2026, 3, 5), date(2026, 3, 6), date(2026, 11, 19)
OLD, NEW = b"the secret of the first days, 32 bytes", b"the secret of the second day, 32 bytes"
KEYS = Keys((date(1970, 1, 1), SECOND), (OLD, NEW))


def phone(number: str) -> dict[str, str]:
    return {"actor_kind": "phone", "actor": number}


def hidden(number: str, secret: bytes = OLD, kind: str = "phone") -> dict[str, str]:
    return {"actor_kind": kind, "actor": pseudonym(secret, kind, number)}


CONTACTS = Truth(
    dataset="contact_requests",
    seed=1,
    rows=100,
    bad={},
    days=[FIRST, SECOND],
    detections={"contact_scraping": {FIRST: [phone("+981")], SECOND: [phone("+981"), phone("+982")]}},
    near_misses={"contact_scraping": [NearMiss(day=FIRST, entity=phone("+982"), lacks="1 request")]},
    bystanders={"offices": [{"actor_kind": "ip", "actor": "10.0.0.1"}], "others": [{"user_id": "u1"}]},
    files=[],
)
AS_PLANTED = [(FIRST, hidden("+981")), (SECOND, hidden("+981", NEW)), (SECOND, hidden("+982", NEW))]

TRIALS = Truth(
    dataset="subscriptions",
    seed=1,
    rows=100,
    bad={},
    days=[FIRST, SECOND],
    detections={
        "trial_abuse": {
            FIRST: [{"holder_kind": "user", "holder": "u1"}],
            SECOND: [{"holder_kind": "user", "holder": "u1"}, {"holder_kind": "device", "holder": "d1"}],
        }
    },
    near_misses={
        "trial_abuse": [
            NearMiss(day=FIRST, entity={"holder_kind": "device", "holder": "d1"}, lacks="1 trial"),
            NearMiss(day=FIRST, entity={"holder_kind": "user", "holder": "u2"}, lacks="1 trial"),
        ]
    },
    bystanders={},
    files=[],
)
DEVICE = {"holder_kind": "device", "holder": pseudonym(NEW, "device", "d1")}


def scraping(*found: tuple[date, dict[str, str]]) -> Judged:
    return judge(CONTACTS, "contact_scraping", Found(by_day=found), KEYS)


def trials(*now: dict[str, str], **more: Any) -> Judged:
    return judge(TRIALS, "trial_abuse", Found(now=now, **more), KEYS)


def test_as_planted_is_no_problem() -> None:
    found = scraping(*AS_PLANTED)
    assert not list(found.problems)
    assert (len(found.planted), len(found.near), len(found.bystanders)) == (3, 1, 2)
    assert (found.precision, found.recall) == (1, 1)


@pytest.mark.parametrize(
    ("dropped", "added", "differences"),
    [
        pytest.param([0], [], ["missed"], id="missed"),
        pytest.param([], [(FIRST, hidden("+983"))], ["others"], id="nobody planted it"),
        pytest.param([], [(FIRST, hidden("+982"))], ["near_flagged"], id="a near miss on its day"),
        pytest.param([], [(FIRST, hidden("10.0.0.1", OLD, "ip"))], ["bystanders_flagged"], id="a bystander"),
        pytest.param(
            [],
            [(SECOND, hidden("10.0.0.1", NEW, "ip"))],
            ["bystanders_flagged"],
            id="a bystander on the next day, by its key",
        ),
        pytest.param([], [(LATER, hidden("+982", NEW))], ["others"], id="a day without events"),
        pytest.param([2], [(LATER, hidden("+982", NEW))], ["missed", "others"], id="the wrong day"),
        pytest.param([1], [(SECOND, hidden("+981", OLD))], ["missed", "others"], id="the wrong key"),
        pytest.param([0], [(FIRST, phone("+981"))], ["missed", "others"], id="in the clear"),
    ],
)
def test_each_difference_is_a_problem(
    dropped: list[int], added: list[tuple[date, dict[str, str]]], differences: list[str]
) -> None:
    kept = [one for number, one in enumerate(AS_PLANTED) if number not in dropped]
    found = scraping(*kept, *added)
    kinds = ("missed", "near_flagged", "bystanders_flagged", "others")
    assert [kind for kind in kinds if getattr(found, kind)] == differences
    assert len(list(found.problems)) == len(differences)
    wrong = len(found.false_alarms)
    assert wrong == len(added)
    assert found.precision == pytest.approx(1 - wrong / (len(kept) + len(added)))
    assert found.recall == pytest.approx(1 - len(dropped) / len(AS_PLANTED))


def test_a_problem_names_rule_day_and_pseudonym() -> None:
    (problem,) = scraping(*AS_PLANTED[1:]).problems
    actor = hidden("+981")["actor"]
    assert problem == f"contact_scraping on {FIRST}: actor {actor}, actor_kind phone was planted and missed"


def test_what_counts_since_ever_is_judged_by_what_is_open_beside_the_last_day() -> None:
    user = {"holder_kind": "user", "holder": "u1"}
    found = trials(user, DEVICE, by_day=[(FIRST, {"holder_kind": "user", "holder": "u9"})])
    assert not list(found.problems)
    assert (len(found.planted), len(found.near)) == (2, 1), "the near miss of the first day is planted later"
    assert [day for day, _ in trials(user).missed] == [SECOND]
    flagged = trials(user, DEVICE, {"holder_kind": "user", "holder": "u2"}).near_flagged
    assert flagged == {(SECOND, "holder u2, holder_kind user")}


def test_nothing_planted_and_nothing_found_is_right() -> None:
    nothing = Judged("child", frozenset(), frozenset(), frozenset(), frozenset())
    assert (nothing.precision, nothing.recall, list(nothing.problems)) == (1, 1, [])
