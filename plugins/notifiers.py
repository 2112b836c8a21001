"""What Airflow's callbacks write down: incidents of failed tasks, their end, and that a run is over.

Both only write to the platform's database. Callbacks may run twice or late; an incident's fingerprint and the
run's status make the second one change nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from airflow.sdk.bases.notifier import BaseNotifier

from include.errors import ChunksHeld

if TYPE_CHECKING:
    from airflow.sdk.definitions.context import Context

# Characters of an error's text that an incident carries.
MOST_TEXT = 2000

# Of a run that fails for good after aggregate, the next one takes over the cut, not the chunks (ADR 7).
AGGREGATED = (
    "The run's chunks are in the state for good. The dataset's next run evaluates this one's cut again, and "
    "alerts for what it had loaded; to have that now, clear this task."
)

# Stopped chunks of each kind that an incident lists.
MOST_CHUNKS = 20


class IncidentNotifier(BaseNotifier):
    """`on_failure_callback` of tasks: an incident per Airflow run and task, once its last try failed.

    Its kind is `held` if chunks were held, else `task_failed`. A dry run alerts nobody.
    """

    template_fields = ("dataset",)

    def __init__(self, *, dataset: str) -> None:
        super().__init__()
        self.dataset = dataset

    def notify(self, context: Context) -> None:
        from include.stages.links import about_run, redrive_command, runbook
        from include.store.attempts import published_figures
        from include.store.connection import transaction
        from include.store.incidents import Kind, open_incident
        from include.store.runs import find_run

        if (context.get("params") or {}).get("dry_run"):
            return
        task = context["ti"]
        error = context.get("exception")
        cause = getattr(error, "__cause__", None)
        kind: Kind = "held" if isinstance(cause, ChunksHeld) else "task_failed"
        about = about_run(task.dag_id, task.run_id)
        body: dict[str, Any] = {
            "task": task.task_id,
            "try": task.try_number,
            "error": str(error or context.get("reason") or "the task's process was lost")[:MOST_TEXT],
            **about,
            "log": f"{about['airflow_run']}/tasks/{quote(task.task_id)}?try_number={task.try_number}",
            "runbook": runbook(kind),
        }
        title = f"{task.dag_id}: task {task.task_id} failed"
        with transaction() as conn:
            run = find_run(conn, dag_id=task.dag_id, dag_run_id=task.run_id)
            if run is None:  # it has no Data Docs
                body.pop("data_docs", None)
            if run and kind == "held":
                figures = published_figures(conn, run.run_id, "check") or {}
                stopped = {key: figures[key] for key in ("held", "unreadable") if figures.get(key)}
                body |= {key: chunks[:MOST_CHUNKS] for key, chunks in stopped.items()}
                body["rerun"] = redrive_command(self.dataset)
                counts = " and ".join(f"{len(chunks)} {key}" for key, chunks in stopped.items())
                title = f"{self.dataset}: chunks stopped by their checks, {counts}"
            elif run and published_figures(conn, run.run_id, "aggregate") is not None:
                body["next"] = AGGREGATED
            open_incident(
                conn,
                kind=kind,
                dataset=self.dataset,
                severity="critical",
                fingerprint=f"{kind}:{self.dataset}:{task.dag_id}:{task.task_id}:{task.run_id}",
                title=title,
                body=body,
                run_id=run.run_id if run else None,
            )


class RecoveryNotifier(BaseNotifier):
    """`on_success_callback` of tasks: ends the incidents of the task's earlier failures, in whatever run.

    Also those of the tasks right before it, since Airflow runs no such callback for a task that ended in the
    triggerer. Stopped chunks stay stopped, so a `held` incident is left alone. A dry run proves nothing.
    """

    template_fields = ("dataset",)

    def __init__(self, *, dataset: str) -> None:
        super().__init__()
        self.dataset = dataset

    def notify(self, context: Context) -> None:
        from include.stages.links import run_url
        from include.store.connection import transaction
        from include.store.incidents import resolve_incidents
        from include.store.runs import find_run

        if (context.get("params") or {}).get("dry_run"):
            return
        task = context["ti"]
        body = {
            "reason": f"task {task.task_id} succeeded in run {task.run_id}",
            "airflow_run": run_url(task.dag_id, task.run_id),
        }
        with transaction() as conn:
            run = find_run(conn, dag_id=task.dag_id, dag_run_id=task.run_id)
            for task_id in (task.task_id, *sorted(context["task"].upstream_task_ids)):
                resolve_incidents(
                    conn,
                    fingerprint=f"task_failed:{self.dataset}:{task.dag_id}:{task_id}",
                    below=True,
                    # A run beside this one that failed meanwhile is no earlier failure.
                    opened_before=task.start_date,
                    body=body,
                    run_id=run.run_id if run else None,
                )


class RunNotifier(BaseNotifier):
    """`on_success_callback` and `on_failure_callback` of a DAG: its run is over in the ledger too.

    A failure of which no task's callback told is told then.
    """

    def __init__(self, *, succeeded: bool) -> None:
        super().__init__()
        self.succeeded = succeeded

    def notify(self, context: Context) -> None:
        from include.stages.finish import finish

        finish(dag_id=context["dag"].dag_id, dag_run_id=context["run_id"], succeeded=self.succeeded)
