"""Mergeable state: one file per aggregate, each declaring AGGREGATE."""

from __future__ import annotations

from functools import cache

from include.discovery import discover
from include.spark_jobs.aggregates.aggregate import Aggregate


@cache
def _all() -> dict[str, Aggregate]:
    return discover(__name__, "AGGREGATE", Aggregate, lambda aggregate: aggregate.name)


def aggregates(dataset: str | None = None) -> dict[str, Aggregate]:
    """Aggregates by name: those of one dataset, or all. Raises ContractError on two of the same name."""
    return {name: one for name, one in _all().items() if dataset in (None, one.dataset)}
