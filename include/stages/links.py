"""Where a message leads: pages, runbooks, and the command that runs something again."""

from __future__ import annotations

import shlex
from datetime import date
from typing import TYPE_CHECKING
from urllib.parse import quote

from include.settings import get_settings

if TYPE_CHECKING:
    from include.store.incidents import Kind

# Where Airflow's API server mounts the pages of a run (plugins/pages.py).
PAGES = "/vigil"


def runbook(kind: Kind) -> str:
    """The page that says what on-call people should do; detections have one a rule."""
    return _page(kind)


def runbook_of_rule(rule: str) -> str:
    """The page that says what on-call people should do about detections of this rule."""
    return _page(rule)


def run_url(dag_id: str, dag_run_id: str) -> str:
    """The page of an Airflow run."""
    return f"{get_settings().airflow_url.rstrip('/')}/dags/{quote(dag_id)}/runs/{quote(dag_run_id)}"


def page_url(dag_id: str, dag_run_id: str, page: str) -> str:
    """One of the platform's own pages of an Airflow run: `docs`, `quarantine` or `detections`."""
    base = get_settings().airflow_url.rstrip("/")
    return f"{base}{PAGES}/{quote(dag_id)}/{quote(dag_run_id, safe='')}/{page}"


def about_run(dag_id: str, dag_run_id: str) -> dict[str, str]:
    """The parts of an incident's body that lead to a run: its page, its Data Docs, how to run it again.

    Airflow's page has the button for it, too. A link that opens its form filled in does not exist (3.3). The
    run is one that the ledger knows: of others there are no Data Docs.
    """
    about = {"airflow_run": run_url(dag_id, dag_run_id), "rerun": rerun_command(dag_id, dag_run_id)}
    if get_settings().airflow_url:
        about["data_docs"] = page_url(dag_id, dag_run_id, "docs")
    return about


def rerun_command(dag_id: str, dag_run_id: str) -> str:
    """The command that runs an Airflow run again."""
    return f"make rerun DAG={shlex.quote(dag_id)} RUN={shlex.quote(dag_run_id)}"


def redrive_command(dataset: str, chunk_id: str = "") -> str:
    """The command that sends a stopped chunk, or all of the dataset, through again."""
    return f"make redrive DATASET={dataset}" + (f" CHUNK={chunk_id[:12]}" if chunk_id else "")


def backfill_command(dataset: str, day: date) -> str:
    """The command that makes up for the daily run of one event day, or evaluates the day again."""
    return f"make backfill DATASET={dataset} FROM={day}"


def feed_command(dataset: str, key: str) -> str:
    """The command that puts an object again, in slices, from a local copy of that name."""
    return f"make feed DATASET={dataset} FILE={shlex.quote(key.rpartition('/')[2])}"


def wait_command() -> str:
    """The command that says what a dataset waits for, and which run failed: what rests cannot be rerun."""
    return "make wait TIMEOUT=60"


def _page(subject: str) -> str:
    return f"docs/runbooks/{subject}.md"
