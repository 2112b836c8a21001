"""Patterns: one file per rule, each declaring RULE."""

from __future__ import annotations

from functools import cache
from typing import Any

from include.discovery import discover
from include.spark_jobs.rules.rule import Rule


@cache
def _all() -> dict[str, Rule[Any]]:
    return discover(__name__, "RULE", Rule, lambda rule: rule.id)


def rules(dataset: str | None = None) -> dict[str, Rule[Any]]:
    """Rules by id: those of one dataset, or all. Raises ContractError on two of the same id."""
    return {name: one for name, one in _all().items() if dataset in (None, one.dataset)}
