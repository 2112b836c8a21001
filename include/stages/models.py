"""Models in use: which fitted version a run judges with, and why a rule has to do without."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from include.errors import MissingReference
from include.spark_jobs.models.model import Model
from include.spark_jobs.rules.rule import Rule
from include.store.connection import Connection
from include.store.models import ModelVersion, pinned_model

# By model; None: no version of it is published.
Pinned = Mapping[str, ModelVersion | None]


def pinned_models(conn: Connection, run_id: int, asked: Iterable[Rule[Any]]) -> Pinned:
    """The newest versions of the models that these rules need, pinned to the run at their first use."""
    needed = {rule.model.name for rule in asked if rule.model}
    return {name: pinned_model(conn, run_id, name) for name in sorted(needed)}


def versions_of(pinned: Pinned) -> dict[str, str]:
    """The ids of the versions that there are, by model."""
    return {name: version.version_id for name, version in pinned.items() if version}


def unusable(model: Model, version: ModelVersion | None, cut: date) -> str | None:
    """Why a rule that needs the model has to be left out at this cut; None: it need not.

    The review date is one of event days, so that a run of a past day says the same whenever it runs.
    """
    if version and not _unfit(model, version) and cut > version.review_by:
        return (
            f"the model {model.name}, trained on {version.first_day} to {version.last_day}, was to be "
            f"reviewed by {version.review_by}; look at it, and train it again: {train_command(model.name)}"
        )
    return _unfit(model, version)


def usable_until(model: Model, version: ModelVersion | None) -> date:
    """The last cut at which a rule that needs the model need not be left out; `date.min`: there is none."""
    return date.min if version is None or _unfit(model, version) else version.review_by


def required_models(conn: Connection, run_id: int, asked: Iterable[Rule[Any]]) -> dict[str, str]:
    """The ids of the pinned versions of all models that these rules need, past their review or not.

    Raises MissingReference, with the remedy, where one is missing or does not fit the code.
    """
    patterns = list(asked)
    pinned = pinned_models(conn, run_id, patterns)
    for rule in patterns:
        if rule.model and (why := _unfit(rule.model, pinned[rule.model.name])):
            raise MissingReference(f"rule {rule.id}: {why}")
    return versions_of(pinned)


def _unfit(model: Model, version: ModelVersion | None) -> str | None:
    if version is None:
        return f"no version of the model {model.name} is published; train one: {train_command(model.name)}"
    if version.model_version != model.version:
        return (
            f"the model {model.name} was trained as version {version.model_version} of it, which is "
            f"{model.version} now; train it again: {train_command(model.name)}"
        )
    return None


def train_command(model: str) -> str:
    """What trains the model on the newest days."""
    return f"make train MODEL={model}"
