"""What changes between two verdicts over the same cuts: one in force, one that is tried."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256
from typing import Any

from include.spark_jobs.rules.rule import Parameters, Rule
from include.stages.message import mask
from include.store.attempts import Figures
from include.store.detections import Holding

# Entities of each kind that are shown.
SAMPLES = 20

# What holds, by entity.
Held = Mapping[tuple[str, ...], Holding]


@dataclass(frozen=True)
class AtCut:
    """What one rule says at a cut, in force and tried."""

    cut: date
    in_force: Held
    tried: Held


@dataclass(frozen=True)
class Side:
    """A rule, in its version, with its parameters."""

    rule: Rule[Any]
    parameters: Parameters

    def figures(self) -> Figures:
        """Which it is, in JSON."""
        return {"version": self.rule.version, "parameters": self.parameters.model_dump(mode="json")}


def difference(cuts: Sequence[AtCut], in_force: Side, tried: Side) -> Figures:
    """Entities that hold only as tried (`added`), only in force (`gone`), and in both (`unchanged`): over all
    cuts, where each counts once, and at each cut; and some of each, masked as messages are, with the values
    of the last cut at which they held."""
    before = {entity: (at.cut, held) for at in cuts for entity, held in at.in_force.items()}
    after = {entity: (at.cut, held) for at in cuts for entity, held in at.tried.items()}
    found = {
        "added": {entity: after[entity] for entity in after.keys() - before.keys()},
        "gone": {entity: before[entity] for entity in before.keys() - after.keys()},
        "unchanged": {entity: after[entity] for entity in after.keys() & before.keys()},
    }
    return {
        **{name: len(entities) for name, entities in found.items()},
        "by_cut": [_at_cut(at) for at in cuts],
        "samples": {
            name: [
                _sample(in_force if name == "gone" else tried, *entities[entity])
                for entity in sorted(entities, key=_shuffled)[:SAMPLES]
            ]
            for name, entities in found.items()
        },
    }


def alerts(held: Sequence[tuple[date, Held]], first: date, threshold: int) -> list[dict[str, Any]]:
    """The event days that would open an incident: as many new detections as the threshold, or more.

    New is what holds at a cut from `first` on and not at the evaluated cut before; of the oldest cut, all.
    """
    found = []
    known: Held = {}
    for cut, holds in held:
        new = len(holds.keys() - known.keys())
        known = holds
        if cut >= first and new >= threshold:
            found.append({"event_day": (cut - timedelta(days=1)).isoformat(), "found": new})
    return found


def masked(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values with every text masked as in messages; numbers stay."""
    return {name: mask(value) if isinstance(value, str) else value for name, value in values.items()}


def _at_cut(at: AtCut) -> dict[str, Any]:
    return {
        "cut": at.cut.isoformat(),
        "in_force": len(at.in_force),
        "tried": len(at.tried),
        "added": len(at.tried.keys() - at.in_force.keys()),
        "gone": len(at.in_force.keys() - at.tried.keys()),
        "unchanged": len(at.tried.keys() & at.in_force.keys()),
    }


def _sample(side: Side, cut: date, held: Holding) -> dict[str, Any]:
    entity = masked(held.entity)
    return {
        "entity": entity,
        "cut": cut.isoformat(),
        "evidence": masked(held.evidence),
        "verdict": side.rule.say(entity, held.evidence, side.parameters),
    }


def _shuffled(entity: tuple[str, ...]) -> bytes:
    """An order without meaning, the same each time: the first of a sorted list are seldom typical."""
    return sha256("\0".join(entity).encode()).digest()
