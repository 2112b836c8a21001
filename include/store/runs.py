"""Runs: what each was asked for, and what it pinned so that a retry sees the same world."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal, Self

from psycopg.types.json import Jsonb
from pydantic import BaseModel, ConfigDict, model_validator

from include.errors import ConfigError
from include.settings import get_settings
from include.store.connection import Connection, execute, fetch_all, fetch_one


class ReplayScope(BaseModel):
    """What a replay compares with its scope's own `parameters`, the ones that are tried (ADR 12).

    `in_force`: the parameters in force, by rule, under the label `profile`. `versions`: of each of the
    `rules` the version that is tried. `cuts`: oldest first; `before`: the evaluated cut before the first one.
    `curves`: by rule the parameter whose curve is drawn.
    """

    model_config = ConfigDict(frozen=True)

    rules: list[str]
    first_day: date
    last_day: date
    cuts: list[date]
    before: date | None
    profile: str
    in_force: dict[str, dict[str, Any]]
    versions: dict[str, int]
    curves: dict[str, str]


class TrainScope(BaseModel):
    """What a training fits: the `model`, on which event days (both included), with which seed, and by which
    day the version is to be reviewed."""

    model_config = ConfigDict(frozen=True)

    model: str
    first_day: date
    last_day: date
    review_by: date
    seed: int


class Scope(BaseModel):
    """What a run was asked for, fixed in its first task.

    `kind`: `chunks` evaluates the end of the newest event day, `interval` the end of its data interval, which
    is `cut`, a day in the dataset's zone; `replay` and `train` what these say; they take no
    chunks. `parameters`: for every rule of the dataset the full parameters it is to use (defaults, profile,
    settings and the run's own overrides already merged). `alert_thresholds`: new detections per event
    day, by rule.
    """

    model_config = ConfigDict(frozen=True)

    kind: Literal["chunks", "interval", "replay", "train"] = "chunks"
    cut: date | None = None
    max_chunks: int
    max_bytes: int
    parameters: dict[str, dict[str, Any]] = {}
    alert_thresholds: dict[str, int] = {}
    replay: ReplayScope | None = None
    train: TrainScope | None = None

    @model_validator(mode="after")
    def _is_of_its_kind(self) -> Self:
        if (self.kind == "interval") != (self.cut is not None):
            raise ValueError(f"a scope of kind {self.kind} with cut {self.cut}: intervals alone have one")
        if (self.kind == "replay") != (self.replay is not None):
            raise ValueError(f"a scope of kind {self.kind}: replays alone say what they compare")
        if (self.kind == "train") != (self.train is not None):
            raise ValueError(f"a scope of kind {self.kind}: trainings alone say what they fit")
        return self


class Run(BaseModel):
    """One row of `runs`. `cut` and `through_seq` are None until aggregate has pinned them.

    `generation`: how often the Airflow run had been cleared when its first task began (ADR 7).
    `spark_operations`: ids of the Spark operations of all its published attempts, in order of publishing.
    """

    model_config = ConfigDict(frozen=True)

    run_id: int
    dataset: str
    dag_id: str
    dag_run_id: str
    generation: int
    started_at: datetime
    dry_run: bool
    profile: str
    scope: Scope
    through_seq: int | None
    cut: date | None
    reference: dict[str, str]
    status: str
    spark_operations: list[str]


def open_run(
    conn: Connection,
    *,
    dataset: str,
    dag_id: str,
    dag_run_id: str,
    started_at: datetime,
    dry_run: bool,
    profile: str,
    scope: Scope,
    generation: int = 0,
) -> Run:
    """The run of this Airflow run and generation: made at the first call, read back (whatever is passed) at
    any later one.

    A failed run whose first task is tried again is running again. A generation whose `started_at` is that of
    an earlier one, as Airflow leaves it when a run at work is cleared, starts now.
    """
    row = fetch_one(
        conn,
        "runs/open",
        dataset=dataset,
        dag_id=dag_id,
        dag_run_id=dag_run_id,
        generation=generation,
        started_at=started_at,
        dry_run=dry_run,
        profile=profile,
        scope=Jsonb(scope.model_dump(mode="json")),
        lease=get_settings().run_lease_seconds,
    )
    return Run.model_validate(row)


def get_run(conn: Connection, run_id: int) -> Run:
    """The run with this id. Raises ConfigError if there is none."""
    row = fetch_one(conn, "runs/get", run_id=run_id)
    if row is None:
        raise ConfigError(f"there is no run {run_id} in the ledger")
    return Run.model_validate(row)


def find_run(conn: Connection, *, dag_id: str, dag_run_id: str) -> Run | None:
    """The newest run of this Airflow run, or None if it never came so far as to open one."""
    row = fetch_one(conn, "runs/find", dag_id=dag_id, dag_run_id=dag_run_id)
    return Run.model_validate(row) if row else None


def running_runs(conn: Connection, *, dataset: str) -> list[Run]:
    """The runs of a dataset that nobody has marked as over."""
    return [Run.model_validate(row) for row in fetch_all(conn, "runs/running", dataset=dataset)]


def pin_position(conn: Connection, run_id: int, cut: date | None, through_seq: int) -> None:
    """Pins what the run evaluates (ADR 1); the first caller wins."""
    execute(conn, "runs/pin_position", run_id=run_id, cut=cut, through_seq=through_seq)


def pin_reference(conn: Connection, run_id: int, dataset: str) -> str | None:
    """The reference version of this run: the newest at the first call that finds one, then the same."""
    row = fetch_one(conn, "runs/pin_reference", run_id=run_id, dataset=dataset)
    return row["version_id"] if row else None


def finish_run(conn: Connection, *, dag_id: str, dag_run_id: str, succeeded: bool) -> Run | None:
    """Marks the run of this Airflow run as over: its unfinished chunks can be adopted.

    Gives the run, or None if there is none or it was over before.
    """
    status = "succeeded" if succeeded else "failed"
    row = fetch_one(conn, "runs/finish", dag_id=dag_id, dag_run_id=dag_run_id, status=status)
    return Run.model_validate(row) if row else None


def spark_operations(conn: Connection, run_id: int) -> dict[str, list[str]]:
    """The ids of the Spark operations that each stage of the run used; stages without Spark are left out."""
    rows = fetch_all(conn, "runs/operations", run_id=run_id)
    return {row["stage"]: row["operations"] for row in rows}
