"""What a demo found, beside what had been planted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from include.settings import get_settings
from include.spark_jobs.pseudonyms import Keys
from include.spark_jobs.rules import rules
from include.stages.personal import configured_keys
from include.store.connection import Connection, transaction
from include.store.figures import Alerts, Rows, alert_figures, dataset_figures
from include.store.report import (
    NearMiss,
    StageSeconds,
    held_by_day,
    near_misses,
    open_entities,
    quarantine_reasons,
    stage_seconds,
)
from sources.behaviours.truth import Truth
from stack.judged import Found, Judged, judge


@dataclass(frozen=True)
class DatasetReport:
    """The ledger's figures of a dataset, beside the truth of the sample that was fed.

    `reasons`: quarantined rows. `found`: by rule. `near`: what its newest run nearly found.
    """

    truth: Truth
    keys: Keys
    rows: Rows
    reasons: Mapping[str, int]
    found: Mapping[str, Found]
    near: list[NearMiss]
    seconds: list[StageSeconds]

    @classmethod
    def read(cls, conn: Connection, truth: Truth) -> DatasetReport:
        """Reads the ledger."""
        dataset, profile = truth.dataset, get_settings().profile
        by_day = held_by_day(conn, dataset, profile)
        now = open_entities(conn, dataset, profile)
        return cls(
            truth=truth,
            keys=configured_keys(),
            rows=dataset_figures(conn)[dataset].rows,
            reasons=quarantine_reasons(conn, dataset),
            found={rule: Found(by_day.get(rule, []), now.get(rule, [])) for rule in rules(dataset)},
            near=near_misses(conn, dataset, profile),
            seconds=stage_seconds(conn, dataset),
        )

    @property
    def judged(self) -> list[Judged]:
        """Each rule that the truth names, beside it."""
        return [
            judge(self.truth, rule, self.found.get(rule, Found()), self.keys)
            for rule in self.truth.detections
        ]

    @property
    def not_planted(self) -> dict[str, int]:
        """By rule of which the truth says nothing, how many entities it found, each day for itself."""
        others = self.found.keys() - self.truth.detections.keys()
        return {rule: len(self.found[rule].by_day) for rule in sorted(others)}

    @property
    def bad(self) -> dict[str, tuple[int, int]]:
        """By reason the bad rows that were planted, and those in quarantine."""
        reasons = sorted(self.truth.bad.keys() | self.reasons.keys())
        return {reason: (self.truth.bad.get(reason, 0), self.reasons.get(reason, 0)) for reason in reasons}

    @property
    def problems(self) -> list[str]:
        """What is not as it was planted, in words."""
        found = [problem for judged in self.judged for problem in judged.problems]
        name, more = self.truth.dataset, self.rows.rows_in - self.truth.rows
        if more < 0:
            found.append(f"{name}: {self.truth.rows} rows were fed, {self.rows.rows_in} are in the ledger")
        if more > 0:
            found.append(
                f"{name}: {more} rows more than the sample were fed, so this compares nothing; "
                "`make clean` first"
            )
        return found + [
            f"{name}: {reason}: {planted} bad rows were planted, {quarantined} quarantined"
            for reason, (planted, quarantined) in self.bad.items()
            if planted != quarantined
        ]


@dataclass(frozen=True)
class Report:
    """The datasets of the sample, in the order of feeding, and the alerts that went out."""

    datasets: list[DatasetReport]
    alerts: Alerts

    @classmethod
    def read(cls, truths: Mapping[str, Truth]) -> Report:
        """Reads the ledger."""
        with transaction() as conn:
            datasets = [DatasetReport.read(conn, truth) for truth in truths.values()]
            return cls(datasets, alert_figures(conn))

    @property
    def problems(self) -> list[str]:
        """What is not as it was planted, in words."""
        return [problem for dataset in self.datasets for problem in dataset.problems]
