"""docker-compose.yaml keeps to its specification: pinned images, secrets from outside, a sound order."""

from __future__ import annotations

import json
import re
import subprocess

import compose_spec
import pytest

from include.settings import ROOT
from stack.config import DEFAULT_PORTS
from stack.containers import SECRETS
from stack.postgres import binaries
from tests.catalogue.containers import (
    ALL,
    COMPOSE,
    EMBEDDED,
    OURS,
    SECRET_VALUES,
    Container,
    each_service,
    filled_in,
    interpolations,
)


def check_schema(text: str) -> None:
    """Raises ValueError unless it is what the compose specification knows."""
    whole = compose_spec.PyCompose.from_json(json.dumps(filled_in(SECRET_VALUES, text)))
    whole.validate()


def test_it_keeps_to_the_compose_specification() -> None:
    check_schema(COMPOSE)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("depends_on:", "depend_on:"),
        ("service_healthy}", "service_well}"),
        ('"lake:/vigil/lake"', '"lak:/vigil/lake"'),
        ("networks: [spark]", "networks: [sprak]"),
        ("interval: 10s", "interval: 10x"),
        (':8081"]', ':eighty"]'),
        ("internal: true", "internol: true"),
        ("pull_policy: build", "pull_policy: made"),
    ],
)
def test_the_specification_is_strict(right: str, wrong: str) -> None:
    assert right in COMPOSE
    with pytest.raises(ValueError):
        check_schema(COMPOSE.replace(right, wrong))


def test_its_services_are_those_of_the_embedded_stack() -> None:
    assert ALL.keys() == {service.name for service in EMBEDDED.services()} | {"init"}


def test_images_are_pinned_to_what_is_tested() -> None:
    version = re.search(r'^version = "(.+)"', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    assert version
    assert {one.spec["image"] for one in OURS} == {f"vigil:{version[1]}"}
    tested = subprocess.run(
        [binaries() / "postgres", "--version"], capture_output=True, text=True, check=True
    )
    assert ALL["postgres"].spec["image"] == f"postgres:{tested.stdout.split()[-1]}-bookworm"


def test_secrets_come_from_the_environment_and_have_no_default() -> None:
    asked = {name for name, operator, _ in interpolations() if operator == "?"}
    assert asked == set(SECRETS)
    others = {name: default for name, operator, default in interpolations() if operator != "?"}
    assert others == {
        f"VIGIL_PORT_{name.upper()}": str(DEFAULT_PORTS[name])
        for name in ("airflow", "docs", "postgres", "s3")
    }
    for one in ALL.values():
        for name, value in one.environment.items():
            if re.search(r"PASSWORD$|SECRET|TOKEN|KEY|DSN|CONN", name):
                assert any(secret in value for secret in SECRET_VALUES.values()), f"{one.name}: {name}"


def test_a_container_knows_no_secret_that_it_does_not_need() -> None:
    knowing = {
        secret: {one.name for one in ALL.values() if value in str(one.environment)}
        for secret, value in SECRET_VALUES.items()
    }
    assert knowing["POSTGRES_PASSWORD"] == {"postgres", "init"}
    assert knowing["AIRFLOW_ADMIN_PASSWORD"] == {"init"}
    assert "spark" not in set.union(*(knowing[name] for name in SECRETS if name != "SPARK_TOKEN"))
    assert "docs" not in set.union(*knowing.values())


@each_service
def test_what_a_service_waits_for_comes_about(one: Container) -> None:
    for name, condition in one.waits_for.items():
        if condition == "service_healthy":
            assert ALL[name].probe, f"{name} has no health check"
        else:
            assert (condition, ALL[name].spec["restart"]) == ("service_completed_successfully", "no")
    seen, wave = set(), {one.name}
    while wave:
        seen |= wave
        wave = {name for waiting in wave for name in ALL[waiting].waits_for}
        assert one.name not in wave, "it waits for itself"
    assert one.name in ("postgres", "s3", "spark") or {"postgres", "s3"} <= seen


def test_all_lasting_services_have_a_health_check_and_come_back() -> None:
    for one in ALL.values():
        if one.name != "init":
            assert one.probe
            assert one.spec["restart"] == "unless-stopped"


def test_ours_have_no_privileges() -> None:
    for one in OURS:
        assert one.spec["cap_drop"] == ["ALL"]
        assert one.spec["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in COMPOSE
    assert filled_in(SECRET_VALUES)["name"] == "vigil"
