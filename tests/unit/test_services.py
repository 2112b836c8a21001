"""What the stack would start, without starting it."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from include.errors import StackError
from include.settings import Settings
from stack.config import DEFAULT_PORTS, StackSettings, stack_settings
from stack.credentials import Credentials
from stack.exports import exports
from stack.services import Stack

ALL = [
    "postgres",
    "s3",
    "spark",
    "docs",
    "airflow-api-server",
    "airflow-dag-processor",
    "airflow-triggerer",
    "airflow-scheduler",
]


def stack_of(home: Path, **values: str) -> Stack:
    """A stack on the default ports."""
    return Stack(StackSettings.model_validate({"home": home, **values}), Credentials(), DEFAULT_PORTS)


def names(stack: Stack, *only: str) -> list[str]:
    """The services' names in order."""
    return [service.name for service in stack.services(only)]


def test_all_services_come_after_those_that_they_need(tmp_path: Path) -> None:
    started: set[str] = set()
    for service in stack_of(tmp_path).services():
        assert started.issuperset(service.after), service.name
        started.add(service.name)
    assert sorted(started) == sorted(ALL)


@pytest.mark.parametrize(
    ("setting", "value", "missing"),
    [
        ("s3_endpoint", "http://127.0.0.1:1", "s3"),
        ("s3_access_key", "AKIA", "s3"),
        ("spark_remote", "sc://spark:15002", "spark"),
    ],
)
def test_what_stands_outside_is_not_started_nor_told_to_the_platform(
    tmp_path: Path, setting: str, value: str, missing: str
) -> None:
    stack = stack_of(tmp_path, **{setting: value})
    assert names(stack) == [name for name in ALL if name != missing]
    setting_name = {"s3": "VIGIL_S3_ENDPOINT", "spark": "VIGIL_SPARK_REMOTE"}[missing]
    assert setting_name in stack_of(tmp_path).dotenv()
    assert setting_name not in stack.dotenv()


S3_KEYS = {"s3_access_key": "AKIA", "s3_secret_key": "a'b"}
OF_S3 = ("AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION", "BUCKET")


@pytest.mark.parametrize(
    ("outside", "exported"),
    [
        ({}, ("http://127.0.0.1:9010", "the key", "the secret", "us-east-1", "vigil")),
        (
            {**S3_KEYS, "s3_region": "eu-west-1", "bucket": "b"},
            (None, "AKIA", "a'b", "eu-west-1", "b"),
        ),
        (
            {"s3_endpoint": "https://s3.eu-west-1.amazonaws.com", "s3_region": "eu-west-1"},
            ("https://s3.eu-west-1.amazonaws.com", None, None, "eu-west-1", "vigil"),
        ),
    ],
    ids=["embedded", "keys", "keys of the machine's role"],
)
def test_a_shell_is_told_which_s3_the_platform_uses(
    configure: Callable[..., Settings], outside: dict[str, str], exported: tuple[str | None, ...]
) -> None:
    configure(**outside)
    credentials = replace(Credentials(), s3_access_key="the key", s3_secret_key="the secret")
    stack = Stack(stack_settings(), credentials, DEFAULT_PORTS)
    stack.home.mkdir()
    (stack.home / "stack.env").write_text(stack.dotenv())
    assert stack.settings.embeds_s3 is not bool(outside)
    lines = [line.removeprefix("export ").split("=", 1) for line in exports(stack, configure()).splitlines()]
    told = {name: shlex.split(value)[0] for name, value in lines}
    assert tuple(told.get(name) for name in OF_S3) == exported
    assert told["SPARK_REMOTE"].startswith("sc://localhost:15012/")


def test_chosen_services_wait_only_for_chosen_ones(tmp_path: Path) -> None:
    chosen = stack_of(tmp_path).services(["airflow-scheduler", "postgres"])
    assert [(service.name, service.after) for service in chosen] == [
        ("postgres", ()),
        ("airflow-scheduler", ()),
    ]


def test_an_unknown_service_is_named_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(StackError, match="no service kafka; there are postgres, s3, spark"):
        stack_of(tmp_path).services(["kafka"])


def test_no_secret_is_on_a_command_line(tmp_path: Path) -> None:
    stack = stack_of(tmp_path)
    secrets = [value for name, value in vars(stack.credentials).items()]
    assert len(secrets) > 5
    for service in stack.services():
        line = " ".join(service.command)
        assert not [secret for secret in secrets if secret in line], service.name


def test_a_shells_settings_for_other_servers_do_not_leak_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    foreign = (
        "AIRFLOW__CORE__EXECUTOR",
        "SPARK_REMOTE",
        "PGHOST",
        "OTEL_SERVICE_NAME",
        "OPENLINEAGE_URL",
        "PYTHONPATH",
    )
    for name in foreign:
        monkeypatch.setenv(name, "another")
    monkeypatch.setenv("VIGIL_PROFILE", "sample")
    environment = stack_of(tmp_path).environment("spark", {"SPARK_LOCAL_IP": "127.0.0.1"})
    assert "another" not in environment.values()
    assert environment["SPARK_LOCAL_IP"] == "127.0.0.1"
    assert environment["VIGIL_PROFILE"] == "sample"
    assert (environment["VIGIL_HOME"], environment["VIGIL_SERVICE"]) == (str(tmp_path), "spark")


def test_nothing_is_told_to_anyone_unless_a_setting_says_so(tmp_path: Path) -> None:
    def sent(**values: str) -> dict[str, str]:
        environment = stack_of(tmp_path, **values).airflow.environment()
        return {
            name: value
            for name, value in environment.items()
            if name.startswith(("OTEL_", "OPENLINEAGE", "AIRFLOW__METRICS__", "AIRFLOW__OPENLINEAGE__"))
        }

    assert sent() == {}
    metrics = sent(metrics_url="http://collector:4318")
    assert metrics["AIRFLOW__METRICS__OTEL_ON"] == "True"
    assert metrics["OTEL_EXPORTER_OTLP_ENDPOINT"] == "http://collector:4318"
    lineage = sent(openlineage_url="http://marquez:5000")
    assert '"url": "http://marquez:5000"' in lineage["AIRFLOW__OPENLINEAGE__TRANSPORT"]
    assert metrics.keys().isdisjoint(lineage)


def test_a_relative_home_is_made_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VIGIL_HOME", "here")
    assert StackSettings().home == tmp_path.resolve() / "here"
