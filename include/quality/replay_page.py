"""The page of a replay, beside the Data Docs: what it would add and take away, and the curve of a threshold.

A page belongs to one attempt, as those of checks do. Entities come masked; the lake has them whole.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from include.quality.data_docs import DataDocs, render

# The list of replays has this many, the newest; older pages stay where they are.
LISTED = 100

# The drawing in its own units, with the margins around the plot, and the least space between two labels.
WIDTH, HEIGHT = 660, 280
LEFT, RIGHT, TOP, BOTTOM = 56, 28, 48, 46
LABEL_ROOM = 52


class Point(NamedTuple):
    """A value of the parameter, what is found with it, where that is drawn, and whether it has a `label`."""

    value: int
    found: int
    x: float
    y: float
    label: bool


def write_replay(folder: Path, attempt: int, figures: Mapping[str, Any]) -> str:
    """Writes the page of these figures, and the lists that lead to it; gives its URL path.

    Raises OSError where that cannot be written.
    """
    dataset, run = figures["dataset"], figures["run"]
    home = f"replays/{dataset}/run-{run}/attempt-{attempt}"
    docs = DataDocs(folder)
    title = f"Replay: {dataset}, run {run}"
    counts = [figures[name] for name in ("added", "gone", "unchanged")]
    window = f"{figures['first_day']} to {figures['last_day']}"
    summary = {"run": run, "attempt": attempt, "cells": [title, window, ", ".join(figures["rules"]), *counts]}
    page = render(
        "replay.html",
        title=title,
        root="../../../../",
        trail=[("Replays", "../../../index.html")],
        found=figures,
        curves={name: drawn(one["curve"]) for name, one in figures["rules"].items() if one["curve"]},
        size=(WIDTH, HEIGHT),
        box=(LEFT, TOP, WIDTH - RIGHT, HEIGHT - BOTTOM),
    )
    docs.add({f"{home}/index.html": page, f"{home}/summary.json": json.dumps(summary)})
    docs.add({"replays/index.html": _list(folder)})
    return f"{home}/index.html"


def drawn(curve: Mapping[str, Any]) -> list[Point]:
    """The points of a curve where they are drawn, on linear scales. The values in force and tried are shown
    first, others where there is room."""
    points: Sequence[tuple[int, int]] = curve["points"]
    values = [value for value, _ in points]
    low, high = min(values), max(values)
    most = max(1, *(found for _, found in points))

    def across(value: int) -> float:
        share = (value - low) / (high - low) if high > low else 0.5
        return round(LEFT + share * (WIDTH - LEFT - RIGHT), 1)

    shown: list[float] = []
    today, tried = curve["in_force"], curve["tried"]
    for value in sorted(values, key=lambda value: (value != today, value != tried, value)):
        if all(abs(across(value) - other) >= LABEL_ROOM for other in shown):
            shown.append(across(value))
    return [
        Point(
            value,
            found,
            across(value),
            round(HEIGHT - BOTTOM - found / most * (HEIGHT - TOP - BOTTOM), 1),
            across(value) in shown,
        )
        for value, found in points
    ]


def _list(folder: Path) -> str:
    """The newest replays of every dataset, from what each attempt left beside its page."""
    summaries = {
        path: json.loads(path.read_text()) for path in folder.glob("replays/*/run-*/attempt-*/summary.json")
    }
    newest = sorted(
        summaries, key=lambda path: (summaries[path]["run"], summaries[path]["attempt"]), reverse=True
    )
    rows = [
        (f"{path.parent.relative_to(folder / 'replays')}/index.html", summaries[path]["cells"])
        for path in newest[:LISTED]
    ]
    return render("replays.html", title="Replays", root="../", trail=[], rows=rows, listed=LISTED)
