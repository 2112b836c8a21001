"""Finish: a run is over in the ledger, and nobody is left without word of one that failed."""

from __future__ import annotations

from include.stages.alert import PIPELINE_RUNBOOK, run_url
from include.store.connection import transaction
from include.store.incidents import failure_told, open_incident
from include.store.runs import finish_run


def finish(*, dag_id: str, dag_run_id: str, succeeded: bool) -> None:
    """Marks the run of this Airflow run as over, once; no run, or one that is over: nothing.

    If it failed and no incident says so, because its task's callback was lost with the process that was to
    run it, one is opened in the same transaction. A dry run alerts nobody.
    """
    with transaction() as conn:
        run = finish_run(conn, dag_id=dag_id, dag_run_id=dag_run_id, succeeded=succeeded)
        if run is None or succeeded or run.dry_run:
            return
        subject = f"{run.dataset}:{dag_id}:{dag_run_id}"
        if failure_told(conn, run_id=run.run_id, subject=subject):
            return
        open_incident(
            conn,
            kind="task_failed",
            dataset=run.dataset,
            severity="critical",
            fingerprint=f"task_failed:{subject}",
            title=f"{dag_id}: run {dag_run_id} failed",
            body={
                "error": "the run failed, and no task of it said why",
                "airflow_run": run_url(dag_id, dag_run_id),
                "runbook": PIPELINE_RUNBOOK,
            },
            run_id=run.run_id,
        )
