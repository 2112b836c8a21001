"""A client of a running stack's Airflow: triggers a DAG with a form and waits for the end of its run."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import quote

import httpx

from include.settings import Settings
from stack.airflow_client import ADMIN
from stack.credentials import load_credentials


class AirflowApi:
    """The public API of the Airflow of a running stack, as its administrator."""

    def __init__(self, settings: Settings) -> None:
        url = settings.airflow_url
        password = load_credentials(settings.home / "secrets.json").airflow_admin_password
        login = {"username": ADMIN, "password": password}
        answer = httpx.post(f"{url}/auth/token", json=login, timeout=30)
        answer.raise_for_status()
        token = answer.json()["access_token"]
        self.client = httpx.Client(
            base_url=f"{url}/api/v2", headers={"Authorization": f"Bearer {token}"}, timeout=60
        )

    def trigger(self, dag_id: str, form: dict[str, Any]) -> str:
        """Triggers the DAG as its form would; gives the run's id."""
        answer = self.client.post(f"/dags/{dag_id}/dagRuns", json={"logical_date": None, "conf": form})
        answer.raise_for_status()
        run_id: str = answer.json()["dag_run_id"]
        return run_id

    def state(self, dag_id: str, run_id: str) -> str:
        """The state of a DAG run."""
        answer = self.client.get(f"/dags/{dag_id}/dagRuns/{quote(run_id, safe='')}")
        answer.raise_for_status()
        state: str = answer.json()["state"]
        return state

    def wait(self, dag_id: str, run_id: str, timeout: float = 900) -> str:
        """The state in which the run ended. Raises TimeoutError if it has not after `timeout` seconds."""
        deadline = time.monotonic() + timeout
        while (state := self.state(dag_id, run_id)) not in ("success", "failed"):
            if time.monotonic() > deadline:
                raise TimeoutError(f"{dag_id} {run_id} is still {state} after {timeout:g} seconds")
            time.sleep(2)
        return state

    def links(self, dag_id: str, run_id: str, task_id: str) -> dict[str, str | None]:
        """The extra links of a task instance, by name."""
        path = f"/dags/{dag_id}/dagRuns/{quote(run_id, safe='')}/taskInstances/{task_id}/links"
        answer = self.client.get(path)
        answer.raise_for_status()
        links: dict[str, str | None] = answer.json()["extra_links"]
        return links

    def asset_events(self, dag_id: str, run_id: str) -> dict[str, dict[str, Any]]:
        """What the tasks of a run told of their assets, by the asset's name."""
        source = {"source_dag_id": dag_id, "source_run_id": run_id}
        answer = self.client.get("/assets/events", params={**source, "limit": 100})
        answer.raise_for_status()
        return {event["name"]: event["extra"] for event in answer.json()["asset_events"]}
