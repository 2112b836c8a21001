"""The services of the embedded stack: what each is started with, after which others, and when it is ready."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path

from include.errors import StackError
from stack.airflow import Airflow
from stack.config import StackSettings
from stack.credentials import Credentials
from stack.docs import Docs
from stack.postgres import STOP_SIGNAL, Postgres
from stack.process import HOME_MARK, SERVICE_MARK
from stack.s3 import S3
from stack.spark import Spark

# A shell's settings for other servers of the same kinds must not leak into ours.
_FOREIGN = (
    "AIRFLOW_",
    "SPARK_",
    "PYSPARK_",
    "PG",
    "RCLONE_",
    "OTEL_",
    "OPENLINEAGE_",
    "PYTHONPATH",
    "PYTHONHOME",
)


@dataclass(frozen=True)
class Service:
    """One supervised program: prepared, started, asked whether it is ready (given its start in Unix time).

    Other times in seconds.
    """

    name: str
    command: list[str]
    ready: Callable[[float], bool]
    after: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    prepare: Callable[[], None] | None = None
    stop: signal.Signals = signal.SIGTERM
    # Long, for busy machines: a service that falls over is noticed at once.
    ready_seconds: float = 300.0
    stop_seconds: int = 20
    # Whether the stop signal goes to its children too, or to it alone because it ends them itself.
    stop_group: bool = True


@dataclass(frozen=True)
class Stack:
    """The whole stack of one checkout: its settings, credentials and ports."""

    settings: StackSettings
    credentials: Credentials
    ports: Mapping[str, int]

    @property
    def home(self) -> Path:
        """The one folder that holds all state."""
        return self.settings.home

    @cached_property
    def postgres(self) -> Postgres:
        """Airflow's and Vigil's databases."""
        return Postgres(self.home / "postgres", self.ports["postgres"], self.credentials.postgres_password)

    @cached_property
    def s3(self) -> S3 | None:
        """The embedded S3, unless another one was set."""
        if not self.settings.embeds_s3:
            return None
        keys = self.credentials
        return S3(self.home / "s3", self.ports["s3"], keys.s3_access_key, keys.s3_secret_key)

    @cached_property
    def spark(self) -> Spark | None:
        """The embedded Spark, unless another one was set."""
        if not self.settings.embeds_spark:
            return None
        size = self.settings
        return Spark(
            self.home / "spark",
            self.ports["spark"],
            self.credentials.spark_token,
            size.spark_memory,
            size.spark_cores,
        )

    @cached_property
    def docs(self) -> Docs:
        """Data Docs, served as files."""
        return Docs(self.home / "docs", self.ports["docs"])

    @cached_property
    def airflow(self) -> Airflow:
        """Airflow's four programs."""
        database = self.postgres.url("airflow", "airflow", self.credentials.postgres_airflow_password)
        folder, logs = self.home / "airflow", self.home / "logs" / "airflow"
        told = {"metrics_url": self.settings.metrics_url, "openlineage_url": self.settings.openlineage_url}
        return Airflow(folder, logs, self.ports["airflow"], database, self.credentials, **told)

    @property
    def vigil_dsn(self) -> str:
        """The libpq URL of the platform's own database."""
        return self.postgres.url("vigil", "vigil", self.credentials.postgres_vigil_password)

    def environment(self, name: str, extra: Mapping[str, str]) -> dict[str, str]:
        """The whole environment of a service's processes."""
        kept = {key: value for key, value in os.environ.items() if not key.startswith(_FOREIGN)}
        # A proxy of the machine's is not for what runs on loopback.
        direct = ",".join(filter(None, [os.environ.get("NO_PROXY"), "127.0.0.1", "localhost"]))
        fixed = {"PYTHONUNBUFFERED": "1", "NO_PROXY": direct, "no_proxy": direct}
        return {**kept, **fixed, **extra, HOME_MARK: str(self.home), SERVICE_MARK: name}

    def dotenv(self) -> str:
        """What the platform's settings need to find the services: `stack.env`."""
        values = {
            "POSTGRES_DSN": self.vigil_dsn,
            "AIRFLOW_URL": self.airflow.url,
            "DOCS_URL": self.docs.url,
            "PSEUDONYM_KEYS": self.credentials.pseudonym_keys,
        }
        if s3 := self.s3:
            values |= {"S3_ENDPOINT": s3.endpoint}
            values |= {"S3_ACCESS_KEY": s3.access_key, "S3_SECRET_KEY": s3.secret_key}
        if spark := self.spark:
            values["SPARK_REMOTE"] = spark.remote
        return "".join(f"VIGIL_{name}='{value}'\n" for name, value in values.items())

    def log(self, name: str) -> Path:
        """Where a service's output goes."""
        return self.home / "logs" / f"{name}.log"

    def services(self, only: Sequence[str] = ()) -> list[Service]:
        """All services in the order of their start, or those named. Raises StackError on an unknown name."""
        services = self._all_services()
        names = [service.name for service in services]
        if unknown := set(only) - set(names):
            raise StackError(f"no service {', '.join(sorted(unknown))}; there are {', '.join(names)}")
        chosen = [service for service in services if not only or service.name in only]
        return [
            replace(service, after=tuple(name for name in service.after if not only or name in only))
            for service in chosen
        ]

    def _all_services(self) -> list[Service]:
        postgres, airflow = self.postgres, self.airflow
        found = [
            Service(
                "postgres",
                postgres.command(),
                lambda since: postgres.ready(),
                prepare=postgres.initdb,
                stop=STOP_SIGNAL,
                stop_seconds=60,
                stop_group=False,
            )
        ]
        if s3 := self.s3:
            make_bucket = partial(s3.ensure_bucket, self.settings.bucket)
            found.append(
                Service("s3", s3.command(), lambda since: s3.ready(), (), s3.environment(), make_bucket)
            )
        if spark := self.spark:
            found.append(
                Service(
                    "spark",
                    spark.command(),
                    lambda since: spark.ready(),
                    (),
                    spark.environment(),
                    spark.prepare,
                )
            )
        docs = self.docs
        found.append(Service("docs", docs.command(), lambda since: docs.ready(), prepare=docs.prepare))

        def program(name: str, *arguments: str, ready: Callable[[float], bool], after: str) -> Service:
            command = airflow.command(*arguments)
            return Service(name, command, ready, (after,), airflow.environment(), airflow.prepare)

        def beats(part: str) -> Callable[[float], bool]:
            return lambda since: airflow.client.healthy(part, since)

        api = program(
            "airflow-api-server",
            *("api-server", "--host", "127.0.0.1", "--port", str(airflow.port), "--workers", "1"),
            ready=lambda since: airflow.client.answers(),
            after="postgres",
        )
        processor = program(
            "airflow-dag-processor", "dag-processor", ready=beats("dag_processor"), after="postgres"
        )
        triggerer = program(
            "airflow-triggerer",
            *("triggerer", "--skip-serve-logs"),
            ready=beats("triggerer"),
            after="postgres",
        )
        # Last: what it starts calls the API, and wants Spark and S3.
        scheduler = program(
            "airflow-scheduler",
            *("scheduler", "--skip-serve-logs"),
            ready=beats("scheduler"),
            after="airflow-api-server",
        )
        return [*found, api, processor, triggerer, scheduler]
