"""Airflow's REST API, as the stack's commands use it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import quote

from include.errors import StackError
from include.settings import DAILY_RUNS

ADMIN = "admin"

# Spark work is serialised: one heavy task at a time on one machine.
SPARK_POOL = "spark"
SPARK_SLOTS = 1


@dataclass(frozen=True)
class AirflowClient:
    """Its port on loopback, the administrator's password, and the log that its API server writes."""

    port: int
    password: str = field(repr=False)
    log: Path

    @property
    def url(self) -> str:
        """The address of UI and API."""
        return f"http://127.0.0.1:{self.port}"

    def token(self) -> str:
        """A bearer token of the administrator for its API. Raises StackError if there is none."""
        login = {"username": ADMIN, "password": self.password}
        status, answer = self._ask("POST", "/auth/token", login)
        if status != HTTPStatus.CREATED:
            raise StackError(f"Airflow refuses the log-in of {ADMIN} at {self.url}: {status} {answer}")
        return str(answer["access_token"])

    def ensure_pool(self) -> None:
        """The pool that serialises Spark work. A pool that is there keeps its slots, which people may change.

        Raises StackError if Airflow refuses.
        """
        token = self.token()
        if self._ask("GET", f"/api/v2/pools/{SPARK_POOL}", token=token)[0] == HTTPStatus.NOT_FOUND:
            pool = {"name": SPARK_POOL, "slots": SPARK_SLOTS, "description": "Spark work, one at a time"}
            status, answer = self._ask("POST", "/api/v2/pools", pool, token)
            if status != HTTPStatus.CREATED:
                raise StackError(f"Airflow does not make the pool {SPARK_POOL}: {status} {answer}")

    def rerun(self, dag_id: str, dag_run_id: str) -> None:
        """Clear what failed of a run, or all of one that succeeded. Raises StackError if Airflow refuses."""
        token = self.token()
        path = f"/api/v2/dags/{quote(dag_id, safe='')}/dagRuns/{quote(dag_run_id, safe='')}"
        status, run = self._ask("GET", path, token=token)
        if status == HTTPStatus.OK:
            wanted = {"dry_run": False, "only_failed": run["state"] != "success"}
            status, run = self._ask("POST", f"{path}/clear", wanted, token)
        if status != HTTPStatus.OK:
            raise StackError(f"Airflow does not run {dag_id} {dag_run_id} again: {status} {run}")

    def trigger(self, dag_id: str, form: Mapping[str, Any]) -> str:
        """Start a run with these values of its form; gives its id. Raises StackError if Airflow refuses."""
        path = f"/api/v2/dags/{quote(dag_id, safe='')}/dagRuns"
        wanted = {"logical_date": None, "conf": dict(form)}
        status, answer = self._ask("POST", path, wanted, self.token())
        if status != HTTPStatus.OK:
            raise StackError(f"Airflow does not run {dag_id}: {status} {answer.get('detail', answer)}")
        return str(answer["dag_run_id"])

    def state(self, dag_id: str, dag_run_id: str) -> str:
        """The state of a run. Raises StackError if Airflow does not know it."""
        path = f"/api/v2/dags/{quote(dag_id, safe='')}/dagRuns/{quote(dag_run_id, safe='')}"
        status, run = self._ask("GET", path, token=self.token())
        if status != HTTPStatus.OK:
            raise StackError(f"Airflow does not tell the state of {dag_id} {dag_run_id}: {status} {run}")
        return str(run["state"])

    def backfill(self, dag_id: str, first: datetime, last: datetime, *, backwards: bool) -> int:
        """Start a backfill of the intervals that begin from `first` to `last`, those that ran before too.

        Gives its id. Raises StackError if Airflow refuses, as while another of this DAG is running.
        """
        wanted = {
            "dag_id": dag_id,
            "from_date": first.isoformat(),
            "to_date": last.isoformat(),
            "run_backwards": backwards,
            "reprocess_behavior": "completed",
            "max_active_runs": DAILY_RUNS,
        }
        status, answer = self._ask("POST", "/api/v2/backfills", wanted, self.token())
        if status != HTTPStatus.OK:
            raise StackError(f"Airflow does not backfill {dag_id}: {status} {answer.get('detail', answer)}")
        return int(answer["id"])

    def healthy(self, part: str, since: float) -> bool:
        """Whether a part (scheduler, dag_processor, triggerer) has reported after this Unix time."""
        try:
            status, health = self._call("GET", "/api/v2/monitor/health")
        except OSError:
            return False
        beat = (health.get(part) or {}).get(f"latest_{part}_heartbeat") if status == HTTPStatus.OK else None
        return beat is not None and datetime.fromisoformat(beat).timestamp() >= since

    def answers(self) -> bool:
        """Whether its API answers."""
        try:
            return self._call("GET", "/api/v2/version")[0] == HTTPStatus.OK
        except OSError:
            return False

    def _ask(
        self, method: str, path: str, body: object = None, token: str | None = None
    ) -> tuple[int, dict[str, Any]]:
        """Status and JSON of one API call. Raises StackError if there is no answer."""
        try:
            return self._call(method, path, body, token)
        except OSError as error:
            raise StackError(
                f"Airflow does not answer at {self.url}: {error}\nIts log: {self.log}; `make up` starts it"
            ) from error

    def _call(
        self, method: str, path: str, body: object = None, token: str | None = None
    ) -> tuple[int, dict[str, Any]]:
        """Status and JSON of one API call. Asked often while starting, so without httpx, which costs more."""
        headers = {"Content-Type": "application/json"} | (
            {"Authorization": f"Bearer {token}"} if token else {}
        )
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, json.dumps(body) if body is not None else None, headers)
            answer = connection.getresponse()
            content = answer.read()
        except HTTPException as error:
            raise ConnectionError(f"Airflow at {self.url} broke off: {error!r}") from error
        finally:
            connection.close()
        is_json = (answer.getheader("Content-Type") or "").startswith("application/json")
        return answer.status, json.loads(content) if is_json else {}
