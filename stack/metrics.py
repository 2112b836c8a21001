"""`make metrics`: the platform's measures in Prometheus' text format, by the dashboard's names."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from itertools import groupby

from include.store.connection import transaction
from include.store.measures import MEANINGS, Measure, measures

# Airflow's own prefix, under which its metrics and these are sent.
PREFIX = "airflow"


def metrics() -> None:
    """The platform's measures now, in Prometheus' text format."""
    with transaction() as conn:
        found = measures(conn)
    sys.stdout.write(as_text(found))


def as_text(found: Iterable[Measure]) -> str:
    """The measures as Prometheus reads them."""
    lines = []
    for name, series in groupby(sorted(found, key=_name), key=_name):
        shown = prometheus_name(name)
        lines += [f"# HELP {shown} {MEANINGS[name]}", f"# TYPE {shown} gauge"]
        for measure in series:
            # Quotes and backslashes are escaped as JSON escapes them.
            labels = ",".join(f"{label}={json.dumps(value)}" for label, value in measure.labels.items())
            lines.append(f"{shown}{{{labels}}} {measure.value}")
    return "".join(f"{line}\n" for line in lines)


def _name(measure: Measure) -> str:
    return measure.name


def prometheus_name(name: str) -> str:
    """What Prometheus makes of the name of a gauge that Airflow sends over OTLP."""
    return f"{PREFIX}.{name}".replace(".", "_")
