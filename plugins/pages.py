"""Pages beside Airflow's own, for the links of task instances: a run's quarantine and its detections, live.

They are served by Airflow's API server and not as files beside Data Docs, because they show texts of rows and
entities, which need the log-in, and because detections change after their run. Whoever may see the task
instances of a DAG may see its runs' pages.
"""

from __future__ import annotations

from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow.sdk.plugins_manager import AirflowPlugin

from include.stages.links import PAGES

if TYPE_CHECKING:
    from fastapi import FastAPI
    from jinja2 import Environment

    from include.store.runs import Run

HTML = Path(__file__).resolve().parent / "html"


class VigilPages(AirflowPlugin):
    """Mounts the pages."""

    name = "vigil"

    # Airflow declares a plain attribute and only ever reads it, which a property serves as well.
    @cached_property
    def fastapi_apps(self) -> list[dict[str, Any]]:  # type: ignore[override]
        """Made when it is asked for: Airflow loads its plugins in every task's process too."""
        return [{"name": "vigil", "app": app(), "url_prefix": PAGES}]


def app() -> FastAPI:
    """The pages of a run, by the names that Airflow gives it."""
    from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity
    from airflow.api_fastapi.core_api.security import requires_access_dag
    from fastapi import Depends, FastAPI, Request
    from fastapi.responses import HTMLResponse, PlainTextResponse, RedirectResponse

    from include.errors import ConfigError
    from include.stages.pages import changes_by, docs_address, quarantine_of

    # A mounted app is open to anyone unless it asks who is there.
    may_see = Depends(requires_access_dag("GET", DagAccessEntity.TASK_INSTANCE))
    pages = FastAPI(dependencies=[may_see], docs_url=None, redoc_url=None, openapi_url=None)

    @pages.exception_handler(ConfigError)
    def unknown(request: Request, error: ConfigError) -> PlainTextResponse:
        return PlainTextResponse(f"{error}\n", 404)

    @pages.get("/{dag_id}/{dag_run_id}/docs", response_class=RedirectResponse)
    def docs(dag_id: str, dag_run_id: str) -> str:
        return docs_address(dag_id, dag_run_id)

    @pages.get("/{dag_id}/{dag_run_id}/quarantine", response_class=HTMLResponse)
    def quarantine(dag_id: str, dag_run_id: str) -> str:
        found = quarantine_of(dag_id, dag_run_id)
        return _render("quarantine.html", "Quarantine", found.run, found)

    @pages.get("/{dag_id}/{dag_run_id}/detections", response_class=HTMLResponse)
    def detections(dag_id: str, dag_run_id: str) -> str:
        found = changes_by(dag_id, dag_run_id)
        return _render("detections.html", "Detections", found.run, found)

    return pages


def _render(template: str, title: str, run: Run, found: object) -> str:
    from include.stages.links import redrive_command, run_url

    texts = {
        "title": title,
        "airflow": run_url(run.dag_id, run.dag_run_id),
        "redrive": redrive_command(run.dataset),
    }
    return _templates().get_template(template).render(**texts, run=run, found=found)


@cache
def _templates() -> Environment:
    from jinja2 import Environment, FileSystemLoader

    from include.quality.data_docs import SITE

    known = Environment(loader=FileSystemLoader(HTML), autoescape=True)
    known.globals["style"] = (SITE / "style.css").read_text()
    return known
