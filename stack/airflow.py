"""The embedded Airflow: LocalExecutor, metadata in the embedded Postgres, one log-in, on loopback."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from include.errors import StackError
from include.settings import ROOT
from stack.airflow_client import ADMIN, AirflowClient
from stack.credentials import Credentials, write_private
from stack.process import bound

# A rule of OpenLineage's: what tasks are made of stays in the house.
NO_SOURCE_CODE = {"controls": {"include_source_code": False}}

# Libraries that every task would import anew (ADR 17). None of Vigil's own, so that a task runs the code that
# is there when it starts. Great Expectations first: where Airflow has set up logging it tells of hundreds of
# things.
PRELOADED = (
    "great_expectations",
    "pyspark.sql.connect.session",
    "pyarrow.parquet",
    "boto3",
    "psycopg",
    "pydantic_settings",
    "airflow.executors.local_executor",
    "airflow.sdk.execution_time.supervisor",
    "airflow.sdk.execution_time.task_runner",
    "airflow.dag_processing.dagbag",
    "airflow.providers.standard.decorators.python",
)


def write_login(file: Path, password: str) -> None:
    """The administrator's log-in, as the simple auth manager reads it."""
    write_private(file, json.dumps({ADMIN: password}))


@dataclass(frozen=True)
class Airflow:
    """Its folder (AIRFLOW_HOME), the folder of its tasks' logs, its port and the URL of its database.

    And to where it sends metrics and lineage, if anywhere.
    """

    folder: Path
    logs: Path
    port: int
    database: str
    credentials: Credentials
    metrics_url: str = ""
    openlineage_url: str = ""

    @property
    def url(self) -> str:
        """The address of UI and API."""
        return self.client.url

    @property
    def client(self) -> AirflowClient:
        """Its API."""
        log = self.logs.with_name("airflow-api-server.log")
        return AirflowClient(self.port, self.credentials.airflow_admin_password, log)

    def environment(self) -> dict[str, str]:
        """Its whole configuration, as environment variables."""
        # psycopg 3 serves both kinds of connection.
        connection = self.database.replace("postgresql://", "postgresql+psycopg://")
        sections: dict[str, dict[str, str]] = {
            "core": {
                "executor": "LocalExecutor",
                "parallelism": "4",
                "load_examples": "False",
                "dags_folder": str(ROOT / "dags"),
                "plugins_folder": str(ROOT / "plugins"),
                "dags_are_paused_at_creation": "False",
                "fernet_key": self.credentials.airflow_fernet_key,
                "simple_auth_manager_users": f"{ADMIN}:ADMIN",
                "simple_auth_manager_passwords_file": str(self.folder / "passwords.json"),
                "execution_api_server_url": f"{self.url}/execution/",
                # The scheduler's workers are forked from a process that has imported PRELOADED.
                "mp_start_method": "forkserver",
                "mp_forkserver_preload": ",".join(PRELOADED),
            },
            "database": {"sql_alchemy_conn": connection, "sql_alchemy_conn_async": connection},
            "api": {
                "host": "127.0.0.1",
                "port": str(self.port),
                "base_url": self.url,
                "workers": "1",
                "secret_key": self.credentials.airflow_secret_key,
            },
            "api_auth": {"jwt_secret": self.credentials.airflow_jwt_secret},
            "logging": {
                "base_log_folder": str(self.logs),
                "dag_processor_child_process_log_directory": str(self.logs / "dag_processor"),
            },
            "dag_processor": {
                "parsing_processes": "1",
                "refresh_interval": "30",
                # A file that changes is parsed at once, all others again, as for a new rule, now and then:
                # every half minute took about 9 % of a core.
                "min_file_process_interval": "180",
            },
            "scheduler": {
                "scheduler_idle_sleep_time": "0.1",
                # A killed scheduler's or task's work is taken up again within a minute, not five.
                "scheduler_health_check_threshold": "20",
                "orphaned_tasks_check_interval": "20",
                "task_instance_heartbeat_timeout": "60",
            },
        }
        variables = {
            f"AIRFLOW__{section.upper()}__{key.upper()}": value
            for section, keys in sections.items()
            for key, value in keys.items()
        }
        return (
            variables
            | self._metrics()
            | self._lineage()
            | {
                "AIRFLOW_HOME": str(self.folder),
                "PYTHONPATH": str(ROOT),
                "GX_ANALYTICS_ENABLED": "false",
                # Its client disables its own logger, which Airflow's logging enables again where the client
                # was imported before; what it says may quote rows.
                "SPARK_CONNECT_LOG_LEVEL": "CRITICAL",
            }
        )

    def _metrics(self) -> dict[str, str]:
        """OpenTelemetry's own variables where they exist: Airflow takes those for its own."""
        if not self.metrics_url:
            return {}
        return {
            "AIRFLOW__METRICS__OTEL_ON": "True",
            # Every metric once, by its name with labels.
            "AIRFLOW__METRICS__LEGACY_NAMES_ON": "False",
            "OTEL_EXPORTER_OTLP_ENDPOINT": self.metrics_url,
            "OTEL_METRIC_EXPORT_INTERVAL": "15000",
            # Seconds for which the end of a task may wait for a receiver that is down.
            "OTEL_EXPORTER_OTLP_TIMEOUT": "2",
        }

    def _lineage(self) -> dict[str, str]:
        if not self.openlineage_url:
            return {}
        return {
            "AIRFLOW__OPENLINEAGE__TRANSPORT": json.dumps({"type": "http", "url": self.openlineage_url}),
            "AIRFLOW__OPENLINEAGE__NAMESPACE": "vigil",
            "AIRFLOW__OPENLINEAGE__EXTRACTORS": "plugins.lineage.StageExtractor",
            # A fork of its own would hold the task's line to Airflow too, and might keep it from ending.
            "AIRFLOW__OPENLINEAGE__EXECUTE_IN_THREAD": "True",
            "AIRFLOW__OPENLINEAGE__EMISSION_POLICY": json.dumps([NO_SOURCE_CODE]),
        }

    def command(self, *arguments: str) -> list[str]:
        """One of its programs in the foreground."""
        return bound([sys.executable, "-m", "airflow", *arguments], signal.SIGTERM)

    def prepare(self) -> None:
        """Write the log-in where its auth manager looks for it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        write_login(self.folder / "passwords.json", self.credentials.airflow_admin_password)

    def migrate(self, environment: Mapping[str, str], log: Path) -> None:
        """Bring its database to the installed version, once. Raises StackError if that fails."""
        stamp = self.folder / f"migrated-{version('apache-airflow')}"
        if stamp.exists():
            return
        with log.open("ab") as output:
            command = [sys.executable, "-m", "airflow", "db", "migrate"]
            done = subprocess.run(
                bound(command, signal.SIGTERM),
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                check=False,
            )
        if done.returncode:
            raise StackError(f"`airflow db migrate` failed with {done.returncode}; see {log}")
        stamp.touch()
