"""The tasks of a flow, one a stage; each hands the run's number on, so the graph shows the flow alone."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from airflow.sdk import get_current_context, task
from airflow.sdk.exceptions import AirflowSkipException

from dags.flows.asked import asked_for, interval_end
from dags.flows.assets import announce, lineage
from dags.flows.defaults import lasting_errors
from plugins.links import linked
from plugins.notifiers import RecoveryNotifier

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


def land_task(dataset: str, *, daily: bool = False) -> Any:
    """The first task: the run's row in the ledger, and the chunks that it takes. A daily run evaluates the
    end of its data interval. As long as there are no events the other stages have nothing to do."""

    doc = (
        "Fixes what the run is asked for, then claims and stores new objects. Before the first, that is all."
    )

    # A land that is skipped works as well as one that succeeds: incidents of it end.
    recovered = [RecoveryNotifier(dataset=dataset)]

    @task(task_id="land", doc_md=doc, on_skipped_callback=recovered, **lineage(dataset, "land"))
    def land() -> int:
        from include.stages.land import ends_here, land
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
                interval_end=interval_end(run) if daily else None,
                generation=run.clear_number or 0,
                **asked_for(dataset, context["params"]),
            )
            figures = land(run_id)
            announce(dataset, "land", run_id, figures)
        # Not task.short_circuit, for which OpenLineage has no lineage.
        if ends_here(dataset, figures):
            raise AirflowSkipException(f"{dataset} has no events yet: there is nothing to evaluate")
        return run_id

    return land()


def stage_task(dataset: str, stage: str, ledger_run: Any) -> Any:
    """The task of one of STAGES."""
    module = f"include.stages.{stage}"
    pool = SPARK_POOL if stage in SPARK_STAGES else None

    @task(task_id=stage, doc_md=STAGES[stage], pool=pool, **lineage(dataset, stage))
    def run(ledger_run: int) -> int:
        with lasting_errors():
            figures = getattr(import_module(module), stage)(ledger_run)
        announce(dataset, stage, ledger_run, figures)
        return ledger_run

    return linked(run(ledger_run))


def verdict_task(ledger_run: Any) -> Any:
    """Beside the other stages: red if chunks were held, so that the good ones go on."""

    @task(task_id="check_verdict", doc_md="Fails if chunks were held or unreadable; the others go on.")
    def check_verdict(ledger_run: int) -> None:
        from include.stages.check import verdict

        with lasting_errors():
            verdict(ledger_run)

    return linked(check_verdict(ledger_run))
