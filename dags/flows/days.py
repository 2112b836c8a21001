"""Days that a form asks for, and what was answered."""

from __future__ import annotations

from datetime import date

from airflow.sdk import Param

from include.errors import ConfigError


def day_field(title: str, default: str) -> Param:
    """A day of a window, which may be left empty."""
    return Param(
        None,
        type=["null", "string"],
        format="date",
        title=title,
        description=f"An event day in the dataset's zone, itself included. Empty: {default}.",
    )


def as_day(name: str, value: str | None) -> date | None:
    """A form's day; None where it was left empty. Raises ConfigError for what is no day."""
    try:
        return date.fromisoformat(value) if value else None
    except ValueError as error:
        raise ConfigError(f"{name} must be a day as YYYY-MM-DD, not {value!r}") from error
