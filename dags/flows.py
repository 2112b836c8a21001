"""A flow: what the DAGs of a dataset have in common, as a typed object that builds them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib import import_module
from typing import Any

from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk import DAG, get_current_context, task
from airflow.sdk.exceptions import AirflowFailException

from dags.forms import asked_for, form
from include.datasets import contract
from include.errors import ChunksHeld, ConfigError, ContractError
from include.settings import get_settings
from plugins.notifiers import IncidentNotifier, RunNotifier
from plugins.sensors import ChunksSensor

# Stages that use Spark wait for the one slot of this pool.
SPARK_POOL = "spark"
SPARK_STAGES = frozenset({"check", "aggregate", "detect"})

STAGES = {
    "check": "Gives every row its verdict, quarantines bad ones, and lets the suite judge each chunk.",
    "aggregate": "Adds the published events of new chunks to the state.",
    "detect": "Finds what holds at the end of the newest event day, with evidence.",
    "load": "Opens, refreshes and closes detections in Postgres, and exports the new ones to S3.",
    "alert": "Opens an incident where new detections of an event day reached their threshold.",
}

# Errors that trying again cannot mend: bad input, a wrong setting. Missing reference data may be on its way,
# so that is tried again.
LASTING = (ChunksHeld, ConfigError, ContractError)

# Reference data goes first where both wait for Spark, since rules wait for it in turn.
PRIORITY = {"reference": 100, "events": 1}

# Schedules without a data interval need a first day; it has no other meaning.
FIRST_DAY = datetime.fromisoformat("2026-01-01T00:00:00+00:00")


def defaults(dataset: str, owner: str, *, priority: int = 1) -> dict[str, Any]:
    """Arguments of every task: six tries in some minutes, none outliving the lease that its stage takes."""
    return {
        "owner": owner,
        "retries": 5,
        "retry_delay": timedelta(seconds=5),
        "retry_exponential_backoff": True,
        "max_retry_delay": timedelta(minutes=2),
        "execution_timeout": timedelta(seconds=get_settings().run_lease_seconds),
        "priority_weight": priority,
        "weight_rule": "absolute",
        "on_failure_callback": [IncidentNotifier(dataset=dataset)],
    }


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
            # Each task hands the run's number to the next, so that the graph shows the flow and nothing else.
            ledger_run = self._land()
            for stage in self.stages:
                ledger_run = self._stage(stage, ledger_run)
                if stage == "check":
                    self._check_verdict(ledger_run)
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
            run = TriggerDagRunOperator(
                task_id="run_flow",
                doc_md="Runs the flow and waits for its end. A failed flow has alerted by itself.",
                trigger_dag_id=self.dataset,
                # A name that a retry gives again, so that it starts no second run.
                trigger_run_id="watch__{{ run_id.split('__')[-1] }}",
                skip_when_already_exists=True,
                logical_date=None,
                wait_for_completion=True,
                deferrable=True,
                poke_interval=2,
                allowed_states=["success", "failed"],
                failed_states=[],
                execution_timeout=timedelta(days=1),
            )
            chunks >> run
        return dag

    def _land(self) -> Any:
        @task(task_id="land", doc_md="Fixes what the run is asked for, then claims and stores new objects.")
        def land() -> int:
            from include.stages.land import land
            from include.stages.start import start

            context = get_current_context()
            run = context["dag_run"]
            with lasting_errors():
                # Only a run that has started has tasks that run.
                assert run.start_date is not None
                run_id: int = start(
                    dataset=self.dataset,
                    dag_id=run.dag_id,
                    dag_run_id=run.run_id,
                    started_at=run.start_date,
                    **asked_for(self.dataset, context["params"]),
                )
                land(run_id)
            return run_id

        return land()

    def _stage(self, stage: str, ledger_run: Any) -> Any:
        module = f"include.stages.{stage}"

        @task(task_id=stage, doc_md=STAGES[stage], pool=SPARK_POOL if stage in SPARK_STAGES else None)
        def run(ledger_run: int) -> int:
            with lasting_errors():
                getattr(import_module(module), stage)(ledger_run)
            return ledger_run

        return run(ledger_run)

    def _check_verdict(self, ledger_run: Any) -> Any:
        @task(task_id="check_verdict", doc_md="Fails if chunks were held or unreadable; the others go on.")
        def check_verdict(ledger_run: int) -> None:
            from include.stages.check import verdict

            with lasting_errors():
                verdict(ledger_run)

        return check_verdict(ledger_run)


@contextmanager
def lasting_errors() -> Iterator[None]:
    """Fails the task at once, without further tries, on errors that trying again cannot mend."""
    try:
        yield
    except LASTING as error:
        raise AirflowFailException(str(error)) from error
