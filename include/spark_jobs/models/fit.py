"""Fitting a version of a model: an Isolation Forest says how unusual a day is, a clustering what it is like.

Sources: F. T. Liu, K. M. Ting, Z.-H. Zhou, Isolation Forest, ICDM 2008 (100 trees of 256 rows each; scores
near 1 are anomalies, far under 0.5 are normal); P. J. Rousseeuw, Silhouettes, 1987, for the number of groups.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, NamedTuple

from include.errors import ConfigError
from include.spark_jobs.models.forest import as_numbers
from include.spark_jobs.models.model import Model
from include.spark_jobs.models.scoring import PPM, Version, points_of, scores

if TYPE_CHECKING:
    from datetime import date

    import numpy.typing as npt
    import pyarrow as pa

    from include.spark_jobs.models.scoring import Matrix

TREES = 100
MOST_GROUPS = 6
# Silhouettes compare every row with every other, so a sample must do.
SILHOUETTE_ROWS = 2_000
# Fewer days of entities say nothing about what is usual.
FEWEST_ROWS = 100


class Fitted(NamedTuple):
    """A version of a model: its id, the one row that it is kept as (the fields of `scoring.Version`), and its
    figures."""

    version_id: str
    row: pa.Table
    figures: dict[str, Any]


def library() -> str:
    """What fits; another version of it may fit the same rows in another way."""
    return f"scikit-learn {version('scikit-learn')}"


def fit(model: Model, rows: pa.Table, seed: int, review_by: date | None = None) -> Fitted:
    """Fits the model to the rows: `day`, the entity columns and the features, a row per entity and day.

    They are sorted by key first, and one thread works, so that equal rows, seed and libraries give equal
    scores; the version's id is the hash of just these, and of the day by which it is to be reviewed. Raises
    ConfigError for fewer than 100 rows.
    """
    from sklearn.ensemble import IsolationForest
    from sklearn.preprocessing import StandardScaler
    from threadpoolctl import threadpool_limits

    if rows.num_rows < FEWEST_ROWS:
        raise ConfigError(
            f"model {model.name}: its window has {rows.num_rows} days of entities with at least "
            f"{model.least} {model.volume}, it takes {FEWEST_ROWS}; choose a longer window, or another one"
        )
    ordered = rows.sort_by([(name, "ascending") for name in ("day", *model.entity)])
    points = points_of(ordered, model.features)
    with threadpool_limits(1):
        forest = IsolationForest(n_estimators=TREES, random_state=seed).fit(points)
        scaler = StandardScaler().fit(points)
        clustering, silhouette = _groups(scaler.transform(points), seed)
    numbers = Version(
        seed=seed,
        features=model.features,
        typical=tuple(_median(ordered[name]) for name in model.features),
        **as_numbers(forest),
        mean=tuple(scaler.mean_.tolist()),
        scale=tuple(scaler.scale_.tolist()),
        centers=tuple(tuple(center) for center in clustering.cluster_centers_.tolist()),
        group_ppm=_shares(clustering.labels_, clustering.n_clusters),
    )
    figures = {
        "rows": ordered.num_rows,
        "typical": dict(zip(model.features, numbers.typical, strict=True)),
        "score_ppm": _quantiles(scores(numbers, points)),
        "groups": list(numbers.group_ppm),
        "silhouette_ppm": silhouette,
    }
    return Fitted(_version_id(model, ordered, seed, review_by), kept_row(numbers), figures)


def _groups(points: Matrix, seed: int) -> tuple[Any, int]:
    """A k-means clustering with as many groups as the silhouette likes best, and that, in ppm."""
    import numpy as np
    from sklearn.cluster import KMeans
    from sklearn.metrics import silhouette_score

    def clustered(count: int) -> Any:
        return KMeans(count, n_init=5, random_state=seed).fit(points)

    sample = np.random.default_rng(seed).permutation(len(points))[:SILHOUETTE_ROWS]
    best, liked = clustered(1), 0
    # Of points that are all alike no more groups can be made than there are points.
    for count in range(2, min(MOST_GROUPS, len(np.unique(points[sample], axis=0)) - 1) + 1):
        one = clustered(count)
        labels = one.labels_[sample]
        found = round(silhouette_score(points[sample], labels) * PPM) if len(set(labels)) > 1 else 0
        if found > liked:
            best, liked = one, found
    return best, liked


def _version_id(model: Model, ordered: pa.Table, seed: int, review_by: date | None) -> str:
    """The hash of all that decides how the version scores, and until when."""
    names = ("day", *model.entity, *model.features)
    about = [model.name, model.version, list(model.features), seed, TREES, library(), review_by]
    digest = hashlib.sha256(json.dumps(about, default=str).encode())
    for name in names:
        digest.update(json.dumps(ordered[name].to_pylist(), default=str).encode())
    return digest.hexdigest()


def kept_row(version: Version) -> pa.Table:
    """The row that a version is kept as."""
    import pyarrow as pa

    return pa.Table.from_pylist([asdict(version)])


def _median(values: pa.ChunkedArray) -> int:
    import numpy as np

    return int(np.median(values.to_numpy()))


def _shares(labels: npt.NDArray[Any], count: int) -> tuple[int, ...]:
    import numpy as np

    return tuple(int(rows) * PPM // len(labels) for rows in np.bincount(labels, minlength=count))


def _quantiles(found: npt.NDArray[Any]) -> dict[str, int]:
    """Of the scores in the training window: half, 99 % and 99.9 % are at most so high, and the highest."""
    import numpy as np

    named = {"half": 0.5, "99 %": 0.99, "99.9 %": 0.999, "highest": 1.0}
    return {name: int(np.quantile(found, share)) for name, share in named.items()}
