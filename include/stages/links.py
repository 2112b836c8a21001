"""Where a message leads: pages, runbooks, and the command that runs something again."""

from __future__ import annotations

import shlex
from datetime import date
from urllib.parse import quote

from include.settings import get_settings
from include.store.incidents import Kind


def runbook(kind: Kind) -> str:
    """The page that says what on-call people should do; detections have one a rule."""
    return _page(kind)


def runbook_of_rule(rule: str) -> str:
    """The page that says what on-call people should do about detections of this rule."""
    return _page(rule)


def run_url(dag_id: str, dag_run_id: str) -> str:
    """The page of an Airflow run."""
    return f"{get_settings().airflow_url.rstrip('/')}/dags/{quote(dag_id)}/runs/{quote(dag_run_id)}"


def about_run(dag_id: str, dag_run_id: str) -> dict[str, str]:
    """The parts of an incident's body that lead to an Airflow run: its page, and how to run it again.

    The page has the button for it, too. A link that opens Airflow's form filled in does not exist (3.3).
    """
    again = f"make rerun DAG={shlex.quote(dag_id)} RUN={shlex.quote(dag_run_id)}"
    return {"airflow_run": run_url(dag_id, dag_run_id), "rerun": again}


def redrive_command(dataset: str, chunk_id: str = "") -> str:
    """The command that sends a stopped chunk, or all of the dataset, through again."""
    return f"make redrive DATASET={dataset}" + (f" CHUNK={chunk_id[:12]}" if chunk_id else "")


def backfill_command(dataset: str, day: date) -> str:
    """The command that makes up for the daily run of one event day."""
    return f"make backfill DATASET={dataset} FROM={day}"


def _page(subject: str) -> str:
    return f"docs/runbooks/{subject}.md"
