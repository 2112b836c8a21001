"""What a run is asked for: the trigger form's values and its data interval, as the arguments of `start`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from dags.flows.form import form
from include.errors import ConfigError
from include.spark_jobs.rules import rules
from include.spark_jobs.rules.rule import Rule

if TYPE_CHECKING:
    from airflow.sdk.types import DagRunProtocol as DagRun


def asked_for(dataset: str, params: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of `start` that a run's parameters stand for; an empty field asks for nothing.

    Raises ConfigError for a name that the form does not have (a trigger by API or command line may send any).
    """
    valid = form(dataset)
    if unknown := sorted(set(params) - set(valid)):
        raise ConfigError(f"{dataset} has no parameter {', '.join(unknown)}; there are {', '.join(valid)}")
    asked: dict[str, Any] = {name: params[name] for name in ("dry_run", "max_chunks", "max_bytes")}
    if not rules(dataset):
        return asked
    return {**asked, "profile": params["profile"], **asked_of(rules(dataset).values(), params)}


def asked_of(patterns: Iterable[Rule[Any]], params: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The `overrides` and `alert_thresholds` of these rules that a run's parameters stand for."""
    given = {name: value for name, value in params.items() if value is not None}
    overrides: dict[str, dict[str, Any]] = {}
    thresholds = {}
    for rule in patterns:
        for name in rule.parameters.model_fields:
            if f"{rule.id}_{name}" in given:
                overrides.setdefault(rule.id, {})[name] = given[f"{rule.id}_{name}"]
        if f"{rule.id}_alert_from" in given:
            thresholds[rule.id] = given[f"{rule.id}_alert_from"]
    return {"overrides": overrides, "alert_thresholds": thresholds}


def interval_end(run: DagRun) -> datetime:
    """The end of the run's data interval. Raises ConfigError if it has none."""
    if run.data_interval_end is None:
        raise ConfigError(
            f"{run.dag_id}: run {run.run_id} has no data interval: give it a logical date, or backfill it"
        )
    return run.data_interval_end
