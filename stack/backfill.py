"""`make backfill`: the daily runs of past days, through Airflow."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from include.datasets import contract
from include.errors import ConfigError
from stack.checkout import load_stack
from stack.config import stack_settings


def backfill(
    first: Annotated[str, typer.Option("--from", help="the first day, YYYY-MM-DD")],
    last: Annotated[str, typer.Option("--to", help="the last day; by default the first")] = "",
    dataset: Annotated[str, typer.Option(help="the dataset")] = "transactions",
    backwards: Annotated[bool, typer.Option(help="the last day first")] = False,
) -> None:
    """Evaluate past days of the dataset's zone; those that ran before run again with what is known now."""
    begin, end = days(dataset, first, last)
    airflow = load_stack(stack_settings()).airflow.client
    number = airflow.backfill(f"{dataset}_daily", begin, end, backwards=backwards)
    typer.echo(f"Backfill {number}: {airflow.url}/dags/{dataset}_daily/backfills")


def days(dataset: str, first: str, last: str = "") -> tuple[datetime, datetime]:
    """The instants at which the first and the last of these days begin in the dataset's zone.

    Raises ConfigError for what is no day, and for a last day before the first.
    """
    zone = ZoneInfo(contract(dataset).zone)
    begin, end = (_midnight(day, zone) for day in (first, last or first))
    if begin > end:
        raise ConfigError(f"the first day, {first}, comes after the last, {last}")
    return begin, end


def _midnight(day: str, zone: ZoneInfo) -> datetime:
    try:
        return datetime.combine(date.fromisoformat(day), time.min, zone)
    except ValueError as error:
        raise ConfigError(f"a day is written as YYYY-MM-DD, not {day!r}") from error
