"""Datasets: one file per dataset, each with a module-level CONTRACT."""

from __future__ import annotations

from functools import cache

from include.datasets.contract import Contract
from include.discovery import discover
from include.errors import ConfigError


@cache
def contracts() -> dict[str, Contract]:
    """Every dataset's contract by name. Raises ContractError naming both files when two share a name."""
    return discover(__name__, "CONTRACT", Contract, lambda contract: contract.name)


def contract(name: str) -> Contract:
    """The contract of this dataset. Raises ConfigError naming the valid choices."""
    known = contracts()
    if name not in known:
        raise ConfigError(f"there is no dataset {name!r}; there are {', '.join(sorted(known))}")
    return known[name]
