"""Shared fixtures: every test has a home folder of its own; servers are real, one of a kind per test process.

`settings`: nothing running. `configure(name=value, …)` changes settings. `database`: a migrated database of
the test's own. `bucket`: a bucket of the test's own on an rclone S3. `spark_remote` points the settings at a
Spark Connect server, `spark` is a session on it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from uuid import uuid4

import hypothesis
import psycopg
import pytest
from psycopg import sql

import include.settings
from include.settings import Settings, get_settings

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

hypothesis.settings.register_profile(
    "vigil",
    deadline=None,  # a busy machine is not a failure
    derandomize=True,  # a test passes or fails, it does not do both
    suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture, hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("vigil")

Configure = Callable[..., Settings]

TEMPLATE = "vigil_template"
_numbers = count(1)


def _briefness(item: pytest.Item) -> int:
    folders = ("integration", "spark")
    if item.get_closest_marker("stack"):
        return 0
    return next((n for n, folder in enumerate(folders, 1) if folder in item.path.parts), len(folders) + 1)


def _at(url: str, user: str, database: str) -> str:
    """The URL of another database and user of this temporary server, whose roles share one password."""
    parts = urlsplit(url)
    return parts._replace(netloc=f"{user}:{parts.netloc.partition(':')[2]}", path=f"/{database}").geturl()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests by the servers that they use, so that `-m "not spark"` is always right; and begin with the
    files that take longest, since workers take whole files and the last of them must be a short one."""
    items.sort(key=_briefness)  # stable: a file's tests stay in their order
    for item in items:
        names = set(getattr(item, "fixturenames", ()))
        if "postgres" in names:
            item.add_marker(pytest.mark.postgres)
        if "spark_server" in names:
            item.add_marker(pytest.mark.spark)


@pytest.fixture(autouse=True)
def configure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Configure]:
    """Set settings by name; none comes from the developer's environment, .env or running stack."""
    for name in list(os.environ):
        if name.startswith(("VIGIL_", "AWS_")) or name in ("MAX_CHUNKS", "MAX_BYTES"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setattr(include.settings, "ENV_FILE", tmp_path / ".env")

    def change(**values: Any) -> Settings:
        for name, value in values.items():
            if name not in Settings.model_fields:
                raise ValueError(f"no setting {name!r}; there are {', '.join(sorted(Settings.model_fields))}")
            text = json.dumps(value) if isinstance(value, dict | list) else str(value)
            monkeypatch.setenv(f"VIGIL_{name.upper()}", text)
        get_settings.cache_clear()
        return get_settings()

    change(home=tmp_path / "home")
    yield change
    get_settings.cache_clear()


@pytest.fixture
def settings(configure: Configure) -> Settings:
    """The settings of this test, all at their defaults, in a home folder of its own."""
    return configure()


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where this test process keeps its servers' files."""
    return tmp_path_factory.mktemp("servers")


@pytest.fixture(scope="session")
def postgres(servers: Path) -> Iterator[str]:
    """The superuser's URL of a Postgres server that holds a migrated template database."""
    from include.store.migrations import migrate
    from stack.postgres import temporary_postgres

    with temporary_postgres(servers) as url:
        superuser = _at(url, "postgres", "postgres")
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("VIGIL_POSTGRES_DSN", url)
            get_settings.cache_clear()
            migrate()
        get_settings.cache_clear()
        with psycopg.connect(superuser, autocommit=True) as connection:
            rename = sql.SQL("alter database {} rename to {}")
            owned = urlsplit(url).path.lstrip("/")
            connection.execute(rename.format(sql.Identifier(owned), sql.Identifier(TEMPLATE)))
        yield superuser


@pytest.fixture
def database(postgres: str, configure: Configure) -> Iterator[str]:
    """The URL of a migrated, empty database of this test's own, which the settings point at too."""
    name = f"test_{next(_numbers)}"
    with psycopg.connect(postgres, autocommit=True) as connection:
        create = sql.SQL("create database {} template {} owner vigil")
        connection.execute(create.format(sql.Identifier(name), sql.Identifier(TEMPLATE)))
        url = _at(postgres, "vigil", name)
        configure(postgres_dsn=url)
        yield url
        connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


@pytest.fixture(scope="session")
def s3_server(servers: Path) -> Iterator[tuple[str, str, str]]:
    """An S3 server of this test process: endpoint, access key, secret key."""
    from stack.s3 import temporary_s3

    with temporary_s3(servers) as server:
        yield server


@pytest.fixture
def bucket(s3_server: tuple[str, str, str], configure: Configure) -> str:
    """The name of an empty bucket of this test's own, which the settings point at too."""
    import boto3

    endpoint, key, secret = s3_server
    name = f"vigil-{uuid4().hex[:12]}"
    s3 = configure(s3_endpoint=endpoint, s3_access_key=key, s3_secret_key=secret, bucket=name)
    client = boto3.client(
        "s3",
        endpoint_url=endpoint,
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        region_name=s3.s3_region,
    )
    client.create_bucket(Bucket=name)
    client.close()
    return name


@pytest.fixture(scope="session")
def spark_server(servers: Path) -> Iterator[str]:
    """The Spark Connect URL of a server of this test process."""
    from stack.spark import temporary_spark

    with temporary_spark(servers) as remote:
        yield remote


@pytest.fixture
def spark_remote(spark_server: str, configure: Configure) -> str:
    """The Spark Connect URL, which the settings point at too: for code that opens its own session."""
    configure(spark_remote=spark_server)
    return spark_server


@pytest.fixture(scope="session")
def spark(spark_server: str) -> Iterator[SparkSession]:
    """A session for DataFrame tests, shared by the tests of this process; the clock is UTC."""
    from include.spark_jobs.session import spark_work

    with spark_work(spark_server, uuid4()) as work:
        yield work.spark
