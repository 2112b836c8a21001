"""docker-compose.yaml and the Dockerfile as the tests see them: read, filled in, and taken apart."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
import yaml

from include.settings import ROOT
from stack.config import DEFAULT_PORTS, StackSettings
from stack.containers import SECRETS
from stack.credentials import Credentials
from stack.services import Stack

COMPOSE = (ROOT / "docker-compose.yaml").read_text()
DOCKERFILE = (ROOT / "Dockerfile").read_text()
LOOPBACK = "127.0.0.1"

_INTERPOLATION = re.compile(r"\$\{(\w+)(?::([-?])([^}]*))?\}")


def interpolations(text: str = COMPOSE) -> Iterator[tuple[str, str, str]]:
    """Every `${NAME:-default}` and `${NAME:?message}`: name, operator (- or ?) and what follows it."""
    for found in _INTERPOLATION.finditer(text):
        yield found[1], found[2] or "", found[3] or ""


def filled_in(values: Mapping[str, str], text: str = COMPOSE) -> dict[str, Any]:
    """The file with these variables and the defaults of the others. Raises KeyError if one has none."""
    given = _INTERPOLATION.sub(lambda found: values[found[1]] if found[2] != "-" else found[3], text)
    return dict(yaml.safe_load(given))


def instructions(text: str = DOCKERFILE) -> Iterator[tuple[str, str]]:
    """Every instruction of a Dockerfile and its arguments, continued lines joined."""
    lines = re.sub(r"\\\n\s*", "", "\n".join(line for line in text.splitlines() if not line.startswith("#")))
    for line in lines.splitlines():
        if line:
            name, _, arguments = line.partition(" ")
            yield name, arguments


def image_environment() -> dict[str, str]:
    """What the Dockerfile's ENV sets."""
    return {
        name: value
        for instruction, arguments in instructions()
        if instruction == "ENV"
        for name, value in (pair.split("=", 1) for pair in arguments.split())
    }


@dataclass(frozen=True)
class Container:
    """A service of the file, filled in."""

    name: str
    spec: Mapping[str, Any]

    @property
    def is_ours(self) -> bool:
        """Whether it runs the image that the Dockerfile makes."""
        return "build" in self.spec

    @property
    def command(self) -> list[str]:
        """What it runs."""
        return list(self.spec["command"])

    @property
    def environment(self) -> dict[str, str]:
        """What the file sets in it; what is only handed on from .env is left out."""
        return {name: value for name, value in self.spec.get("environment", {}).items() if value is not None}

    @property
    def handed_on(self) -> set[str]:
        """What is only handed on from .env."""
        return {name for name, value in self.spec.get("environment", {}).items() if value is None}

    @property
    def mounts(self) -> dict[str, str]:
        """Its named volumes and where they are in it."""
        return {name: path for name, path, *_ in (one.split(":") for one in self.spec.get("volumes", []))}

    @property
    def networks(self) -> set[str]:
        """The networks that it is in."""
        return set(self.spec.get("networks", ["default"]))

    @property
    def published(self) -> list[list[str]]:
        """Its open ports: address and port of the machine, port of the container."""
        return [one.split(":") for one in self.spec.get("ports", [])]

    @property
    def probe(self) -> list[str] | None:
        """Its health check's command, if it has one."""
        check = self.spec.get("healthcheck")
        return list(check["test"][1:]) if check else None

    @property
    def waits_for(self) -> dict[str, str]:
        """The services that it starts after, and what they must have come to."""
        return {name: one["condition"] for name, one in self.spec.get("depends_on", {}).items()}

    @cached_property
    def port(self) -> int | None:
        """The port on which its program listens, by its command; None if by nothing there."""
        for option in ("--addr", "--port", "http.server"):
            if option in self.command:
                return int(self.command[self.command.index(option) + 1].rpartition(":")[2])
        return None


def containers(values: Mapping[str, str], text: str = COMPOSE) -> dict[str, Container]:
    """All services by name."""
    return {name: Container(name, spec) for name, spec in filled_in(values, text)["services"].items()}


def made_folders() -> set[str]:
    """The folders of data that the image has, which belong to its user."""
    return {
        word
        for name, arguments in instructions()
        if name == "RUN" and "install --directory" in arguments
        for word in arguments.partition("install --directory")[2].split()
        if word.startswith("/")
    }


SECRET_VALUES = {name: f"the-{name.lower()}" for name in SECRETS}
ALL = containers(SECRET_VALUES)
AIRFLOWS = [one for one in ALL.values() if "AIRFLOW__CORE__EXECUTOR" in one.environment]
OURS = [one for one in ALL.values() if one.is_ours]
# With all that is off by default.
TOLD = {"metrics_url": "http://collector:4318", "openlineage_url": "http://marquez:5000"}
EMBEDDED = Stack(StackSettings(home=Path("/vigil"), **TOLD), Credentials(), DEFAULT_PORTS)

each_service = pytest.mark.parametrize("one", ALL.values(), ids=ALL)
