"""Train: what is usual among a dataset's entities, learned from a past window, becomes a model's version.

No stage of the flow: a run of its own kind that takes no chunks. Its attempts are kept as those of the
stages are, and what it writes counts once it is published (ADR 2).
"""

from __future__ import annotations

import time
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from include.errors import ConfigError
from include.lake import lake
from include.spark_jobs.models import models
from include.spark_jobs.models.fit import fit, library
from include.spark_jobs.models.model import Model
from include.stages.stage import Outcome, run_stage, spark_for
from include.state.kinds import read_state, states
from include.store.attempts import Attempt, Figures
from include.store.chunks import current_seq, newest_event_day
from include.store.connection import Connection, transaction
from include.store.models import ModelVersion, publish_model
from include.store.runs import Run, Scope, TrainScope, open_run, pin_position
from include.store.state import plan_state

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import SparkSession

ONE_DAY = timedelta(days=1)
# Event days that a model is trained on unless it is told which, and those until it is to be reviewed.
DAYS, REVIEW_DAYS = 28, 90
# Of a day at most so many entities are learned from, the same whenever they are chosen.
MOST_ROWS = 100_000
PROFILE = "training"


def start_training(
    *,
    dag_id: str,
    dag_run_id: str,
    started_at: datetime,
    generation: int = 0,
    model: str,
    first_day: date | None = None,
    last_day: date | None = None,
    review_days: int = REVIEW_DAYS,
    seed: int = 0,
) -> int:
    """Opens the run of a training and gives its id; called again it gives the same run.

    `first_day`, `last_day`: event days in the dataset's zone, both included; None: the newest that is over,
    and 27 days before the last one. `review_days`: so many days after the last one rules do without the
    version. Raises ConfigError naming the valid choices for whatever is none of them.
    """
    if model not in models():
        raise ConfigError(f"there is no model {model!r}; there are {', '.join(models())}")
    if review_days < 1:
        raise ConfigError(f"review_days must be at least 1, not {review_days}")
    dataset = models()[model].dataset
    with transaction() as conn:
        through_seq = current_seq(conn, dataset)
        newest = newest_event_day(conn, dataset, through_seq)
        if newest is None:
            raise ConfigError(f"model {model}: there are no events of {dataset} to learn from yet")
        # The newest day may still go on.
        last = last_day or newest - ONE_DAY
        first = first_day or last - (DAYS - 1) * ONE_DAY
        if first > last:
            raise ConfigError(f"model {model}: the window begins on {first}, after it ends, on {last}")
        scope = TrainScope(
            model=model,
            first_day=first,
            last_day=last,
            review_by=last + review_days * ONE_DAY,
            seed=seed,
        )
        run = open_run(
            conn,
            dataset=dataset,
            dag_id=dag_id,
            dag_run_id=dag_run_id,
            started_at=started_at,
            dry_run=False,
            profile=PROFILE,
            scope=Scope(kind="train", max_chunks=0, max_bytes=0, train=scope),
            generation=generation,
        )
        pin_position(conn, run.run_id, None, through_seq)
    return run.run_id


def train(run_id: int) -> Figures:
    """Fits the run's model to its window and publishes the version.

    Figures: `model`, `version_id`, the window, `review_by`, `days` (with entities), `rows` (days of
    entities), the `typical` value of each feature, quantiles of the scores, the share of each group and the
    silhouette of the grouping. Raises ConfigError if the window has too few rows, Expired if retention took
    away what it needs.
    """
    return run_stage("train", run_id, _train)


def _train(run: Run, attempt: Attempt) -> Outcome:
    started = time.monotonic()
    asked = run.scope.train
    if asked is None or run.through_seq is None:
        raise ConfigError(f"run {run.run_id} is no training; trigger the DAG train, or use `make train`")
    model = models()[asked.model]
    with spark_for(attempt) as work:
        rows, days = _window(work.spark, model, asked, run.through_seq)
    fitted = fit(model, rows, asked.seed, asked.review_by)
    path = f"models/{model.name}/{attempt.folder}"
    lake().write_parquet(path, fitted.row)
    version = ModelVersion(
        version_id=fitted.version_id,
        model_version=model.version,
        library=library(),
        figures=fitted.figures | {"days": days},
        **asked.model_dump(),
    )

    def publish(conn: Connection) -> None:
        publish_model(conn, run.run_id, version, path)

    named = version.model_dump(
        mode="json", include={"model", "version_id", "first_day", "last_day", "review_by"}
    )
    figures = {**named, **version.figures, "seconds": round(time.monotonic() - started, 3)}
    return Outcome(figures, publish, output=path, operations=work.operations)


def _window(spark: SparkSession, model: Model, asked: TrainScope, through_seq: int) -> tuple[pa.Table, int]:
    """A row per day and entity that did enough: `day`, entity columns, features; and how many days have any.

    The facts of a day are those at the cut that ends it, as rules see them.
    """
    import pyarrow as pa
    from pyspark.sql import functions as F

    tables = []
    day = asked.first_day
    while day <= asked.last_day:
        with transaction() as conn:
            plan = plan_state(conn, states()[model.sequence], day + ONE_DAY, through_seq)
        if plan.checkpoint or plan.known or plan.new:
            facts = read_state(spark, lake(), plan).where(F.col(model.volume) >= model.least)
            chosen = facts.orderBy(F.xxhash64(*model.entity), *model.entity).limit(MOST_ROWS)
            named = chosen.withColumn("day", F.lit(day))
            tables.append(named.select("day", *model.entity, *model.features).toArrow())
        day += ONE_DAY
    tables = [table for table in tables if table.num_rows]
    if not tables:
        raise ConfigError(
            f"model {model.name}: no event day of {model.dataset} from {asked.first_day} to {asked.last_day} "
            "has entities to learn from"
        )
    return pa.concat_tables(tables), len(tables)
