"""Rules on trial: a file per changed version of a rule, as it is to become; only a replay can run it.

A file here declares a RULE of the same id and another version. Once its replay is what was wanted, it takes
the place of the rule's own file, and the next runs evaluate by it.
"""

from __future__ import annotations

from typing import Any

from include.discovery import discover
from include.errors import ContractError
from include.spark_jobs.rules.rule import Rule


def trials(rule: Rule[Any]) -> dict[int, Rule[Any]]:
    """The versions of this rule that are on trial. Raises ContractError if one cannot be compared with it."""
    found = discover(__name__, "RULE", Rule, lambda one: f"{one.id} version {one.version}")
    mine = [one for one in found.values() if one.id == rule.id]
    for one in mine:
        if one.version == rule.version:
            raise ContractError(f"rule {rule.id}: version {rule.version} is in force; a trial needs another")
        if (one.dataset, one.entity) != (rule.dataset, rule.entity):
            raise ContractError(
                f"rule {rule.id}: version {one.version} on trial finds {', '.join(one.entity)} in "
                f"{one.dataset}; that in force finds {', '.join(rule.entity)} in {rule.dataset}"
            )
    return {one.version: one for one in mine}
