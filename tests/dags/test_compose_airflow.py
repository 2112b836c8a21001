"""What docker-compose.yaml says to Airflow is something that the installed Airflow knows."""

from __future__ import annotations

import re

import pytest

from tests.catalogue.containers import AIRFLOWS, EMBEDDED, Container

# What differs from the embedded stack for being an address, a path or a secret.
OWN = r"FOLDER|FILE|DIRECTORY|URL|HOST|PORT|CONN|CONN_ASYNC|KEY|SECRET"

each_airflow = pytest.mark.parametrize("one", AIRFLOWS, ids=lambda one: one.name)


@each_airflow
def test_its_options_exist_and_are_those_of_the_embedded_stack(one: Container) -> None:
    from airflow.configuration import conf

    options = conf.configuration_description
    given = {name: value for name, value in one.environment.items() if name.startswith("AIRFLOW__")}
    for name in given:
        _, section, option = name.lower().split("__")
        assert section in options, name
        assert option in options[section]["options"], name
    embedded = {n: v for n, v in EMBEDDED.airflow.environment().items() if n.startswith("AIRFLOW__")}
    assert given.keys() == embedded.keys(), "name it both in stack/airflow.py and in docker-compose.yaml"
    alike = {name for name in given if not re.search(rf"_({OWN})$", name)}
    assert len(alike) > 10
    assert {name: given[name] for name in alike} == {name: embedded[name] for name in alike}


@each_airflow
def test_its_commands_exist(one: Container) -> None:
    from airflow.cli.cli_parser import get_parser

    if one.name == "init":
        return
    program, *arguments = one.command
    assert program == "airflow"
    assert get_parser().parse_args(arguments).subcommand == one.name.removeprefix("airflow-")


@each_airflow
def test_its_health_check_asks_for_a_part_that_airflow_reports(one: Container) -> None:
    from airflow.api_fastapi.core_api.datamodels.monitor import HealthInfoResponse

    if one.probe:
        assert one.probe[-1] in HealthInfoResponse.model_fields
        assert one.probe[-1] == one.name.removeprefix("airflow-").replace("-", "_").replace(
            "api_server", "metadatabase"
        )
