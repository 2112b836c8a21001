"""A flow: a dataset's DAGs, as a typed object that builds them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from airflow.sdk import DAG, CronDataIntervalTimetable

from dags.flows.defaults import FIRST_DAY, defaults
from dags.flows.form import form
from dags.flows.manual import bounds
from dags.flows.tasks import STAGES, land_task, stage_task, verdict_task
from dags.flows.watch import watch
from include.datasets import contract
from include.settings import DAILY_RUNS
from plugins.notifiers import RunNotifier

# Reference data goes first where both wait for Spark, since rules wait for it in turn.
PRIORITY = {"reference": 100, "events": 1}


@dataclass(frozen=True)
class Flow:
    """A dataset's DAGs: the flow, run for chunks or by hand; a watch that runs it whenever chunks wait; and
    for events the same flow once a day, over a data interval."""

    dataset: str
    doc: str
    stages: tuple[str, ...] = tuple(STAGES)

    @property
    def manual(self) -> str:
        """What a data engineer reads beside the DAG: its own words, the dataset's contract, the settings."""
        about = contract(self.dataset).as_markdown()
        return f"{self.doc}\n\n## The dataset\n\n{about}\n\n{bounds(self.dataset, self.stages)}"

    def flow(self) -> DAG:
        """Run for chunks: evaluates the end of the newest event day.

        One run at a time: then every evaluation is loaded in the order of what it knew, and none is
        superseded. Spark takes one job at a time anyway.
        """
        return self._dag(self.dataset, {"schedule": None, "max_active_runs": 1})

    def daily(self) -> DAG:
        """Run for a day of the dataset's zone: evaluates its end. Several days at once, in any order."""
        zone = ZoneInfo(contract(self.dataset).zone)
        schedule = {
            "schedule": CronDataIntervalTimetable("0 0 * * *", timezone=zone.key),
            "start_date": FIRST_DAY.replace(tzinfo=zone),
            "catchup": False,
            "max_active_runs": DAILY_RUNS,
        }
        return self._dag(f"{self.dataset}_daily", schedule)

    def watch(self) -> DAG:
        """Waits for chunks and runs the flow for them."""
        return watch(self.dataset, self.manual)

    def _dag(self, dag_id: str, schedule: Mapping[str, Any]) -> DAG:
        """land, then the other stages in a row, and beside them `check_verdict`, red if chunks were held."""
        about = contract(self.dataset)
        with DAG(
            dag_id,
            description=f"land -> {' -> '.join(self.stages)}",
            doc_md=self.manual,
            default_args=defaults(self.dataset, about.owner, priority=PRIORITY[about.kind]),
            params=form(self.dataset),
            tags=["vigil", self.dataset, "daily" if schedule["schedule"] else "flow"],
            on_success_callback=[RunNotifier(succeeded=True)],
            on_failure_callback=[RunNotifier(succeeded=False)],
            **schedule,
        ) as dag:
            ledger_run = land_task(self.dataset, daily=bool(schedule["schedule"]))
            for stage in self.stages:
                ledger_run = stage_task(self.dataset, stage, ledger_run)
                if stage == "check":
                    verdict_task(ledger_run)
        return dag
