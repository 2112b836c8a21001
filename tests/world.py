"""Worlds: everything that a flow needs, real and empty, for proofs and measurements outside of pytest.

Servers are started once and shared; a world is a database, a bucket and a home folder of its own on them. The
settings go through the environment, so that processes started inside a world are in it too.
"""

from __future__ import annotations

import atexit
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
from psycopg import sql
from pydantic import SecretStr

from include.lake import bucket
from include.settings import Settings, get_settings
from include.store.migrations import migrate
from stack.postgres import temporary_postgres
from stack.s3 import temporary_s3
from stack.spark import temporary_spark

_numbers = count(1)


@dataclass(frozen=True)
class Servers:
    """Running servers: their folder, Postgres' superuser URL, S3's endpoint and keys, Spark's remote."""

    folder: Path
    postgres: str
    s3: tuple[str, str, str]
    spark: str

    def database(self, name: str, template: str = "template1") -> str:
        """Creates a database that is a copy of the template; gives its URL."""
        with psycopg.connect(self.postgres, autocommit=True) as connection:
            create = sql.SQL("create database {} template {} owner vigil")
            connection.execute(create.format(sql.Identifier(name), sql.Identifier(template)))
        parts = urlsplit(self.postgres)
        password = parts.netloc.partition(":")[2]
        return parts._replace(netloc=f"vigil:{password}", path=f"/{name}").geturl()


@contextmanager
def servers(spark_memory: str = "2g") -> Iterator[Servers]:
    """One of each server, gone at the end with all that they stored."""
    with tempfile.TemporaryDirectory(prefix="vigil-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        with (
            temporary_postgres(folder) as url,
            temporary_s3(folder) as s3,
            temporary_spark(folder, spark_memory) as spark,
        ):
            parts = urlsplit(url)
            password = parts.netloc.partition(":")[2]
            superuser = parts._replace(netloc=f"postgres:{password}", path="/postgres").geturl()
            yield Servers(folder, superuser, s3, spark)


@cache
def shared_servers() -> Servers:
    """Servers for the rest of this process."""
    open_until_exit = ExitStack()
    atexit.register(open_until_exit.close)
    return open_until_exit.enter_context(servers())


@contextmanager
def world(on: Servers, template: str | None = None, **values: Any) -> Iterator[Settings]:
    """An empty world, or one whose database is a copy of the template; `values` are settings by name.

    Nothing of the caller's environment, .env or running stack is left in it. Fresh chunks count as complete
    at once, since nobody else writes to its bucket.
    """
    name = f"world_{os.getpid()}_{next(_numbers)}"
    endpoint, key, secret = on.s3
    settings: dict[str, Any] = {
        "home": on.folder / name,
        "bucket": name.replace("_", "-"),
        "s3_endpoint": endpoint,
        "s3_access_key": key,
        "s3_secret_key": secret,
        "postgres_dsn": on.database(name, template or "template1"),
        "spark_remote": on.spark,
        "settle_seconds": 0,
        **values,
    }
    with environment(settings):
        get_settings().home.mkdir(parents=True, exist_ok=True)
        migrate()
        bucket().client.create_bucket(Bucket=get_settings().bucket)
        yield get_settings()


@contextmanager
def environment(values: dict[str, Any]) -> Iterator[None]:
    """Sets every setting, by these values or its default, for this process and those that it starts."""
    before = dict(os.environ)
    for variable in before:
        if variable.startswith(("VIGIL_", "AWS_")) or variable in ("MAX_CHUNKS", "MAX_BYTES"):
            del os.environ[variable]
    os.environ["AWS_EC2_METADATA_DISABLED"] = "true"
    os.environ["VIGIL_HOME"] = str(values["home"])
    try:
        for name, value in dict(Settings(_env_file=None, **values)).items():
            if value is not None:
                os.environ[f"VIGIL_{name.upper()}"] = _text(value)
        get_settings.cache_clear()
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
        get_settings.cache_clear()


def _text(value: Any) -> str:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    return json.dumps(value) if isinstance(value, dict | list) else str(value)
