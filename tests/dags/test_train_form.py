"""The form of `train`: what it offers and refuses, and what its values ask for."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from include.errors import ConfigError
from include.spark_jobs.models import models

if TYPE_CHECKING:
    from airflow.sdk import DAG


def asked(dags: dict[str, DAG], **changed: Any) -> dict[str, Any]:
    """What a form asks for as a person leaves it who changes only this."""
    from dags.flows.train_form import train_asked

    return train_asked(dags["train"].params.dump() | changed)


def test_an_untouched_form_trains_on_the_newest_days(dags: dict[str, DAG]) -> None:
    assert asked(dags) == {
        "model": next(iter(models())),
        "first_day": None,
        "last_day": None,
        "review_days": 90,
        "seed": 0,
    }


def test_every_model_can_be_chosen_and_nothing_else(dags: dict[str, DAG]) -> None:
    assert dags["train"].params.get_param("model").schema["enum"] == list(models())


def test_days_are_days(dags: dict[str, DAG]) -> None:
    assert asked(dags, first_day="2026-03-01")["first_day"] == date(2026, 3, 1)
    with pytest.raises(ConfigError, match="last_day must be a day as YYYY-MM-DD, not '1 March'"):
        asked(dags, last_day="1 March")


def test_unknown_names_are_refused(dags: dict[str, DAG]) -> None:
    with pytest.raises(ConfigError, match="train has no parameter modell; there are model, first_day"):
        asked(dags, modell="click_habits")
