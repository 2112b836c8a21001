"""Published tables: one file per summary, each declaring SUMMARY."""

from __future__ import annotations

from functools import cache

from include.discovery import discover
from include.spark_jobs.summaries.summary import Summary


@cache
def _all() -> dict[str, Summary]:
    return discover(__name__, "SUMMARY", Summary, lambda summary: summary.name)


def summaries(dataset: str | None = None) -> dict[str, Summary]:
    """Summaries by name: those of one dataset, or all. Raises ContractError on two of the same name."""
    return {name: one for name, one in _all().items() if dataset in (None, one.dataset)}
