"""What docker-compose.yaml says to Airflow is something that the installed Airflow knows."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.util import find_spec
from urllib.parse import urlsplit

import pytest

from include.settings import ROOT
from stack.airflow import PRELOADED
from tests.catalogue.containers import AIRFLOWS, EMBEDDED, Container, image_environment

# Of the embedded stack's these are another place, a secret, or the name of another file.
OWN = r"_(HOST|KEY|SECRET|PASSWORDS_FILE)$"

each_airflow = pytest.mark.parametrize("one", AIRFLOWS, ids=lambda one: one.name)


def comparable(value: str) -> object:
    """A value without the checkout's folder, an address without its host and password."""
    if "://" in value and not value.startswith("{"):
        url = urlsplit(value)
        return url.scheme, url.username, url.path
    return value.replace(str(ROOT), image_environment()["PYTHONPATH"])


@each_airflow
def test_its_options_exist_and_are_those_of_the_embedded_stack(one: Container) -> None:
    from airflow.configuration import conf
    from airflow.providers.openlineage.get_provider_info import get_provider_info

    options = conf.configuration_description | get_provider_info()["config"]
    named = one.environment.keys() | one.handed_on
    given = {name for name in named if name.startswith(("AIRFLOW__", "OTEL_"))}
    for name in given:
        if name.startswith("AIRFLOW__"):
            _, section, option = name.lower().split("__")
            assert section in options, name
            assert option in options[section]["options"], name
    embedded = {
        n: v for n, v in EMBEDDED.airflow.environment().items() if n.startswith(("AIRFLOW__", "OTEL_"))
    }
    assert given == embedded.keys(), "name it both in stack/airflow.py and in docker-compose.yaml"
    # What makes a receiver known, and what sends nothing without it.
    off = {"AIRFLOW__METRICS__OTEL_ON", "OTEL_EXPORTER_OTLP_ENDPOINT", "AIRFLOW__OPENLINEAGE__TRANSPORT"}
    assert given & one.handed_on == off
    alike = {name for name in given - off if not re.search(OWN, name)}
    assert len(alike) > 20
    assert {name: comparable(one.environment[name]) for name in alike} == {
        name: comparable(embedded[name]) for name in alike
    }


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


@pytest.mark.parametrize("module", PRELOADED)
def test_what_workers_are_to_have_exists(module: str) -> None:
    """Python leaves out what it cannot load beforehand, and says nothing."""
    assert find_spec(module)


@pytest.mark.parametrize(
    "given", [EMBEDDED.airflow.environment(), image_environment()], ids=["embedded", "image"]
)
def test_sparks_client_stays_quiet_when_logging_is_set_up_after_it(given: dict[str, str]) -> None:
    """It disables its logger, which setting up logging enables again; what it says may quote rows."""
    says = (
        "import logging.config, pyspark.sql.connect.logging as client\n"
        "logging.config.dictConfig({'version': 1, 'disable_existing_loggers': False})\n"
        "client.logger.error('a row')\n"
        "print('over')\n"
    )
    environment = {name: value for name, value in given.items() if name.startswith("SPARK_")}
    done = subprocess.run(
        [sys.executable, "-c", says], env=environment, capture_output=True, text=True, check=True
    )
    assert (done.stdout, done.stderr) == ("over\n", "")
