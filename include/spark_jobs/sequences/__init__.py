"""Sequence state: one file per sequence, each declaring SEQUENCE."""

from __future__ import annotations

from functools import cache

from include.discovery import discover
from include.spark_jobs.sequences.sequence import Sequence


@cache
def _all() -> dict[str, Sequence]:
    return discover(__name__, "SEQUENCE", Sequence, lambda sequence: sequence.name)


def sequences(dataset: str | None = None) -> dict[str, Sequence]:
    """Sequences by name: those of one dataset, or all. Raises ContractError on two of the same name."""
    return {name: one for name, one in _all().items() if dataset in (None, one.dataset)}
