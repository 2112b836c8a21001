"""A run of a DAG of one task, started from the command line and waited for."""

from __future__ import annotations

import time
from typing import Any

from include.errors import StackError
from include.stages.links import run_url
from stack.airflow_client import AirflowClient

LOOK_EVERY = 2.0


def run_through(airflow: AirflowClient, dag_id: str, form: dict[str, Any]) -> str:
    """Triggers the DAG, whose task has its name, and waits until the run is over; gives the run's id.

    Raises StackError, with the address of its log, if it failed.
    """
    run = airflow.trigger(dag_id, form)
    while (state := airflow.state(dag_id, run)) not in ("success", "failed"):
        time.sleep(LOOK_EVERY)
    if state == "failed":
        raise StackError(f"{dag_id} failed; its log: {run_url(dag_id, run)}/tasks/{dag_id}")
    return run
