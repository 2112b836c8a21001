"""The stages of one run in their order, as Airflow's tasks call them, without Airflow."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from importlib import import_module
from itertools import count
from typing import Any

from include.datasets import contract
from include.lake import bucket
from include.stages.start import start
from include.store.attempts import Figures
from include.store.connection import transaction
from include.store.runs import finish_run

STAGES = {
    "events": ("land", "check", "aggregate", "detect", "load", "alert"),
    "reference": ("land", "check", "aggregate"),
}
STARTED = datetime(2026, 3, 1, tzinfo=UTC)
_numbers = count(1)


def put(dataset: str, name: str, data: bytes) -> str:
    """Puts an object under the dataset's prefix, as another program would; gives its key."""
    key = f"{contract(dataset).prefix}{name}"
    bucket().put(key, data)
    return key


def publish_importance(data: bytes) -> None:
    """Puts an importance file and runs its flow, so that it is a published version."""
    put("importance", "importance.csv", data)
    run_flow("importance")


def stage(name: str) -> Callable[[int], Figures]:
    """The entry of a stage."""
    entry: Callable[[int], Figures] = getattr(import_module(f"include.stages.{name}"), name)
    return entry


def open_flow(dataset: str = "transactions", number: int | None = None, **asked: Any) -> int:
    """Opens a run as an Airflow run's first task would.

    `number` fixes its name and its start, so that two worlds can have the same; by default the next one.
    """
    which = next(_numbers) if number is None else number
    return start(
        dataset=dataset,
        dag_id=dataset,
        dag_run_id=_name(which),
        started_at=STARTED + timedelta(minutes=which),
        **asked,
    )


def run_stages(dataset: str, run_id: int) -> dict[str, Figures]:
    """All stages of an open run; gives their figures by stage."""
    return {name: stage(name)(run_id) for name in STAGES[contract(dataset).kind]}


def run_flow(dataset: str = "transactions", number: int | None = None, **asked: Any) -> dict[str, Figures]:
    """A run from start to finish; gives each stage's figures."""
    which = next(_numbers) if number is None else number
    run_id = open_flow(dataset, which, **asked)
    figures = run_stages(dataset, run_id)
    close_flow(dataset, which)
    return figures


def close_flow(dataset: str, number: int) -> None:
    """Marks a run as succeeded, as the flow's callback does."""
    with transaction() as conn:
        finish_run(conn, dag_id=dataset, dag_run_id=_name(number), succeeded=True)


def _name(number: int) -> str:
    return f"flow-{number}"
