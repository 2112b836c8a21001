"""What one new chunk costs after histories of different length: it must not follow history."""

from __future__ import annotations

import shutil
from pathlib import Path
from urllib.parse import urlsplit

from bench.engines import SPARK, Tell, in_duckdb, link, middle, ratios, same_digest
from bench.generated import CHUNK_ROWS, Generated, open_checked
from bench.measure import Cost, measured, spark_server
from bench.report import Figures, cells
from include.lake import Lake
from include.spark_jobs.aggregates import aggregates
from include.stages.aggregate import aggregate
from include.stages.detect import detect
from include.store.connection import transaction
from include.store.state import plan_state
from tests.world import Servers, world


def after_history(on: Servers, lakes: dict[Generated, Lake], repetitions: int, tell: Tell) -> Figures:
    """Measures aggregate + detect of the next 10,000 rows. Raises AssertionError if a digest is not DuckDB's
    over all rows, or the populations differ.
    """
    histories = {generated: _history(on, generated, made, tell) for generated, made in lakes.items()}
    costs: dict[Generated, list[Cost]] = {generated: [] for generated in lakes}
    for number in range(repetitions + 1):
        for generated, (database, kept, _) in histories.items():
            check = number == 0
            cost = _next(on, generated, database, kept, check)
            if number:  # the first of each warms up, and is compared with DuckDB
                costs[generated].append(cost)
                tell(f"a chunk after {generated.rows:,} rows, {number} of {repetitions}: {cost}")
    populations = {pairs for _, _, pairs in histories.values()}
    if len(populations) != 1:
        raise AssertionError(f"the histories have different populations: {populations} pairs")
    short, long = sorted(costs, key=lambda generated: generated.rows)
    rows = [
        [f"after {one.rows:,} rows", f"{histories[one][2]:,}", *cells(middle(costs[one]))]
        for one in (short, long)
    ]
    rows.append(
        [f"{long.rows // short.rows} times the history costs", "1.00", *ratios(costs[long], costs[short])]
    )
    note = (
        f"Medians of {repetitions} runs after each history, in turn; whole processes and the Spark server. "
        f"The histories came in runs of up to 50 chunks, with their checkpoints; each chunk has "
        f"{CHUNK_ROWS:,} rows. The digests were those of DuckDB over all rows."
    )
    columns = ["aggregate + detect of one new chunk", "pairs in the state", "wall s", "CPU s", "peak MiB"]
    return Figures("One new chunk", note, columns, rows)


def _history(on: Servers, generated: Generated, made: Lake, tell: Tell) -> tuple[str, Lake, int]:
    """Runs a history batch by batch; gives its database, its lake and the number of pairs in its state."""
    with world(on) as settings:
        kept = Lake(f"{settings.lake_root}-{generated.rows}")
        link(made, settings.lake_root)
        generated.publish_weights()
        for number, batch in enumerate(generated.batches):
            run_id = open_checked([batch])
            aggregate(run_id)
            found = detect(run_id)
            tell(f"history of {generated.rows:,} rows: batch {number + 1} of {len(generated.batches)}")
        with transaction() as conn:
            plan = plan_state(
                conn, aggregates()["pairs"], generated.cut(generated.rows), found["through_seq"]
            )
        if plan.checkpoint is None:
            raise AssertionError(f"a history of {generated.rows:,} rows has left no checkpoint")
        Path(settings.lake_root).rename(kept.root)
        database = urlsplit(settings.postgres_dsn.get_secret_value()).path.lstrip("/")
    return database, kept, plan.checkpoint.rows


def _next(on: Servers, generated: Generated, database: str, kept: Lake, check: bool) -> Cost:
    with world(on, template=database) as settings:
        link(kept, settings.lake_root)
        run_id = open_checked([generated.next_chunk])
        cost, said = measured(SPARK, [str(run_id)], spark_server())
        if check:
            same_digest(said["digest"], in_duckdb(generated, generated.rows + CHUNK_ROWS)[1])
        shutil.rmtree(settings.lake_root)
    return cost
