"""Buttons on task instances: to the Data Docs, the quarantine and the detections of their run.

A link is made of the run's name alone, so that a task that failed because Postgres was away does not wait for
it once more; the page behind it looks up the rest when somebody asks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import attrs
from airflow.sdk import BaseOperatorLink

from include.settings import get_settings

if TYPE_CHECKING:
    from airflow.sdk import BaseOperator
    from airflow.sdk.types import TaskInstanceKey

# Where Airflow's API server mounts the pages (plugins/pages.py).
PREFIX = "/vigil"


@attrs.define(frozen=True)
class PageLink(BaseOperatorLink):
    """A button `name` that leads to one of the pages of a run."""

    name: str
    page: str

    @property
    def xcom_key(self) -> str:
        """Where the task's process leaves the address for the UI."""
        return f"_link_{self.page}"

    def get_link(self, operator: BaseOperator, *, ti_key: TaskInstanceKey) -> str:
        base = get_settings().airflow_url.rstrip("/")
        return f"{base}{PREFIX}/{quote(ti_key.dag_id)}/{quote(ti_key.run_id, safe='')}/{self.page}"


DOCS = PageLink("Data Docs", "docs")
QUARANTINE = PageLink("Quarantine", "quarantine")
DETECTIONS = PageLink("Detections", "detections")

# The links of a stage's task.
LINKS = {
    "check": (DOCS, QUARANTINE),
    "check_verdict": (DOCS, QUARANTINE),
    "load": (DETECTIONS,),
    "alert": (DETECTIONS,),
}


def linked(done: Any) -> Any:
    """A task with its links; they belong to its operator, since those of a plugin go by class."""
    done.operator.operator_extra_links = LINKS.get(done.operator.task_id, ())
    return done
