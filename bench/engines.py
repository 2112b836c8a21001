"""Aggregate + detect on Spark against the same rules in DuckDB SQL, in turn, as whole processes."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import median

from bench.generated import REFERENCE_ID, Generated, open_checked
from bench.measure import Cost, measured, spark_server
from bench.report import Figures, cells
from include.lake import Lake
from include.settings import get_settings
from tests.world import Servers, world

SPARK, DUCKDB = "bench.spark_side", "bench.duckdb_side"
Tell = Callable[[str], None]


def write_lake(on: Servers, generated: Generated) -> Lake:
    """A lake with the history and the chunk after it; worlds link to its files."""
    made = Lake(str(on.folder / f"generated-{generated.rows}"))
    generated.write(made)
    return made


def link(source: Lake, target: str) -> None:
    """Makes `target` a lake with the same files, which take no room of their own."""
    shutil.copytree(source.root, target, copy_function=os.link)


def compare(on: Servers, lakes: dict[Generated, Lake], runs: Mapping[Generated, int], tell: Tell) -> Figures:
    """Measures both engines on each history, as often as `runs` says. Raises AssertionError unless their
    digests are equal.
    """
    tell("a first run of each, which does not count: Spark's server is cold")
    smallest = min(lakes, key=lambda generated: generated.rows)
    _pair(on, smallest, lakes[smallest])
    rows = []
    for generated, made in lakes.items():
        costs = []
        for number in range(runs[generated]):
            costs.append(_pair(on, generated, made))
            tell(f"{generated.rows:,} rows, {number + 1} of {runs[generated]}: {costs[-1]}")
        spark, duckdb = ([pair[side] for pair in costs] for side in (0, 1))
        size, times = f"{generated.rows:,} rows", str(runs[generated])
        rows.append([f"{size}: Spark", times, *cells(middle(spark))])
        rows.append([f"{size}: DuckDB", times, *cells(middle(duckdb))])
        rows.append([f"{size}: Spark / DuckDB", times, *ratios(spark, duckdb)])
    note = (
        "Medians of the runs of each, in turn; ratios are the pairs' medians. Whole processes: "
        "start and imports are in. Spark's figures include the Connect server (JVM), which stays up between "
        "runs and keeps its heap; its peak is the client's plus the JVM's. Spark also writes the delta, the "
        "checkpoint, the evaluations and the ledger, and finds the near misses; DuckDB computes the verdicts "
        "alone. All digests were equal."
    )
    return Figures(
        "Aggregate + detect over all events at once", note, ["", "runs", "wall s", "CPU s", "peak MiB"], rows
    )


def middle(costs: Sequence[Cost]) -> Cost:
    """The medians."""
    return Cost(
        median(cost.wall for cost in costs),
        median(cost.cpu for cost in costs),
        int(median(cost.peak for cost in costs)),
    )


def ratios(ours: Sequence[Cost], theirs: Sequence[Cost]) -> list[str]:
    """Medians of the pairs' ratios: wall, CPU, peak."""
    pairs = list(zip(ours, theirs, strict=True))
    found = [
        median(a.wall / b.wall for a, b in pairs),
        median(a.cpu / b.cpu for a, b in pairs),
        median(a.peak / b.peak for a, b in pairs),
    ]
    return [f"{ratio:.2f}" for ratio in found]


def in_duckdb(generated: Generated, rows: int) -> tuple[Cost, str]:
    """The cost and the digest of DuckDB over the first `rows` of the lake of the settings."""
    reference = f"importance={REFERENCE_ID}"
    batches = [batch.path for batch in [*generated.batches, generated.next_chunk] if batch.last <= rows]
    cost, said = measured(
        DUCKDB, [get_settings().lake_root, generated.cut(rows).isoformat(), reference, *batches]
    )
    return cost, said["digest"]


def _pair(on: Servers, generated: Generated, made: Lake) -> tuple[Cost, Cost]:
    with world(on) as settings:
        link(made, settings.lake_root)
        generated.publish_weights()
        run_id = open_checked(generated.batches)
        ours, said = measured(SPARK, [str(run_id)], spark_server())
        theirs, digest = in_duckdb(generated, generated.rows)
        shutil.rmtree(Path(settings.lake_root))
    same_digest(said["digest"], digest)
    return ours, theirs


def same_digest(ours: str, theirs: str) -> None:
    """Raises AssertionError unless they are equal."""
    if ours != theirs:
        raise AssertionError(f"the digest on Spark is {ours}, in DuckDB {theirs}")
