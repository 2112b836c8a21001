"""A fitted Isolation Forest as plain numbers."""

from __future__ import annotations

from math import log
from typing import Any

# Euler and Mascheroni's constant, with which harmonic numbers are estimated.
GAMMA = 0.5772156649015329


def as_numbers(forest: Any) -> dict[str, Any]:
    """The nodes of scikit-learn's IsolationForest, as `scoring.Version` has them: roots, feature, threshold,
    left, right, path, usual_path."""
    found: dict[str, list[Any]] = {
        name: [] for name in ("roots", "feature", "threshold", "left", "right", "path")
    }
    for estimator in forest.estimators_:
        tree = estimator.tree_
        first = len(found["path"])
        found["roots"].append(first)
        left, right = tree.children_left.tolist(), tree.children_right.tolist()
        # A leaf has no feature; any will do, since nobody asks for it.
        found["feature"] += [max(0, feature) for feature in tree.feature.tolist()]
        found["threshold"] += tree.threshold.tolist()
        found["left"] += [-1 if child < 0 else first + child for child in left]
        found["right"] += [-1 if child < 0 else first + child for child in right]
        depths = _depths(left, right)
        rows = tree.n_node_samples.tolist()
        found["path"] += [depth + average_path(count) for depth, count in zip(depths, rows, strict=True)]
    plain: dict[str, Any] = {name: tuple(values) for name, values in found.items()}
    return plain | {"usual_path": average_path(forest.max_samples_)}


def average_path(rows: int) -> float:
    """The mean depth at which a search tree of so many rows ends in vain, c(n) of Liu, Ting and Zhou."""
    if rows < 3:
        return float(max(0, rows - 1))
    return 2.0 * (log(rows - 1.0) + GAMMA) - 2.0 * (rows - 1.0) / rows


def _depths(left: list[int], right: list[int]) -> list[int]:
    """How many steps each node is from the root; children come after their parents."""
    depths = [0] * len(left)
    for node, children in enumerate(zip(left, right, strict=True)):
        for child in children:
            if child >= 0:
                depths[child] = depths[node] + 1
    return depths
