"""What a generated dataset holds: which entities each rule must find on which day, and which it must not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pyarrow as pa
from pydantic import BaseModel

Entity = dict[str, str]


class NearMiss(BaseModel):
    """An entity that a rule must not find on this day, though it nearly could, and what it lacks."""

    day: date
    entity: Entity
    lacks: str


class Truth(BaseModel):
    """What a generated dataset holds, for the rules' default parameters; entities are no pseudonyms.

    `rows`: rows in the files, of which `bad` (by reason) are quarantined. `days`: every day with good events.
    `detections`: rule -> event day -> entities that hold when that day is over and everything has arrived;
    each rule has every day, nothing else may be found. `near_misses`: by rule. `bystanders`: who looks
    suspicious and is not, by what they are.
    """

    dataset: str
    seed: int
    rows: int
    bad: dict[str, int]
    days: list[date]
    detections: dict[str, dict[date, list[Entity]]]
    near_misses: dict[str, list[NearMiss]]
    bystanders: dict[str, list[Entity]]
    files: list[Path]


@dataclass
class Planted:
    """What is known of planted entities, by rule."""

    detections: dict[str, dict[date, list[Entity]]] = field(default_factory=dict)
    near_misses: dict[str, list[NearMiss]] = field(default_factory=dict)
    bystanders: dict[str, list[Entity]] = field(default_factory=dict)

    def fires(self, rule: str, days: date | Iterable[date], **entity: str) -> None:
        """Notes a detection that must be made on these days."""
        for day in [days] if isinstance(days, date) else days:
            self.detections.setdefault(rule, {}).setdefault(day, []).append(entity)

    def misses(self, rule: str, day: date, lacks: str, **entity: str) -> None:
        """Notes what must not be detected on a day, and what it lacks."""
        self.near_misses.setdefault(rule, []).append(NearMiss(day=day, entity=entity, lacks=lacks))

    def spares(self, what: str, **entity: str) -> None:
        """Notes somebody who looks suspicious and is not, on any day."""
        self.bystanders.setdefault(what, []).append(entity)

    def by_day(self, days: Iterable[date]) -> dict[str, dict[date, list[Entity]]]:
        """The detections of each rule on all of these days."""
        all_days = list(days)
        return {
            rule: {day: found.get(day, []) for day in all_days} for rule, found in self.detections.items()
        }


@dataclass(frozen=True)
class Made:
    """Good events, with the contract's fields that rules and files need, and what is planted in them.

    The events of planted entities are behind the first `background` ones.
    """

    events: pa.Table
    planted: Planted
    background: int
