"""The tasks of a flow, one a stage; each hands the run's number on, so the graph shows the flow alone."""

from __future__ import annotations

from datetime import timedelta
from importlib import import_module
from typing import Any

from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk import get_current_context, task

from dags.flows.asked import asked_for
from dags.flows.defaults import lasting_errors

# Stages that use Spark wait for the one slot of this pool.
SPARK_POOL = "spark"
SPARK_STAGES = frozenset({"check", "aggregate", "detect"})

STAGES = {
    "check": "Gives every row its verdict, quarantines bad ones, and lets the suite judge each chunk.",
    "aggregate": "Adds the published events of new chunks to the state.",
    "detect": "Finds what holds at the end of the newest event day, with evidence.",
    "load": "Opens, refreshes and closes detections in Postgres, and exports the new ones to S3.",
    "alert": "Opens an incident where new detections of an event day reached their threshold.",
}


def land_task(dataset: str) -> Any:
    """The first task: the run's row in the ledger, and the chunks that it takes."""

    @task(task_id="land", doc_md="Fixes what the run is asked for, then claims and stores new objects.")
    def land() -> int:
        from include.stages.land import land
        from include.stages.start import start

        context = get_current_context()
        run = context["dag_run"]
        with lasting_errors():
            # Only a run that has started has tasks that run.
            assert run.start_date is not None
            run_id: int = start(
                dataset=dataset,
                dag_id=run.dag_id,
                dag_run_id=run.run_id,
                started_at=run.start_date,
                **asked_for(dataset, context["params"]),
            )
            land(run_id)
        return run_id

    return land()


def stage_task(stage: str, ledger_run: Any) -> Any:
    """The task of one of STAGES."""
    module = f"include.stages.{stage}"

    @task(task_id=stage, doc_md=STAGES[stage], pool=SPARK_POOL if stage in SPARK_STAGES else None)
    def run(ledger_run: int) -> int:
        with lasting_errors():
            getattr(import_module(module), stage)(ledger_run)
        return ledger_run

    return run(ledger_run)


def verdict_task(ledger_run: Any) -> Any:
    """Beside the other stages: red if chunks were held, so that the good ones go on."""

    @task(task_id="check_verdict", doc_md="Fails if chunks were held or unreadable; the others go on.")
    def check_verdict(ledger_run: int) -> None:
        from include.stages.check import verdict

        with lasting_errors():
            verdict(ledger_run)

    return check_verdict(ledger_run)


def flow_task(dataset: str) -> TriggerDagRunOperator:
    """The watch's second task: one run of the flow, awaited in the triggerer."""
    return TriggerDagRunOperator(
        task_id="run_flow",
        doc_md="Runs the flow and waits for its end. A failed flow has alerted by itself.",
        trigger_dag_id=dataset,
        # A name that a retry gives again, so that it starts no second run.
        trigger_run_id="watch__{{ run_id.split('__')[-1] }}",
        skip_when_already_exists=True,
        logical_date=None,
        wait_for_completion=True,
        deferrable=True,
        poke_interval=2,
        allowed_states=["success", "failed"],
        failed_states=[],
        execution_timeout=timedelta(days=1),
    )
