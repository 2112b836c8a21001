"""`make replay`: what changed parameters would have found in past days, through the DAG `replay`."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from include.errors import ConfigError
from include.settings import get_settings
from include.stages.replay_scope import ALL, replay_scope
from include.store.attempts import Figures
from include.store.connection import transaction
from include.store.replays import replay_figures
from stack.airflow_client import AirflowClient
from stack.checkout import load_stack
from stack.config import stack_settings
from stack.run_through import run_through

DAG_ID = "replay"


def replay(
    dataset: Annotated[str, typer.Option(help="the dataset")] = "transactions",
    rule: Annotated[str, typer.Option(help="the rule, or all")] = ALL,
    what: Annotated[
        str, typer.Option("--set", help="what is changed: rule.parameter=value, spaces between")
    ] = "",
    first: Annotated[str, typer.Option("--from", help="the first day, YYYY-MM-DD; else a week")] = "",
    last: Annotated[str, typer.Option("--to", help="the last day; else the newest evaluated")] = "",
    profile: Annotated[str, typer.Option(help="the profile that is tried; else the configured one")] = "",
    curve: Annotated[str, typer.Option(help="the threshold to draw, rule.parameter")] = "",
) -> None:
    """Replay rules over past days in shadow, wait for it, and show what would be added and gone."""
    overrides = changes(what)
    # Refused here, with the valid names, rather than in a log of Airflow's.
    replay_scope(
        dataset,
        rule=rule,
        first_day=_day(first),
        last_day=_day(last),
        profile=profile or None,
        overrides=overrides,
        curve=curve or None,
    )
    plain = {"first_day": first, "last_day": last, "profile": profile, "curve": curve}
    form: dict[str, Any] = {"dataset": dataset, "rule": rule}
    form |= {name: value for name, value in plain.items() if value}
    form |= {f"{of}_{name}": value for of, changed in overrides.items() for name, value in changed.items()}
    airflow = load_stack(stack_settings()).airflow.client
    show(_run(airflow, form), Console(highlight=False))


def changes(text: str) -> dict[str, dict[str, int | str]]:
    """`child.min_transactions=90 upgrade.weight_rank_within=merchant` as parameters by rule."""
    changed: dict[str, dict[str, int | str]] = {}
    for one in text.split():
        name, equals, value = one.partition("=")
        rule, dot, parameter = name.partition(".")
        if not (equals and dot and rule and parameter and value):
            raise ConfigError(f"{one!r} is no change; write rule.parameter=value, spaces between")
        digits = value.removeprefix("-")
        changed.setdefault(rule, {})[parameter] = int(value) if digits.isdecimal() else value
    return changed


def show(figures: Figures, console: Console) -> None:
    """The counts by rule, and where the rest is."""
    table = Table("rule", "added", "gone", "unchanged", "incidents in force", "as tried")
    for name, one in figures["rules"].items():
        alerts = (len(one["alerts"][side]) for side in ("in_force", "tried"))
        table.add_row(name, *(f"{n:,}" for n in (one["added"], one["gone"], one["unchanged"], *alerts)))
    console.print(table)
    if figures["page"]:
        console.print(f"{get_settings().docs_url.rstrip('/')}/{figures['page']}", soft_wrap=True)


def _run(airflow: AirflowClient, form: dict[str, Any]) -> Figures:
    run = run_through(airflow, DAG_ID, form)
    with transaction() as conn:
        figures = replay_figures(conn, dag_id=DAG_ID, dag_run_id=run)
    assert figures is not None, "a replay that succeeded has published its figures"
    return figures


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise ConfigError(f"a day is written as YYYY-MM-DD, not {text!r}") from error
