"""`make rerun`: an Airflow run again, as its incident's message says."""

from __future__ import annotations

from typing import Annotated

import typer

from stack.checkout import load_stack
from stack.config import stack_settings


def rerun(
    dag: Annotated[str, typer.Option(help="the DAG")],
    run: Annotated[str, typer.Option(help="the id of the Airflow run")],
) -> None:
    """Run an Airflow run again: what failed of it and what comes after, or all of one that succeeded."""
    airflow = load_stack(stack_settings()).airflow.client
    airflow.rerun(dag, run)
    typer.echo(f"{dag} {run} runs again: {airflow.url}/dags/{dag}")
