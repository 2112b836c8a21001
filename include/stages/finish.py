"""Finish: a run is over in the ledger, and nobody is left without word of one that failed."""

from __future__ import annotations

from include.stages.links import about_run, run_url, runbook
from include.store.connection import transaction
from include.store.incidents import failure_told, open_incident, resolve_incidents
from include.store.runs import finish_run

# Stands for the task in the fingerprint of a failed run of which no task told.
NO_TASK = "-"


def finish(*, dag_id: str, dag_run_id: str, succeeded: bool) -> None:
    """Marks the run of this Airflow run as over, once; no run, or one that is over: nothing.

    If it failed and no incident says so, because its task's callback was lost with the process that was to
    run it, one is opened in the same transaction; such an incident is over when a run of the DAG succeeds. A
    dry run alerts nobody.
    """
    with transaction() as conn:
        run = finish_run(conn, dag_id=dag_id, dag_run_id=dag_run_id, succeeded=succeeded)
        if run is None or run.dry_run:
            return
        subject = f"{run.dataset}:{dag_id}"
        fingerprint = f"task_failed:{subject}:{NO_TASK}"
        if succeeded:
            reason = f"run {dag_run_id} of {dag_id} succeeded"
            body = {"reason": reason, "airflow_run": run_url(dag_id, dag_run_id)}
            resolve_incidents(conn, fingerprint=fingerprint, below=True, body=body, run_id=run.run_id)
        elif not failure_told(conn, run_id=run.run_id, subject=subject):
            open_incident(
                conn,
                kind="task_failed",
                dataset=run.dataset,
                severity="critical",
                fingerprint=f"{fingerprint}:{dag_run_id}",
                title=f"{dag_id}: run {dag_run_id} failed",
                body={
                    "error": "the run failed, and no task of it said why",
                    **about_run(dag_id, dag_run_id),
                    "runbook": runbook("task_failed"),
                },
                run_id=run.run_id,
            )
