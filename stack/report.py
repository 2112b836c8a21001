"""What a demo found, beside what had been planted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from include.settings import get_settings
from include.store.connection import transaction
from include.store.figures import Alerts, Rows, alert_figures, dataset_figures
from include.store.report import (
    NearMiss,
    StageSeconds,
    near_misses,
    open_entities,
    quarantine_reasons,
    stage_seconds,
)
from sources.transactions import Truth

Entity = Mapping[str, str]


def _names(entities: Iterable[Entity]) -> set[str]:
    """Entities in words, as they are compared and shown: customer at merchant, or merchant."""
    return {
        " at ".join(entity[part] for part in ("customer", "merchant") if part in entity)
        for entity in entities
    }


@dataclass(frozen=True)
class Report:
    """The ledger's figures of the transactions, beside the truth of the sample that was fed."""

    truth: Truth
    rows: Rows
    reasons: dict[str, int]
    open: dict[str, set[str]]
    near: list[NearMiss]
    alerts: Alerts
    seconds: list[StageSeconds]

    @classmethod
    def read(cls, truth: Truth) -> Report:
        """Reads the ledger."""
        profile = get_settings().profile
        with transaction() as conn:
            found = open_entities(conn, "transactions", profile)
            return cls(
                truth=truth,
                rows=dataset_figures(conn)["transactions"].rows,
                reasons=quarantine_reasons(conn, "transactions"),
                open={rule: _names(entities) for rule, entities in found.items()},
                near=near_misses(conn, "transactions", profile),
                alerts=alert_figures(conn),
                seconds=stage_seconds(conn, "transactions"),
            )

    @property
    def problems(self) -> list[str]:
        """What is not as it was planted, in words."""
        found = []
        for rule, entities in self.truth.detections.items():
            planted, flagged = _names(entities), self.open.get(rule, set())
            near = _names(miss["entity"] for miss in self.truth.near_misses[rule])
            for what, names in (
                ("planted and missed", planted - flagged),
                ("a near miss, and flagged", flagged & near),
                ("not planted, and flagged", flagged - planted - near),
            ):
                found += [f"{rule}: {name} was {what}" for name in sorted(names)]
        if self.rows.rows_in < self.truth.rows:
            found.append(f"{self.truth.rows} rows were fed, {self.rows.rows_in} are in the ledger")
        if self.rows.rows_in > self.truth.rows:
            more = self.rows.rows_in - self.truth.rows
            found.append(
                f"{more} rows more than the sample were fed, so this compares nothing; `make clean` first"
            )
        for reason in sorted(self.truth.bad.keys() | self.reasons.keys()):
            planted_rows, quarantined = self.truth.bad.get(reason, 0), self.reasons.get(reason, 0)
            if planted_rows != quarantined:
                found.append(f"{reason}: {planted_rows} bad rows were planted, {quarantined} quarantined")
        return found

    def show(self, console: Console) -> None:
        """Prints it as tables."""
        rows = Table("rows fed", *self.rows.model_dump(), title="Rows by fate")
        rows.add_row(f"{self.truth.rows:,}", *(f"{n:,}" for n in self.rows.model_dump().values()))
        reasons = Table("reason", "planted", "quarantined", title="Bad rows")
        for reason in sorted(self.truth.bad.keys() | self.reasons.keys()):
            reasons.add_row(reason, str(self.truth.bad.get(reason, 0)), str(self.reasons.get(reason, 0)))
        detections = Table(
            "rule",
            "planted",
            "found",
            "missed",
            "near misses planted",
            "of them flagged",
            "others",
            title="Detections",
        )
        for rule, entities in self.truth.detections.items():
            planted, flagged = _names(entities), self.open.get(rule, set())
            near = _names(miss["entity"] for miss in self.truth.near_misses[rule])
            counts = (
                planted,
                planted & flagged,
                planted - flagged,
                near,
                near & flagged,
                flagged - planted - near,
            )
            detections.add_row(rule, *(str(len(names)) for names in counts))
        near_table = Table("rule", "entity", "lacks", title="Nearest misses")
        for miss in self.near:
            near_table.add_row(miss.rule, *_names([miss.entity]), miss.lacks)
        seconds = Table("stage", "runs", "mean", "longest", title="Seconds per stage")
        for stage in self.seconds:
            seconds.add_row(stage.stage, str(stage.runs), f"{stage.mean:.1f}", f"{stage.longest:.1f}")
        console.print(rows, reasons, detections, near_table, seconds)
        console.print(self.alerts.in_words())
