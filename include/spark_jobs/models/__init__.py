"""Models: one file per model, each declaring MODEL."""

from __future__ import annotations

from functools import cache

from include.discovery import discover
from include.spark_jobs.models.model import Model


@cache
def _all() -> dict[str, Model]:
    return discover(__name__, "MODEL", Model, lambda model: model.name)


def models(dataset: str | None = None) -> dict[str, Model]:
    """Models by name: those of one dataset, or all. Raises ContractError on two of the same name."""
    return {name: one for name, one in _all().items() if dataset in (None, one.dataset)}
