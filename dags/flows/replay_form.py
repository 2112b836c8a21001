"""The form of a replay."""

from __future__ import annotations

from typing import Any

from airflow.sdk import Param

from dags.flows.days import day_field
from dags.flows.form import rule_fields
from include.settings import get_settings
from include.spark_jobs.curve import numeric_parameters
from include.spark_jobs.rules import rules
from include.spark_jobs.rules.rule import Rule
from include.spark_jobs.rules.trials import trials
from include.stages.replay_scope import ALL
from include.stages.start import profiles


def replay_form() -> dict[str, Param]:
    """The parameters of a replay by name; an untouched form replays the last week as it is in force."""
    datasets = sorted({rule.dataset for rule in rules().values()})
    curves = [f"{rule.id}.{name}" for rule in rules().values() for name in numeric_parameters(rule)]
    fields = {
        "dry_run": Param(
            True,
            const=True,
            type="boolean",
            title="Dry run",
            description="A replay always is one: it publishes, exports and alerts nothing.",
        ),
        "dataset": Param(
            "transactions",
            type="string",
            enum=datasets,
            title="Dataset",
            description="The dataset of the rules.",
        ),
        "rule": Param(
            ALL,
            type="string",
            enum=[ALL, *rules()],
            title="Rule",
            description="The rule to replay, or all of the dataset.",
        ),
        "first_day": day_field("First day", "six days before the last one"),
        "last_day": day_field("Last day", "the newest that was evaluated"),
        "profile": Param(
            get_settings().profile,
            type="string",
            enum=profiles(),
            title="Profile",
            description="The set of rule parameters that is tried, before the changes below.",
        ),
        "curve": Param(
            None,
            type=["null", "string"],
            enum=[None, *curves],
            values_display={"null": "the first that is changed"},
            title="Curve",
            description="The threshold to draw: detections on the last day, by its value.",
        ),
    }
    for rule in rules().values():
        tried = trials(rule)
        for one in (*tried.values(), rule):
            fields |= rule_fields(one)
        if tried:
            fields[f"{rule.id}_version"] = _version(rule, list(tried))
    return fields


def _version(rule: Rule[Any], tried: list[int]) -> Param:
    return Param(
        None,
        type=["null", "integer"],
        enum=[None, *tried],
        values_display={"null": f"{rule.version}, in force"},
        title=f"{rule.id}: version",
        description=f"The version to try. Empty: the one in force ({rule.version}).",
        section=f"Rule {rule.id} ({rule.action_type})",
    )
