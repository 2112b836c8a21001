"""Start: what a run is asked for, resolved, checked and fixed in the ledger before anything is done."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from include.datasets import contract
from include.errors import ConfigError
from include.settings import get_settings
from include.spark_jobs.rules import rules
from include.spark_jobs.rules.rule import Rule
from include.store.connection import transaction
from include.store.runs import Scope, open_run

Overrides = Mapping[str, Mapping[str, Any]]

DEFAULT_PROFILE = "default"


def start(
    *,
    dataset: str,
    dag_id: str,
    dag_run_id: str,
    started_at: datetime,
    dry_run: bool = False,
    profile: str | None = None,
    overrides: Overrides | None = None,
    max_chunks: int | None = None,
    max_bytes: int | None = None,
    alert_thresholds: Mapping[str, int] | None = None,
    interval_end: datetime | None = None,
    generation: int = 0,
) -> int:
    """Opens the run of an Airflow run and gives its id; called again for the same `generation` it gives the
    same run, whatever is passed.

    `started_at` is an instant with a zone, `interval_end` too: the end of an event day in the dataset's zone,
    which the run is to evaluate; None: the newest event day known. What else is None comes from the settings.
    `overrides`: parameters by rule for this run alone; where they change anything the profile's label gets
    `~` and eight digits of the parameters' hash. Raises ConfigError naming the valid choices for an unknown
    dataset, profile, rule or parameter, or a wrong value.
    """
    contract(dataset)
    settings = get_settings()
    if started_at.tzinfo is None:
        raise ConfigError(f"run {dag_run_id}: started_at {started_at} has no time zone")
    label, parameters = resolve(dataset, profile, overrides)
    scope = Scope(
        kind="interval" if interval_end else "chunks",
        cut=_cut(dataset, interval_end) if interval_end else None,
        max_chunks=_positive("max_chunks", settings.max_chunks if max_chunks is None else max_chunks),
        max_bytes=_positive("max_bytes", settings.max_bytes if max_bytes is None else max_bytes),
        parameters=parameters,
        alert_thresholds=thresholds_of(dataset, alert_thresholds or {}),
    )
    with transaction() as conn:
        run = open_run(
            conn,
            dataset=dataset,
            dag_id=dag_id,
            dag_run_id=dag_run_id,
            started_at=started_at,
            dry_run=dry_run,
            profile=label,
            scope=scope,
            generation=generation,
        )
    return run.run_id


def _cut(dataset: str, interval_end: datetime) -> date:
    zone = ZoneInfo(contract(dataset).zone)
    local = interval_end.astimezone(zone)
    if interval_end.tzinfo is None or local.time() != time.min:
        raise ConfigError(f"{dataset}: an interval ends with a day in {zone.key}, not at {interval_end}")
    return local.date()


def profiles() -> list[str]:
    """The parameter profiles, the default first; a rule that does not know one uses its defaults."""
    named = {name for rule in rules().values() for name in rule.profiles}
    return [DEFAULT_PROFILE, *sorted(named - {DEFAULT_PROFILE})]


def resolve(
    dataset: str,
    profile: str | None = None,
    overrides: Overrides | None = None,
    patterns: Mapping[str, Rule[Any]] | None = None,
) -> tuple[str, dict[str, dict[str, Any]]]:
    """A profile's label, and every rule's effective parameters: defaults, profile, settings, overrides, in
    turn. `patterns`: the dataset's rules by id, if not those in force.

    Raises ConfigError as `start` does.
    """
    known = rules(dataset) if patterns is None else patterns
    name = get_settings().profile if profile is None else profile
    if name not in profiles():
        raise ConfigError(f"{dataset}: there is no profile {name!r}; there are {', '.join(profiles())}")
    _known("the setting VIGIL_RULE_PARAMETERS", get_settings().rule_parameters, rules())
    _known(f"the run's parameters of {dataset}", overrides or {}, known)
    configured = {rule.id: _effective(rule, name, {}) for rule in known.values()}
    effective = {rule.id: _effective(rule, name, overrides or {}) for rule in known.values()}
    if effective == configured:
        return name, effective
    canonical = json.dumps(effective, sort_keys=True, separators=(",", ":"))
    return f"{name}~{hashlib.sha256(canonical.encode()).hexdigest()[:8]}", effective


def _effective(rule: Rule[Any], profile: str, overrides: Overrides) -> dict[str, Any]:
    configured = get_settings().rule_parameters.get(rule.id, {})
    merged = {**rule.profiles.get(profile, {}), **configured, **overrides.get(rule.id, {})}
    try:
        effective: dict[str, Any] = rule.parameters.model_validate(merged).model_dump(mode="json")
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        choices = ", ".join(rule.parameters.model_fields)
        raise ConfigError(f"rule {rule.id}: {wrong}; its parameters are {choices}") from error
    return effective


def thresholds_of(dataset: str, asked: Mapping[str, int]) -> dict[str, int]:
    """From how many new detections of an event day on each rule alerts: settings, then what is asked for."""
    configured = get_settings().alert_thresholds
    _known("the setting VIGIL_ALERT_THRESHOLDS", configured, rules())
    _known(f"the run's alert thresholds of {dataset}", asked, rules(dataset))
    merged = {rule: count for rule, count in configured.items() if rule in rules(dataset)} | dict(asked)
    return {rule: _positive(f"alert threshold of {rule}", count) for rule, count in merged.items()}


def _known(where: str, names: Iterable[str], choices: Iterable[str]) -> None:
    if unknown := sorted(set(names) - set(choices)):
        valid = ", ".join(sorted(choices)) or "none"
        raise ConfigError(f"{where}: no rule {', '.join(unknown)}; there are {valid}")


def _positive(what: str, value: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ConfigError(f"{what} must be a whole number of at least 1, not {value!r}")
    return value
