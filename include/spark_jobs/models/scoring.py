"""Scoring with a fitted version: runs in Spark's Python workers, to which this module travels by value.

A version is plain numbers, so that what reads it runs nothing that it holds, needs no library but numpy, and
scores alike whatever library fitted it; a test holds the scores to scikit-learn's own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa

    Matrix = npt.NDArray[np.float64]

PPM = 1_000_000
# How many features a verdict names, and the least that each must add to the score.
DRIVERS, LEAST = 3, 1_000


@dataclass(frozen=True)
class Version:
    """A fitted version.

    `typical`: the median of each feature. The forest's nodes are numbered through: `roots`, and of each node
    its `feature`, `threshold`, `left` and `right` (-1: a leaf) and, of a leaf, its `path`: how many steps
    from the root part it from the others; `usual_path`: what a row takes on average. Groups: `centers` of
    the features as they are scaled by `mean` and `scale`, and the share of each in the training window.
    """

    seed: int
    features: tuple[str, ...]
    typical: tuple[int, ...]
    roots: tuple[int, ...]
    feature: tuple[int, ...]
    threshold: tuple[float, ...]
    left: tuple[int, ...]
    right: tuple[int, ...]
    path: tuple[float, ...]
    usual_path: float
    mean: tuple[float, ...]
    scale: tuple[float, ...]
    centers: tuple[tuple[float, ...], ...]
    group_ppm: tuple[int, ...]

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Version:
        """A version from the row that it is kept as."""
        plain: dict[str, Any] = {name: row[name] for name in cls.__dataclass_fields__}
        plain["centers"] = [tuple(center) for center in plain["centers"]]
        plain |= {name: tuple(one) for name, one in plain.items() if isinstance(one, list)}
        return cls(**plain)


def points_of(rows: pa.Table | pa.RecordBatch, features: tuple[str, ...]) -> Matrix:
    """The features as logarithms, log(1 + x): twice as much is as far from usual at any size."""
    import numpy as np

    columns = [rows[name].to_numpy().astype(np.float64) for name in features]
    points: Matrix = np.log1p(np.column_stack(columns))
    return points


def scores(version: Version, points: Matrix) -> npt.NDArray[Any]:
    """How unusual each point is, in parts per million: 2 to the power of minus its mean path over the usual
    one (Liu, Ting, Zhou, Isolation Forest, ICDM 2008)."""
    import numpy as np

    names = ("feature", "threshold", "left", "right", "path")
    feature, threshold, left, right, path = (np.array(getattr(version, name)) for name in names)
    nodes = np.tile(np.array(version.roots), (len(points), 1))
    values = points.astype(np.float32)  # as scikit-learn's trees compare them
    while (inner := left[nodes] >= 0).any():
        below = np.take_along_axis(values, feature[nodes], axis=1) <= threshold[nodes]
        nodes = np.where(inner, np.where(below, left[nodes], right[nodes]), nodes)
    depth = path[nodes].mean(axis=1)
    found: npt.NDArray[Any] = np.rint(2.0 ** (-depth / version.usual_path) * PPM).astype(np.int64)
    return found


def groups(version: Version, points: Matrix) -> npt.NDArray[Any]:
    """The group that each point is nearest to, from 0."""
    import numpy as np

    scaled = (points - np.array(version.mean)) / np.array(version.scale)
    distances = [((scaled - np.array(center)) ** 2).sum(axis=1) for center in version.centers]
    nearest: npt.NDArray[Any] = np.argmin(np.column_stack(distances), axis=1)
    return nearest


def scorer(version: Version, explain_above: int) -> Callable[[Iterable[pa.RecordBatch]], Iterator[Any]]:
    """A function for mapInArrow that adds `score_ppm`, `habit` (number of the group, from 1), `habit_ppm`
    (share of that group in the training window) and, for scores over `explain_above`, `drivers`."""

    def score(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        import numpy as np
        import pyarrow as pa

        for batch in batches:
            points = points_of(batch, version.features)
            found, nearest = scores(version, points), groups(version, points)
            columns = {
                **{name: batch[name] for name in batch.schema.names},
                "score_ppm": pa.array(found),
                "habit": pa.array(nearest + 1),
                "habit_ppm": pa.array(np.array(version.group_ppm, np.int64)[nearest]),
                "drivers": pa.array(_drivers(version, batch, points, found, explain_above), pa.string()),
            }
            yield pa.RecordBatch.from_pydict(columns)

    return score


def _drivers(
    version: Version, batch: pa.RecordBatch, points: Matrix, found: npt.NDArray[Any], above: int
) -> list[str | None]:
    """What makes each row unusual: the features without which, at their usual value, its score falls most."""
    import numpy as np

    told: list[str | None] = [None] * len(points)
    rows = np.flatnonzero(found > above)
    falls = []
    for place, usual in enumerate(version.typical):
        changed = points[rows].copy()
        changed[:, place] = np.log1p(usual)
        falls.append(found[rows] - scores(version, changed))
    for row, by_feature in zip(rows.tolist(), np.column_stack(falls), strict=True):
        # The largest first; of equal ones the first named.
        order = sorted(range(len(version.features)), key=lambda place: (-by_feature[place], place))
        named = [place for place in order[:DRIVERS] if by_feature[place] >= LEAST]
        told[row] = ", ".join(
            f"{version.features[place]} {batch[version.features[place]][row].as_py()} "
            f"(usually {version.typical[place]})"
            for place in named
        )
    return told
