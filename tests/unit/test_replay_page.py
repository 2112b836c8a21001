"""The page of a replay: all that was found, a curve that can be read, and lists that lead to it."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from include.quality.replay_page import HEIGHT, LABEL_ROOM, WIDTH, drawn, write_replay

POINTS = [[20, 60], [40, 30], [60, 18], [72, 14], [76, 13], [80, 12], [84, 9], [100, 4], [160, 0], [400, 0]]
CURVE = {"parameter": "min_transactions", "in_force": 80, "tried": 400, "points": POINTS}


def figures(run: int = 7, **changed: Any) -> dict[str, Any]:
    sample = {
        "entity": {"customer": "C1…9 <b>", "merchant": "M…"},
        "cut": "2026-03-05",
        "evidence": {"transactions": 91},
        "verdict": "C1…9 made 91 transactions",
    }
    rule = {
        "in_force": {"version": 1, "parameters": {"min_transactions": 80, "average_below_minor": 2300}},
        "tried": {"version": 2, "parameters": {"min_transactions": 400, "average_below_minor": 2300}},
        "added": 21,
        "gone": 1,
        "unchanged": 0,
        "by_cut": [{"cut": "2026-03-05", "in_force": 5, "tried": 25, "added": 21, "gone": 1, "unchanged": 4}],
        "samples": {"added": [sample] * 20, "gone": [sample], "unchanged": []},
        "alerts": {"threshold": 1, "in_force": [], "tried": [{"event_day": "2026-03-04", "found": 21}]},
        "near_misses": [{"entity": {"customer": "C2…8"}, "lacks": "transactions: 79 of 80, 1 short"}],
        "curve": CURVE,
        "record_differs": ["2026-03-05"],
    }
    return {
        "dataset": "transactions",
        "run": run,
        "first_day": "2026-03-01",
        "last_day": "2026-03-04",
        "cuts": ["2026-03-05"],
        "through_seq": 12,
        "profiles": {"in_force": "default", "tried": "default~12345678"},
        "reference": {"importance": "ab" * 32},
        "output": "replays/transactions/run=7/attempt=1",
        "added": 21,
        "gone": 1,
        "unchanged": 0,
        "alerts": {"in_force": 0, "tried": 1},
        "rules": {"child": rule | changed},
    }


def text_of(file: Path) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", file.read_text()))


def test_a_page_says_all_that_was_found(tmp_path: Path) -> None:
    text = text_of(tmp_path / write_replay(tmp_path, 1, figures()))
    for part in (
        "21 added, 1 gone, 0 unchanged",
        "In force, version 1 Tried, version 2",
        "Added: 21 , 20 of them",
        "Gone: 1",
        "2026-03-04 (21)",
        "transactions: 79 of 80, 1 short",
        "today 80: 12 found",
        "tried 400: 0 found",
        "A backfill brings it here",
        "importance in version abababababab",
        "replays/transactions/run=7/attempt=1",
    ):
        assert part in text.replace(" ,", ",").replace("21, 20", "21 , 20"), part


def test_a_page_without_a_curve_or_anything_found_is_a_page(tmp_path: Path) -> None:
    nothing = {"added": [], "gone": [], "unchanged": []}
    quiet = figures(curve=None, near_misses=[], samples=nothing, record_differs=[])
    page = tmp_path / write_replay(tmp_path, 1, quiet)
    assert "<svg" not in page.read_text()
    assert "None misses one condition alone." in text_of(page)
    assert "A backfill" not in text_of(page)


def test_lists_lead_to_every_replay_the_newest_first_and_every_link_leads_somewhere(tmp_path: Path) -> None:
    paths = [write_replay(tmp_path, attempt, figures(run)) for run, attempt in ((9, 1), (10, 2), (10, 1))]
    links = re.findall(r'<td><a href="([^"]+)"', (tmp_path / "replays/index.html").read_text())
    assert [f"replays/{link}" for link in links] == [paths[1], paths[2], paths[0]]
    for file in tmp_path.rglob("*.html"):
        text = file.read_text()
        assert not re.findall(r"https?://(?!www\.w3\.org)[^\"' ]+", text)
        assert "<b> " not in text, "what an entity holds stays text"
        for link in re.findall(r'(?:href|src)="([^"#]+)"', text):
            assert (file.parent / link).exists(), f"{file} links to {link}"


@pytest.mark.parametrize("points", [POINTS, [[80, 0]], [[1, 5], [2, 5]]])
def test_a_curve_stays_in_its_frame_and_labels_apart(points: list[list[int]]) -> None:
    found = drawn(CURVE | {"points": points, "in_force": points[0][0]})
    assert [(point.value, point.found) for point in found] == [tuple(point) for point in points]
    assert all(0 < point.x < WIDTH and 0 < point.y < HEIGHT for point in found)
    assert [point.y for point in found] == sorted(point.y for point in found), "less is lower"
    shown = [point.x for point in found if point.label]
    assert all(right - left >= LABEL_ROOM for left, right in pairwise(shown))
    assert found[0].label, "what is in force has its label"
