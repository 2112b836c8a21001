"""Alert: turns what a run newly found into incidents.

The stage only writes incidents and the outbox, in its publishing transaction; `deliver` sends them.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from include.spark_jobs.rules import rules
from include.stages.links import about_run, runbook_of_rule
from include.stages.resolve import resolve_detections
from include.stages.stage import Outcome, run_stage
from include.store.attempts import Attempt, Figures
from include.store.connection import Connection
from include.store.detections import lock_episodes
from include.store.incidents import NewDetections, new_detections, open_incident, tell_of
from include.store.runs import Run

# New detections of an event day that open an incident, for a rule that no setting names.
DEFAULT_THRESHOLD = 1


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
    # No load is halfway: what it records is seen here, or it is published later than this, and told later.
    lock_episodes(conn, run.dataset, run.profile, rules(run.dataset))
    resolve_detections(conn, run)
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
        tell_of(
            conn,
            incident.incident_id,
            dataset=run.dataset,
            profile=run.profile,
            rule=new.rule,
            event_day=new.event_day,
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
        "runbook": runbook_of_rule(new.rule),
        **about_run(run.dag_id, run.dag_run_id),
    }
