"""The watch beside a flow: waits for chunks, runs the flow for them and starts over."""

from __future__ import annotations

from datetime import timedelta

from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk import DAG

from dags.flows.defaults import FIRST_DAY, defaults
from include.datasets import contract
from include.settings import get_settings
from plugins.sensors import ChunksSensor


def watch(dataset: str, manual: str) -> DAG:
    """Runs the dataset's flow whenever chunks wait, and again whether that succeeded or not."""
    with DAG(
        f"{dataset}_watch",
        description=f"runs {dataset} whenever chunks wait",
        doc_md=manual,
        schedule="@continuous",
        start_date=FIRST_DAY,
        catchup=False,
        max_active_runs=1,
        default_args=defaults(dataset, contract(dataset).owner),
        tags=["vigil", dataset, "watch"],
    ) as dag:
        chunks = ChunksSensor(
            task_id="wait_for_chunks",
            doc_md="Waits for objects under the dataset's prefix that the ledger has not seen.",
            dataset=dataset,
            seconds=get_settings().poll_seconds,
        )
        chunks >> flow_task(dataset)
    return dag


def flow_task(dataset: str) -> TriggerDagRunOperator:
    """The watch's second task: one run of the flow, awaited in the triggerer."""
    return TriggerDagRunOperator(
        task_id="run_flow",
        doc_md="Runs the flow and waits for its end. A failed flow has alerted by itself.",
        trigger_dag_id=dataset,
        # A name that a retry gives again, so that it starts no second run.
        trigger_run_id="watch__{{ run_id.split('__')[-1] }}",
        skip_when_already_exists=True,
        logical_date=None,
        wait_for_completion=True,
        deferrable=True,
        poke_interval=2,
        allowed_states=["success", "failed"],
        failed_states=[],
        # It would be a parameter of the run, which the flow's form does not have.
        openlineage_inject_parent_info=False,
        execution_timeout=timedelta(days=1),
    )
