"""`make train`: a model learned from past days, through the DAG `train`."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from include.errors import ConfigError
from include.spark_jobs.models import models
from include.stages.train import REVIEW_DAYS
from include.store.connection import transaction
from include.store.models import ModelVersion, newest_models
from stack.checkout import load_stack
from stack.config import stack_settings
from stack.run_through import run_through

DAG_ID = "train"


def train(
    model: Annotated[str, typer.Option(help="the model; by default each of them")] = "",
    first: Annotated[str, typer.Option("--from", help="the first day, YYYY-MM-DD; else 28 days")] = "",
    last: Annotated[str, typer.Option("--to", help="the last day; else the one before the newest")] = "",
    review_days: Annotated[int, typer.Option(help="days until it is to be reviewed")] = REVIEW_DAYS,
    seed: Annotated[int, typer.Option(help="the same days and seed give the same version")] = 0,
) -> None:
    """Train a model on past days, wait for it, and show the versions that are in use."""
    if model and model not in models():
        raise ConfigError(f"there is no model {model!r}; there are {', '.join(models())}")
    airflow = load_stack(stack_settings()).airflow.client
    form: dict[str, Any] = {"review_days": review_days, "seed": seed}
    form |= {name: value for name, value in (("first_day", first), ("last_day", last)) if value}
    for name in [model] if model else models():
        run_through(airflow, DAG_ID, form | {"model": name})
    with transaction() as conn:
        show(newest_models(conn), Console(highlight=False))


def show(versions: list[ModelVersion], console: Console) -> None:
    """The versions in use: what they learned from, and how the scores of that lie."""
    table = Table(
        "model", "version", "trained on", "review by", "days of entities", "half", "99 %", "highest"
    )
    for one in versions:
        scores = (f"{one.figures['score_ppm'][name] / 1e6:.3f}" for name in ("half", "99 %", "highest"))
        table.add_row(
            one.model,
            one.version_id[:12],
            f"{one.first_day} to {one.last_day}",
            f"{one.review_by}",
            f"{one.figures['rows']:,}",
            *scores,
        )
    console.print(table)
