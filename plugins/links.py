"""Buttons on task instances: to the Data Docs, the quarantine and the detections of their run.

A link is made of the run's name alone, so that a task that failed because Postgres was away does not wait for
it once more; the page behind it looks up the rest when somebody asks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
from airflow.sdk import BaseOperatorLink

from include.stages.links import page_url

if TYPE_CHECKING:
    from airflow.sdk import BaseOperator
    from airflow.sdk.types import TaskInstanceKey


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
        return page_url(ti_key.dag_id, ti_key.run_id, self.page)


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
