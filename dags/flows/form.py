"""The form of a manual trigger: typed parameters of a dataset's flow."""

from __future__ import annotations

from typing import Any

from airflow.sdk import Param

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
        fields |= rule_fields(rule)
    return fields


def rule_fields(rule: Rule[Any]) -> dict[str, Param]:
    """What the form asks of one rule: from when on it alerts, and each of its parameters."""
    section = f"Rule {rule.id} ({rule.action_type})"
    configured = get_settings().rule_parameters.get(rule.id, {})
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
        # A setting goes before any profile.
        empty = f"as set ({configured[name]})" if name in configured else f"as the profile has it ({values})"
        known = {key: schema[key] for key in BOUNDS if key in schema}
        if "enum" in schema:
            known["enum"] = [None, *schema["enum"]]
            known["values_display"] = {"null": empty.partition(" (")[0]}
        fields[f"{rule.id}_{name}"] = Param(
            None,
            type=["null", schema["type"]],
            title=f"{rule.id}: {name.replace('_', ' ')}",
            description=f"{_sentence(schema['description'])} Empty: {empty}.",
            section=section,
            **known,
        )
    return fields


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."
