"""What a model is: the facts that it learns from, of which entities; what is fitted is a version of it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Model:
    """What is usual among the entities of one dataset on a day, learned from a past window (ADR 16).

    `sequence`: whose facts it reads. `features`: those facts, bigint and never negative. `volume`: the
    fact that says how much an entity did, and `least` of it is enough to be learned from and judged.
    `version` changes with the meaning of any of that: what was fitted for another one is never used.
    """

    name: str
    dataset: str
    version: int
    doc: str
    owner: str
    sequence: str
    entity: tuple[str, ...]
    features: tuple[str, ...]
    volume: str
    least: int
