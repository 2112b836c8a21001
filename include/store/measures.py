"""The ledger as measures: numbers with a name and labels, for those who watch them over time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, get_args

from include.datasets import contracts
from include.spark_jobs.rules import rules
from include.store.chunks import Status
from include.store.connection import Connection, fetch_all
from include.store.figures import DatasetFigures, Episodes, dataset_figures, episodes_by_rule
from include.store.outbox import Status as DeliveryStatus

# What each measure tells. All are numbers of now, so that one that is missed is made up for by the next.
MEANINGS = {
    "vigil.chunks": "chunks by status; landed and checked ones are on their way",
    "vigil.rows": "rows of all checked chunks by fate",
    "vigil.lag_seconds": "age of the oldest landed chunk that is not in the aggregates yet; 0: none",
    "vigil.landing_to_alert_seconds": "from landing to the end of alert, of the newest run with chunks",
    "vigil.stage_seconds": "duration of the newest published attempt of a stage",
    "vigil.runs": "runs by status",
    "vigil.detections_open": "detections that are open now, by rule",
    "vigil.detections_recorded": "detections ever recorded, by rule; what it grows by is new",
    "vigil.outbox": "deliveries of alerts by channel and status; dead ones were given up",
    "vigil.outbox_age_seconds": "age of the oldest alert that a channel has not accepted yet; 0: none",
}

STAGES = ("land", "check", "aggregate", "detect", "load", "alert")
RUN_STATUSES = ("running", "succeeded", "failed")


class Measure(NamedTuple):
    """One number now. The name is one of MEANINGS."""

    name: str
    value: float
    labels: dict[str, str]


def measures(conn: Connection) -> list[Measure]:
    """All of them, with zeros for datasets, rules and statuses without any: a series must not just stop."""
    return [*_datasets(conn), *_flow(conn), *_detections(conn), *_deliveries(conn)]


def _datasets(conn: Connection) -> Iterator[Measure]:
    known = dataset_figures(conn)
    for dataset in contracts():
        figures = known.get(dataset, DatasetFigures())
        for status in get_args(Status):
            labels = {"dataset": dataset, "status": status}
            yield Measure("vigil.chunks", figures.chunks.get(status, 0), labels)
        for fate, rows in figures.rows.model_dump(exclude={"rows_in"}).items():
            yield Measure("vigil.rows", rows, {"dataset": dataset, "fate": fate})


def _flow(conn: Connection) -> Iterator[Measure]:
    lags = {row["dataset"]: row["seconds"] for row in fetch_all(conn, "figures/lag")}
    runs = {(row["dataset"], row["status"]): row["runs"] for row in fetch_all(conn, "figures/runs")}
    for dataset in contracts():
        yield Measure("vigil.lag_seconds", lags.get(dataset, 0), {"dataset": dataset})
        for status in RUN_STATUSES:
            labels = {"dataset": dataset, "status": status}
            yield Measure("vigil.runs", runs.get((dataset, status), 0), labels)
    for row in fetch_all(conn, "figures/landing_to_alert"):
        yield Measure("vigil.landing_to_alert_seconds", row["seconds"], {"dataset": row["dataset"]})
    for row in fetch_all(conn, "figures/stages", stages=list(STAGES)):
        labels = {"dataset": row["dataset"], "stage": row["stage"]}
        yield Measure("vigil.stage_seconds", row["seconds"], labels)


def _detections(conn: Connection) -> Iterator[Measure]:
    known = episodes_by_rule(conn)
    for rule in rules():
        found = known.get(rule, Episodes(open=0, closed=0))
        yield Measure("vigil.detections_open", found.open, {"rule": rule})
        yield Measure("vigil.detections_recorded", found.open + found.closed, {"rule": rule})


def _deliveries(conn: Connection) -> Iterator[Measure]:
    for row in fetch_all(conn, "figures/outbox", statuses=list(get_args(DeliveryStatus))):
        labels = {"channel": row["channel"], "status": row["status"]}
        yield Measure("vigil.outbox", row["deliveries"], labels)
        if row["status"] == "pending":
            yield Measure("vigil.outbox_age_seconds", row["seconds"], {"channel": row["channel"]})
