"""Who there is: phones, IP addresses, devices and users by number, and cities. Equal numbers, equal names."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from faker import Faker

from sources.behaviours.rhythm import Ints

OPERATORS = ("10", "11", "12", "13", "14", "15", "16", "17", "18", "19", "30", "33", "35", "36", "37", "38")
NETWORKS = (2, 5, 31, 37, 46, 62, 78, 79, 80, 81, 83, 85, 86, 87, 89, 91, 93, 94, 95, 109, 151, 176, 178, 185)
# Odd and no multiple of 5: multiplying by it shuffles the numbers below any power of 2 or 10.
SHUFFLE = 7_368_787
NOBODY = -1


class City(NamedTuple):
    """A city: millionths of a degree, and the country's two letters."""

    name: str
    country: str
    north: int
    east: int


def phone(number: int) -> str:
    """A phone as the contract writes it: mobiles of Iran, and a few landlines and foreign ones."""
    if number % 40 == 38:
        return f"+9821{20_000_000 + number * SHUFFLE % 60_000_000}"
    if number % 40 == 39:
        return f"+49151{number * SHUFFLE % 100_000_000:08d}"
    operator, rest = number % len(OPERATORS), number // len(OPERATORS)
    return f"+989{OPERATORS[operator]}{rest * SHUFFLE % 10_000_000:07d}"


def address(number: int) -> str:
    """An IP address as the contract writes it: one in twenty is IPv6."""
    low = number * SHUFFLE % (1 << 24)
    if number % 20 == 19:
        return f"2a01:5ec0:{number >> 24:04x}:{low >> 16:04x}:0000:0000:0000:{low & 0xFFFF:04x}"
    network, rest = NETWORKS[number % len(NETWORKS)], number // len(NETWORKS) * SHUFFLE % (1 << 24)
    return f"{network}.{rest >> 16}.{rest >> 8 & 255}.{rest & 255}"


def device(number: int) -> str:
    """A device's id."""
    return f"{number * 0x9E3779B97F4A7C15 % (1 << 64):016x}"


def user(number: int) -> str:
    """A user's id; the same people are in every dataset."""
    return f"user_{number:06d}"


def named(numbers: Ints, name: Callable[[int], str]) -> pa.Array:
    """The name of each number; of NOBODY's none."""
    distinct, place = np.unique(numbers, return_inverse=True)
    names = [None if number == NOBODY else name(number) for number in distinct.tolist()]
    return pa.array(names, pa.string()).take(pa.array(place))


@cache
def user_agents() -> tuple[str, ...]:
    """What browsers say they are."""
    fake = Faker()
    fake.seed_instance(4)
    return tuple(fake.user_agent() for _ in range(40))


@cache
def cities() -> tuple[City, ...]:
    """Cities of the world, far from the poles, in an order of their own."""
    fake = Faker()
    fake.seed_instance(4)
    found = (fake.location_on_land() for _ in range(400))
    return tuple(
        dict.fromkeys(
            City(place[2], place[3], round(float(place[0]) * 1e6), round(float(place[1]) * 1e6))
            for place in found
        )
    )
