"""Places that activity comes from: an address or a name, mostly with coordinates and a country."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import NamedTuple

import pyarrow as pa

from sources.behaviours.people import address, cities
from sources.behaviours.rhythm import Ints


class Place(NamedTuple):
    """Where somebody is: as it is told, and in millionths of a degree."""

    told: str
    country: str | None
    north: int | None
    east: int | None


@dataclass
class Places:
    """All places by number, each with an address of its own unless it is told by a name."""

    addresses: Iterator[int] = field(default_factory=count)
    known: list[Place] = field(default_factory=list)

    def add(self, country: str | None, north: int | None, east: int | None, name: str | None = None) -> int:
        """A new place; gives its number."""
        self.known.append(Place(name or address(next(self.addresses)), country, north, east))
        return len(self.known) - 1

    def around(self, number: int, north: int, east: int) -> int:
        """A new place of the city with this number, so far from its middle; a few are on no map."""
        city = cities()[number % len(cities())]
        made = len(self.known)
        if made % 11 == 10:
            return self.add(None, None, None)
        name = f"{city.name}, {city.country} {made}" if made % 7 == 6 else None
        return self.add(city.country, city.north + north, city.east + east, name)

    def unplaced(self) -> int:
        """A new place that is on no map."""
        return self.add(None, None, None)

    def columns(self, numbers: Ints) -> dict[str, pa.Array]:
        """ip_location, country and coordinates of these places."""

        def of(get: Callable[[Place], str | int | None], kind: pa.DataType) -> pa.Array:
            return pa.array([get(place) for place in self.known], kind).take(pa.array(numbers))

        return {
            "ip_location": of(lambda place: place.told, pa.string()),
            "country": of(lambda place: place.country, pa.string()),
            "latitude_micro": of(lambda place: place.north, pa.int32()),
            "longitude_micro": of(lambda place: place.east, pa.int32()),
        }
