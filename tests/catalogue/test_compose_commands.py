"""Every command and every mounted folder in docker-compose.yaml is one that the code knows."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest

from include.channels import alerts_file
from include.settings import Settings
from stack.cli import _ELSEWHERE
from stack.config import DEFAULT_PORTS
from stack.docs import Docs
from stack.postgres import INITDB, Postgres, binaries
from stack.s3 import S3, rclone
from tests.catalogue.containers import (
    ALL,
    LOOPBACK,
    OURS,
    SECRET_VALUES,
    Container,
    each_service,
    filled_in,
    image_environment,
    made_folders,
)


@each_service
def test_commands_exist(one: Container) -> None:
    for command in filter(None, (one.command, one.probe)):
        match command:
            case ["airflow", *_]:
                continue  # tests/dags asks Airflow itself
            case ["python", "-m", "stack", name]:
                assert name in _ELSEWHERE
            case ["python", "-m", module, *_]:
                assert find_spec(module)
            case [("postgres" | "pg_isready") as program, *arguments]:
                known = subprocess.run(
                    [binaries() / program, "--help"], capture_output=True, text=True, check=True
                )
                assert all(f"{option}" in known.stdout for option in arguments if option.startswith("-"))
            case ["rclone", *_]:
                assert rclone().exists()
            case _:
                pytest.fail(f"no program of ours or of the image's: {command}")


def after(command: list[str], first: str) -> list[str]:
    """A command from the last word that ends so on."""
    start = max(place for place, word in enumerate(command) if word.endswith(first))
    return command[start + 1 :]


def test_servers_are_started_as_in_the_embedded_stack(tmp_path: Path) -> None:
    s3 = S3(Path("/vigil/s3"), DEFAULT_PORTS["s3"], "", "").command()
    assert after(ALL["s3"].command, "rclone") == [
        word.replace(LOOPBACK, "0.0.0.0") for word in after(s3, "rclone")
    ]
    docs = Docs(Path("/vigil/docs"), DEFAULT_PORTS["docs"]).command()
    here = [word for word in after(docs, "http.server") if word not in ("--bind", LOOPBACK)]
    assert after(ALL["docs"].command, "http.server") == here
    postgres = set(Postgres(tmp_path, 5432, "").command())
    assert set(ALL["postgres"].command) <= {"postgres"} | postgres
    assert {"max_connections=200", "timezone=UTC", "jit=off", "log_error_verbosity=terse"} <= set(
        ALL["postgres"].command
    )
    assert ALL["postgres"].environment["POSTGRES_INITDB_ARGS"].split() == list(INITDB)


def kept(one: Container, settings: Settings) -> list[str]:
    """The paths whose content must outlive the container, or be seen by another."""
    lake, docs, alerts = settings.lake_root, str(settings.home / "docs"), str(alerts_file())
    logs = one.environment.get("AIRFLOW__LOGGING__BASE_LOG_FOLDER", "")
    login = one.environment.get("AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE", "")
    return {
        "postgres": ["/var/lib/postgresql/18/docker"],
        "s3": one.command[3:4],
        "spark": [lake],
        "docs": [docs],
        "init": [docs, login],
        "airflow-api-server": [login, logs],
        "airflow-dag-processor": [logs],
        "airflow-triggerer": [logs],
        "airflow-scheduler": [lake, docs, logs, alerts],
    }[one.name]


@each_service
def test_what_is_kept_is_on_a_volume_and_nothing_else_is(
    one: Container, configure: Callable[..., Settings]
) -> None:
    paths = kept(one, configure(home=image_environment()["VIGIL_HOME"]))
    places = set(one.mounts.values())
    assert {place for place in places for path in paths if Path(path).is_relative_to(place)} == places
    assert all(any(Path(path).is_relative_to(place) for place in places) for path in paths)


def test_a_volume_is_at_one_place_that_the_image_has() -> None:
    mounted = [(volume, place) for one in ALL.values() for volume, place in one.mounts.items()]
    assert len(set(mounted)) == len(dict(mounted))
    assert dict(mounted).keys() == filled_in(SECRET_VALUES)["volumes"].keys()
    assert made_folders() == {place for one in OURS for place in one.mounts.values()}
