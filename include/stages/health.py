"""Health: what the platform finds wrong with itself becomes incidents, which end when it is over.

A look judges everything anew: what is wrong opens an incident or repeats it, and one that is open and found
to be over is resolved. What a look cannot judge it leaves as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from include.stages.links import runbook
from include.store.attempts import Figures
from include.store.connection import Connection
from include.store.health import open_fingerprints
from include.store.incidents import Kind, Severity, open_incident, resolve_incidents

# How bad each kind is: without the first three no detections come, the others may make them wrong.
SEVERITIES: dict[Kind, Severity] = {
    "stale": "critical",
    "missing_run": "critical",
    "hanging_run": "critical",
    "anomaly": "warning",
    "schema_drift": "warning",
}


@dataclass(frozen=True)
class Report:
    """One thing that is wrong: `about` tells it apart from others of its kind and dataset."""

    kind: Kind
    about: str
    title: str
    body: dict[str, Any]
    run_id: int | None = None


def tell(
    conn: Connection, dataset: str, kind: Kind, reports: Iterable[Report], over: Callable[[str], str | None]
) -> Figures:
    """Opens or repeats an incident for each report of this kind, and resolves open ones that are over.

    `over` is asked about every open one that is not among the reports, by what it is about: a sentence that
    says why it is over, or None if it is not. Gives how many were `opened`, `repeated` and `resolved`.
    """
    counts = {"opened": 0, "repeated": 0, "resolved": 0}
    prefix = f"{kind}:{dataset}:"
    told = set()
    for report in reports:
        if report.kind != kind:
            continue
        incident = open_incident(
            conn,
            kind=kind,
            dataset=dataset,
            severity=SEVERITIES[kind],
            fingerprint=prefix + report.about,
            title=report.title,
            body=report.body | {"runbook": runbook(kind)},
            run_id=report.run_id,
        )
        told.add(prefix + report.about)
        counts["repeated" if incident.repeats else "opened"] += 1
    for fingerprint in open_fingerprints(conn, kind, dataset):
        if fingerprint not in told and (reason := over(fingerprint.removeprefix(prefix))):
            resolve_incidents(conn, fingerprint=fingerprint, body={"reason": reason}, run_id=None)
            counts["resolved"] += 1
    return counts
