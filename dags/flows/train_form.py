"""The form of a training, and what it asks for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from airflow.sdk import Param

from dags.flows.days import as_day, day_field
from include.errors import ConfigError
from include.spark_jobs.models import models
from include.stages.train import REVIEW_DAYS


def train_form() -> dict[str, Param]:
    """The parameters of a training by name; an untouched form trains the first model on its last 28 days."""
    return {
        "model": Param(
            next(iter(models())),
            type="string",
            enum=list(models()),
            title="Model",
            description="The model to train.",
        ),
        "first_day": day_field("First day", "27 days before the last one"),
        "last_day": day_field("Last day", "the day before the newest one"),
        "review_days": Param(
            REVIEW_DAYS,
            type="integer",
            minimum=1,
            title="Review days",
            description="So many days after the last one rules do without this version.",
        ),
        "seed": Param(
            0,
            type="integer",
            minimum=0,
            title="Seed",
            description="The same days and seed give the same version.",
        ),
    }


def train_asked(params: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of `start_training` that a run's parameters stand for.

    Raises ConfigError for a name that the form does not have, or a day that is none.
    """
    valid = train_form()
    if unknown := sorted(set(params) - set(valid)):
        raise ConfigError(f"train has no parameter {', '.join(unknown)}; there are {', '.join(valid)}")
    days = {name: as_day(name, params[name]) for name in ("first_day", "last_day")}
    return {name: params[name] for name in ("model", "review_days", "seed")} | days
