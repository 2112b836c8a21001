"""What docker-compose.yaml calls: for its secrets, for all that its services find made, and for its Spark."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import typer

from include.errors import ConfigError, StackError
from include.lake import bucket
from include.settings import get_settings
from include.store.migrations import migrate
from stack.airflow import write_login
from stack.airflow_client import SPARK_POOL, SPARK_SLOTS
from stack.config import DEFAULT_PORTS, stack_settings
from stack.credentials import Credentials
from stack.docs import Docs
from stack.postgres import SUPERUSER, ensure_database
from stack.spark import Spark

# What the containers' programs know each other by. Nothing but the supervisor's own is not for them.
SECRETS = tuple(name.upper() for name in asdict(Credentials()) if name != "supervisor_password")


def secrets() -> None:
    """Print fresh passwords and keys as lines for .env, where docker-compose takes them from."""
    values = asdict(Credentials())
    typer.echo("\n".join(f"{name}={values[name.lower()]}" for name in SECRETS))


def init() -> None:
    """Make what the containers need and is missing: databases, schemas, log-in, Spark pool, bucket."""
    _ensure_database(get_settings().postgres_dsn.get_secret_value())
    # SQLAlchemy's name of the driver is not libpq's.
    _ensure_database(_given("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN").replace("+psycopg", ""))
    for name in migrate():
        typer.echo(f"migrated {name}")
    if _airflow("db", "migrate"):
        raise StackError("`airflow db migrate` failed; what it says is above")
    # A pool that is there keeps its slots, which people may change.
    if _airflow("pools", "get", SPARK_POOL) and _airflow(
        *("pools", "set", SPARK_POOL, str(SPARK_SLOTS), "Spark work, one at a time")
    ):
        raise StackError(f"Airflow does not make the pool {SPARK_POOL}; what it says is above")
    write_login(
        Path(_given("AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE")), _given("AIRFLOW_ADMIN_PASSWORD")
    )
    _ensure_bucket()
    Docs(get_settings().home / "docs", DEFAULT_PORTS["docs"]).prepare()


def spark() -> None:
    """Become the Spark Connect server that other hosts use, under the token in SPARK_TOKEN."""
    size, token = stack_settings(), _given("SPARK_TOKEN")
    folder, port = size.home / "spark", DEFAULT_PORTS["spark"]
    server = Spark(folder, port, token, size.spark_memory, size.spark_cores, address="0.0.0.0")
    server.prepare()
    # A token or a remote of the caller's would turn the server itself into a client.
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("SPARK_")}
    command = server.command()
    os.execvpe(command[0], command, inherited | server.environment())


def _given(name: str) -> str:
    value = os.environ.get(name, "")
    if not value:
        raise ConfigError(f"{name} is not set; docker-compose.yaml sets it, from .env if it is a secret")
    return value


def _ensure_database(url: str) -> None:
    """The database of a libpq URL and its owner, who has the database's name, made by the superuser."""
    from psycopg.conninfo import conninfo_to_dict, make_conninfo

    owner = conninfo_to_dict(url)
    superuser = {"user": SUPERUSER, "dbname": SUPERUSER, "password": _given("POSTGRES_PASSWORD")}
    ensure_database(make_conninfo(url, **superuser), str(owner["user"]), str(owner["password"]))


def _airflow(*arguments: str) -> int:
    return subprocess.run([sys.executable, "-m", "airflow", *arguments], check=False).returncode


def _ensure_bucket() -> None:
    from botocore.exceptions import ClientError

    wanted = bucket()
    try:
        wanted.client.head_bucket(Bucket=wanted.name)
    except ClientError as error:
        if error.response["Error"]["Code"] != "404":
            raise
        wanted.client.create_bucket(Bucket=wanted.name)
