"""What one rule found of generated data, beside what had been planted for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from include.datasets import contract
from include.spark_jobs.pseudonyms import Keys, personal, pseudonym
from include.spark_jobs.rules import rules
from include.stages.message import in_words
from sources.behaviours.truth import Truth

# Entities as they are compared and shown, each with the event day that it holds of.
Held = frozenset[tuple[date, str]]


@dataclass(frozen=True)
class Found:
    """What a rule says: entities that hold with their event days, and those that hold at its newest cut."""

    by_day: Sequence[tuple[date, Mapping[str, str]]] = ()
    now: Sequence[Mapping[str, str]] = ()


@dataclass(frozen=True)
class Names:
    """Calls entities as detections do: by pseudonyms where their values are personal."""

    kinds: Mapping[str, str]
    keys: Keys

    @classmethod
    def of(cls, dataset: str, keys: Keys) -> Names:
        """Those of a dataset."""
        return cls(personal(contract(dataset)), keys)

    def planted(self, entity: Mapping[str, str], day: date) -> str:
        """What is planted, by its clear values, in the events of this day."""
        return self.found({part: self._stands_for(entity, part, day) for part in entity})

    def found(self, entity: Mapping[str, str]) -> str:
        """What was found."""
        return in_words(dict(sorted(entity.items())))

    def _stands_for(self, entity: Mapping[str, str], part: str, day: date) -> str:
        # A part is a personal field, or another part says of which kind it is: an actor, a holder.
        told = entity.get(f"{part}_kind")
        kind = self.kinds.get(part) or (told if told in self.kinds.values() else None)
        if kind is None:
            return entity[part]
        return pseudonym(self.keys.secrets[self.keys.of_day(day)], kind, entity[part])


@dataclass(frozen=True)
class Judged:
    """A rule's plants, what it found, its near misses with their days, and bystanders on any day."""

    rule: str
    planted: Held
    found: Held
    near: Held
    bystanders: frozenset[str]

    @property
    def missed(self) -> Held:
        """Planted, and not found on that day."""
        return self.planted - self.found

    @property
    def false_alarms(self) -> Held:
        """Found, and not planted on that day: near misses, bystanders and others."""
        return self.found - self.planted

    @property
    def near_flagged(self) -> Held:
        """Near misses that were found on the day on which they miss."""
        return self.false_alarms & self.near

    @property
    def bystanders_flagged(self) -> Held:
        """Bystanders that were found on any day."""
        return frozenset(one for one in self.false_alarms if one[1] in self.bystanders)

    @property
    def others(self) -> Held:
        """What else was found and not planted."""
        return self.false_alarms - self.near_flagged - self.bystanders_flagged

    @property
    def precision(self) -> float:
        """The share of what was found that was planted; 1 where nothing was found."""
        return 1 - len(self.false_alarms) / len(self.found) if self.found else 1.0

    @property
    def recall(self) -> float:
        """The share of what was planted that was found."""
        return 1 - len(self.missed) / len(self.planted) if self.planted else 1.0

    @property
    def problems(self) -> Iterator[str]:
        """What is not as it was planted, in words."""
        for what, those in (
            ("planted and missed", self.missed),
            ("a near miss, and flagged", self.near_flagged),
            ("a bystander, and flagged", self.bystanders_flagged - self.near_flagged),
            ("not planted, and flagged", self.others),
        ):
            for day, name in sorted(those):
                yield f"{self.rule} on {day}: {name} was {what}"


def judge(truth: Truth, rule: str, found_by: Found, keys: Keys) -> Judged:
    """The rule's verdicts beside the truth: day by day, or where it looks at all days before a cut, what
    holds now beside what is planted on the last day."""
    about, names = rules(truth.dataset)[rule], Names.of(truth.dataset, keys)
    planted = [(day, entity) for day, those in truth.detections[rule].items() for entity in those]
    near = [(miss.day, miss.entity) for miss in truth.near_misses.get(rule, [])]
    found = found_by.by_day
    if about.reach is None:
        last = max(truth.days)
        planted = [one for one in planted if one[0] == last]
        # What misses on an earlier day may well be planted on the last one.
        near = [(last, entity) for _, entity in near if (last, entity) not in planted]
        found = [(last, entity) for entity in found_by.now]
    spared = [entity for those in truth.bystanders.values() for entity in those]
    return Judged(
        rule,
        planted=frozenset((day, names.planted(entity, day)) for day, entity in planted),
        found=frozenset((day, names.found(entity)) for day, entity in found),
        near=frozenset((day, names.planted(entity, day)) for day, entity in near),
        bystanders=frozenset(
            names.planted(entity, day)
            for entity in spared
            if entity.keys() == set(about.entity)
            for day in truth.days
        ),
    )
