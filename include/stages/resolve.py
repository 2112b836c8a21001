"""Which incidents are over, as the stages find out while they publish (ADR 9).

Those of failed tasks are ended by Airflow's callbacks; any, by a person with `make resolve`.
"""

from __future__ import annotations

from include.stages.links import run_url
from include.store.connection import Connection
from include.store.incidents import detections_over, mended, resolve_incidents
from include.store.runs import Run

MENDED = "what was stopped has passed its check since, or a newer file of its name did"
NONE_HOLDS = "none of the day's detections of this rule holds any longer"


def resolve_mended(conn: Connection, run: Run) -> None:
    """End the incidents of the dataset's stopped chunks and unread objects whose cause is mended."""
    _resolve(conn, run, mended(conn, run.dataset), MENDED)


def resolve_detections(conn: Connection, run: Run) -> None:
    """End the incidents of the run's profile of whose detections none is open any more."""
    _resolve(conn, run, detections_over(conn, dataset=run.dataset, profile=run.profile), NONE_HOLDS)


def _resolve(conn: Connection, run: Run, fingerprints: list[str], reason: str) -> None:
    body = {"reason": reason, "airflow_run": run_url(run.dag_id, run.dag_run_id)}
    for fingerprint in fingerprints:
        resolve_incidents(conn, fingerprint=fingerprint, body=body, run_id=run.run_id)
