"""Alert: turns what a run newly found into incidents, and delivers what waits in the outbox.

The stage itself only writes incidents and the outbox, in its publishing transaction. Delivering is separate
(`deliver`), so that a channel which is down neither fails nor delays a run.
"""

from __future__ import annotations

import logging
from functools import partial
from typing import Any
from urllib.parse import quote

from include.channels import send
from include.errors import DeliveryError
from include.settings import get_settings
from include.spark_jobs.rules import rules
from include.stages.stage import Outcome, run_stage
from include.store.attempts import Attempt, Figures
from include.store.connection import Connection, transaction
from include.store.incidents import NewDetections, new_detections, open_incident
from include.store.outbox import Delivery, claim_delivery, delivery_due, mark_failed, mark_sent
from include.store.runs import Run

log = logging.getLogger("vigil.stages")

# New detections of an event day that open an incident, for a rule that no setting names.
DEFAULT_THRESHOLD = 1

# What on-call people should do about anything but detections.
PIPELINE_RUNBOOK = "docs/runbooks/pipeline.md"

# Seconds until an incident that was not accepted is tried again: doubled each time, so that the twelve tries
# of `alert_tries` span an hour.
FIRST_WAIT = 2.0
LONGEST_WAIT = 3600.0


def alert(run_id: int) -> Figures:
    """Open an incident for each rule and event day whose new detections reached the run's threshold.

    Counted are the detections ever recorded for that rule, profile and event day, since an event day arrives
    in many chunks: the run that reaches the threshold opens the incident, later ones repeat it. A run that
    failed between load and alert is made up for by the next one of its profile, under that one's thresholds.
    Gives `incidents` (ids) and `repeated` (how many of them had been open).
    """
    return run_stage("alert", run_id, _alert)


def _alert(run: Run, attempt: Attempt) -> Outcome:
    return Outcome(figures={"incidents": [], "repeated": 0}, publish=partial(_report, run))


def _report(run: Run, conn: Connection) -> Figures:
    incidents = []
    for new in new_detections(conn, run_id=run.run_id, dataset=run.dataset, profile=run.profile):
        if new.found < run.scope.alert_thresholds.get(new.rule, DEFAULT_THRESHOLD):
            continue
        rule = rules(run.dataset)[new.rule]
        incident = open_incident(
            conn,
            kind="detections",
            dataset=run.dataset,
            severity=rule.severity,
            fingerprint=f"detections:{run.dataset}:{new.rule}:{run.profile}:{new.event_day}",
            title=f"{new.found} {rule.action_type} in {run.dataset} on {new.event_day}",
            body=_body(run, new),
            run_id=run.run_id,
        )
        incidents.append(incident)
    return {
        "incidents": [incident.incident_id for incident in incidents],
        "repeated": sum(incident.repeats > 0 for incident in incidents),
    }


def _body(run: Run, new: NewDetections) -> dict[str, Any]:
    return {
        "rule": new.rule,
        "profile": run.profile,
        "event_day": new.event_day.isoformat(),
        "found": new.found,
        "added_by_run": new.added,
        "threshold": run.scope.alert_thresholds.get(new.rule, DEFAULT_THRESHOLD),
        "entities": new.entities,
        "runbook": f"docs/runbooks/{new.rule}.md",
        "airflow_run": run_url(run.dag_id, run.dag_run_id),
        "data_docs": get_settings().docs_url,
    }


def run_url(dag_id: str, dag_run_id: str) -> str:
    """The page of an Airflow run."""
    return f"{get_settings().airflow_url.rstrip('/')}/dags/{quote(dag_id)}/runs/{quote(dag_run_id)}"


def due() -> bool:
    """Whether a delivery waits that nobody is sending."""
    with transaction() as conn:
        return delivery_due(conn)


def deliver() -> Figures:
    """Send everything that is due, one delivery at a time, each in a transaction that also marks it.

    A kill between a channel's acceptance and the mark sends the same message with the same idempotency key
    again. No error of a channel, of whatever type, keeps the other deliveries from their turn.

    Gives `sent`, `failed` (tried again later) and `dead` (given up after `alert_tries`).
    """
    counts = {"sent": 0, "failed": 0, "dead": 0}
    while (outcome := _deliver_one()) is not None:
        counts[outcome] += 1
    return counts


def _deliver_one() -> str | None:
    with transaction() as conn:
        delivery = claim_delivery(conn)
        if delivery is None:
            return None
        try:
            send(delivery.channel, _message(delivery), delivery.idempotency_key)
        except Exception as error:  # whatever it is, it must not keep the other deliveries from their turn
            expected = isinstance(error, DeliveryError)
            text = str(error) if expected else f"{type(error).__name__}: {error}"
            where = (delivery.incident_id, delivery.channel)
            log.warning("incident %d, %s: %s", *where, text, exc_info=None if expected else error)
            wait = min(FIRST_WAIT * 2**delivery.tries, LONGEST_WAIT)
            most = get_settings().alert_tries
            status = mark_failed(conn, delivery, error=text, wait=wait, most_tries=most)
            return "dead" if status == "dead" else "failed"
        mark_sent(conn, delivery)
        return "sent"


def _message(delivery: Delivery) -> dict[str, Any]:
    return delivery.model_dump(mode="json", exclude={"channel", "idempotency_key", "tries"})
