"""Datasets: one file per dataset, each with a module-level CONTRACT."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from include.datasets.contract import Contract
from include.errors import ConfigError, ContractError


@cache
def contracts() -> dict[str, Contract]:
    """Every dataset's contract by name. Raises ContractError naming both files when two share a name."""
    found: dict[str, Contract] = {}
    homes: dict[str, str] = {}
    for module_info in pkgutil.iter_modules(__path__):
        module = importlib.import_module(f"{__name__}.{module_info.name}")
        contract = getattr(module, "CONTRACT", None)
        if contract is None:
            continue
        if contract.name in found:
            raise ContractError(
                f"dataset {contract.name} is declared twice: {homes[contract.name]} and {module.__file__}"
            )
        found[contract.name], homes[contract.name] = contract, str(module.__file__)
    return found


def contract(name: str) -> Contract:
    """The contract of this dataset. Raises ConfigError naming the valid choices."""
    known = contracts()
    if name not in known:
        raise ConfigError(f"there is no dataset {name!r}; there are {', '.join(sorted(known))}")
    return known[name]
