"""The form of a manual trigger: typed parameters of a dataset's flow, and what a run reads from them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from airflow.sdk import Param

from include.errors import ConfigError
from include.settings import get_settings
from include.spark_jobs.rules import rules
from include.spark_jobs.rules.rule import Rule
from include.stages.start import profiles

# What a JSON schema says about a rule's parameter that the form can hold the person to as well.
BOUNDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")


def form(dataset: str) -> dict[str, Param]:
    """The parameters of a run by name; every default does what the watch's own runs do."""
    settings = get_settings()
    fields = {
        "dry_run": Param(
            False,
            type="boolean",
            title="Dry run",
            description="Compute everything, and claim, publish, export and alert nothing.",
        ),
        "max_chunks": Param(
            settings.max_chunks,
            type="integer",
            minimum=1,
            title="Most chunks",
            description="The run takes at most so many new chunks; the next one takes the others.",
        ),
        "max_bytes": Param(
            settings.max_bytes,
            type="integer",
            minimum=1,
            title="Most bytes",
            description="The run takes at most so many bytes; a single larger chunk still goes alone.",
        ),
    }
    if not rules(dataset):
        return fields
    fields["profile"] = Param(
        settings.profile,
        type="string",
        enum=profiles(),
        title="Profile",
        description="The set of rule parameters to begin with: default, or sample for small data.",
    )
    for rule in rules(dataset).values():
        fields |= _fields(rule)
    return fields


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
    given = {name: value for name, value in params.items() if value is not None}
    overrides = {
        rule.id: {
            name: given[f"{rule.id}_{name}"]
            for name in rule.parameters.model_fields
            if f"{rule.id}_{name}" in given
        }
        for rule in rules(dataset).values()
    }
    return {
        **asked,
        "profile": params["profile"],
        "overrides": {rule: changed for rule, changed in overrides.items() if changed},
        "alert_thresholds": {
            name: given[f"{name}_alert_from"] for name in rules(dataset) if f"{name}_alert_from" in given
        },
    }


def _fields(rule: Rule[Any]) -> dict[str, Param]:
    section = f"Rule {rule.id} ({rule.action_type})"
    fields = {
        f"{rule.id}_alert_from": Param(
            None,
            type=["null", "integer"],
            minimum=1,
            title=f"{rule.id}: alert from",
            description="New detections of an event day that open an incident. Empty: as set, else 1.",
            section=section,
        )
    }
    for name, schema in rule.parameters.model_json_schema()["properties"].items():
        values = f"default {schema['default']}" + "".join(
            f", {profile} {value[name]}" for profile, value in rule.profiles.items() if name in value
        )
        known = {key: schema[key] for key in BOUNDS if key in schema}
        if "enum" in schema:
            known["enum"] = [None, *schema["enum"]]
            known["values_display"] = {"null": "as the profile has it"}
        fields[f"{rule.id}_{name}"] = Param(
            None,
            type=["null", schema["type"]],
            title=f"{rule.id}: {name.replace('_', ' ')}",
            description=f"{_sentence(schema['description'])} Empty: as the profile has it ({values}).",
            section=section,
            **known,
        )
    return fields


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."
