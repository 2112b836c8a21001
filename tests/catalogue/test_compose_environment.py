"""Every variable, port and address in docker-compose.yaml is one that the code knows, and they agree."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
from pydantic import AliasChoices

from include.settings import ROOT, Settings
from stack.config import DEFAULT_PORTS, StackSettings
from tests.catalogue.containers import (
    AIRFLOWS,
    ALL,
    EMBEDDED,
    LOOPBACK,
    SECRET_VALUES,
    Container,
    each_service,
    filled_in,
    interpolations,
)

# Where each server listens; for two of them their command does not tell.
PORTS = {name: one.port for name, one in ALL.items() if one.port} | {
    "postgres": 5432,
    "spark": DEFAULT_PORTS["spark"],
}


@pytest.mark.parametrize("name", sorted({name for name, _, _ in interpolations()}))
def test_what_it_takes_from_the_environment_is_listed(name: str) -> None:
    assert f"\n#{name}=" in (ROOT / ".env.example").read_text()


@each_service
def test_every_setting_exists(one: Container) -> None:
    fields = {f"VIGIL_{name.upper()}" for name in Settings.model_fields.keys() | StackSettings.model_fields}
    for field in Settings.model_fields.values():
        if isinstance(field.validation_alias, AliasChoices):
            fields |= {str(choice) for choice in field.validation_alias.choices}
    named = {name for name in one.spec.get("environment", {}) if not name.startswith(("AIRFLOW__", "OTEL_"))}
    others = {"POSTGRES_PASSWORD", "POSTGRES_INITDB_ARGS", "RCLONE_AUTH_KEY", "SPARK_TOKEN"}
    # Airflow's connections are made by people, in Airflow: the file names none.
    assert named <= fields | others | {"AIRFLOW_ADMIN_PASSWORD"}
    listed = (ROOT / ".env.example").read_text()
    assert [
        name for name in one.handed_on if f"\n#{name}=" not in listed and f"VIGIL_{name}" not in listed
    ] == []


@pytest.mark.parametrize("one", AIRFLOWS, ids=lambda one: one.name)
def test_every_setting_reaches_the_platform(one: Container) -> None:
    # Where things are in a container is decided here, not by a file that the embedded stack reads too.
    expected = {f"VIGIL_{name.upper()}" for name in Settings.model_fields.keys() - {"home", "lake"}}
    missing = expected - one.environment.keys() - one.handed_on
    assert not missing, "name it in docker-compose.yaml's x-platform, without a value"


def test_the_platforms_addresses_are_those_of_the_embedded_stack_in_other_places() -> None:
    """Users, databases and paths are alike; hosts and ports are another test's."""
    (given,) = {tuple(sorted(one.environment.items())) for one in AIRFLOWS if one.name != "init"}
    embedded = dict(line.split("=", 1) for line in EMBEDDED.dotenv().splitlines())
    for name, value in embedded.items():
        # What follows a semicolon is a token.
        ours, theirs = (urlsplit(url.partition(";")[0]) for url in (dict(given)[name], value.strip("'")))
        if theirs.scheme:
            assert (ours.scheme, ours.username, ours.path) == (theirs.scheme, theirs.username, theirs.path), (
                name
            )


@each_service
def test_ports_agree(one: Container) -> None:
    for address, _, inside in one.published:
        assert (address, int(inside)) == (LOOPBACK, PORTS[one.name])
    if one.name == "init":
        return
    probe = " ".join(one.probe or [])
    asked = ALL["airflow-api-server"] if "http://airflow-api-server" in probe else one
    assert re.search(rf"\b{PORTS[asked.name]}\b", probe), "its health check asks another port"


@each_service
def test_addresses_lead_to_a_service_that_can_be_reached(one: Container) -> None:
    texts = [*one.environment.values(), *(one.probe or [])]
    urls = [urlsplit(text) for text in texts if re.match(r"[a-z0-9+]+://", text)]
    for url in urls:
        if url.hostname == LOOPBACK:
            ports = {int(outside) for other in ALL.values() for _, outside, _ in other.published}
            assert url.port in ports, url.netloc
            continue
        assert url.port == PORTS[str(url.hostname)], url.netloc
        # Only what runs tasks works with Spark; the others merely hold its address.
        if url.scheme != "sc" or one.name == "airflow-scheduler":
            assert one.networks & ALL[str(url.hostname)].networks, f"{one.name} cannot reach {url.hostname}"


def test_spark_is_reached_by_the_scheduler_alone() -> None:
    (network,) = ALL["spark"].networks
    assert {one.name for one in ALL.values() if network in one.networks} == {"spark", "airflow-scheduler"}
    assert filled_in(SECRET_VALUES)["networks"][network] == {"internal": True}
    assert not ALL["spark"].published
