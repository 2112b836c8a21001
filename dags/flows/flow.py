"""A flow: a dataset's DAGs, as a typed object that builds them."""

from __future__ import annotations

from dataclasses import dataclass

from airflow.sdk import DAG

from dags.flows.defaults import FIRST_DAY, defaults
from dags.flows.form import form
from dags.flows.tasks import STAGES, flow_task, land_task, stage_task, verdict_task
from include.datasets import contract
from include.settings import get_settings
from plugins.notifiers import RunNotifier
from plugins.sensors import ChunksSensor

# Reference data goes first where both wait for Spark, since rules wait for it in turn.
PRIORITY = {"reference": 100, "events": 1}


@dataclass(frozen=True)
class Flow:
    """A dataset's two DAGs: the flow itself, and a watch that runs it whenever chunks wait."""

    dataset: str
    doc: str
    stages: tuple[str, ...] = tuple(STAGES)

    @property
    def manual(self) -> str:
        """What a data engineer reads beside the DAG: its own words, then the dataset's contract."""
        return f"{self.doc}\n\n## The dataset\n\n{contract(self.dataset).as_markdown()}"

    def flow(self) -> DAG:
        """land, then the other stages in a row, and beside them `check_verdict`, red if chunks were held.

        One run at a time: then every evaluation is loaded in the order of what it knew, and none is
        superseded. Spark takes one job at a time anyway.
        """
        about = contract(self.dataset)
        with DAG(
            self.dataset,
            description=f"land -> {' -> '.join(self.stages)}",
            doc_md=self.manual,
            schedule=None,
            max_active_runs=1,
            default_args=defaults(self.dataset, about.owner, priority=PRIORITY[about.kind]),
            params=form(self.dataset),
            tags=["vigil", self.dataset, "flow"],
            on_success_callback=[RunNotifier(succeeded=True)],
            on_failure_callback=[RunNotifier(succeeded=False)],
        ) as dag:
            ledger_run = land_task(self.dataset)
            for stage in self.stages:
                ledger_run = stage_task(stage, ledger_run)
                if stage == "check":
                    verdict_task(ledger_run)
        return dag

    def watch(self) -> DAG:
        """Waits for chunks, runs the flow for them and starts over, whether the flow succeeded or not."""
        about = contract(self.dataset)
        with DAG(
            f"{self.dataset}_watch",
            description=f"runs {self.dataset} whenever chunks wait",
            doc_md=self.manual,
            schedule="@continuous",
            start_date=FIRST_DAY,
            catchup=False,
            max_active_runs=1,
            default_args=defaults(self.dataset, about.owner),
            tags=["vigil", self.dataset, "watch"],
        ) as dag:
            chunks = ChunksSensor(
                task_id="wait_for_chunks",
                doc_md="Waits for objects under the dataset's prefix that the ledger has not seen.",
                dataset=self.dataset,
                seconds=get_settings().poll_seconds,
            )
            chunks >> flow_task(self.dataset)
        return dag
