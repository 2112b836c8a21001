"""Spark Connect sessions: opened under a known id, their operations noted, ended from outside if need be."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

from include.errors import ConfigError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession
    from pyspark.sql.connect.shell.progress import ProgressHandler


@dataclass
class SparkWork:
    """A session and the ids of the operations that it has executed so far, in order."""

    spark: SparkSession
    operations: list[str] = field(default_factory=list)

    def note(self, *, operation_id: str | None = None, **_: Any) -> None:
        """Progress handler of the Spark Connect client."""
        if operation_id and operation_id not in self.operations:
            self.operations.append(operation_id)


def _connect(remote: str, session: UUID) -> SparkSession:
    from pyspark.sql import SparkSession

    if not remote.startswith("sc://"):
        raise ConfigError(f"VIGIL_SPARK_REMOTE must be a Spark Connect URL, sc://host:port, not {remote!r}")
    joiner = ";" if "/;" in remote else "/;"
    # create(), not getOrCreate(): a process may hold sessions of several attempts after each other
    return SparkSession.builder.remote(f"{remote.rstrip('/')}{joiner}session_id={session}").create()


@contextmanager
def spark_work(remote: str, session: UUID) -> Iterator[SparkWork]:
    """A session under this id, ended on leaving. UTC is set on it, whatever the server's default is."""
    work = SparkWork(_connect(remote, session))
    work.spark.conf.set("spark.sql.session.timeZone", "UTC")
    work.spark.client.register_progress_handler(cast("ProgressHandler", work.note))
    try:
        yield work
    finally:
        work.spark.stop()


def end_session(remote: str, session: UUID) -> None:
    """Interrupts what a dead client left running under this id and releases it; gone already is fine."""
    from pyspark.errors.exceptions.connect import SparkConnectException

    spark = None
    try:
        spark = _connect(remote, session)
        spark.interruptAll()
    except SparkConnectException as error:
        if "SESSION_CLOSED" not in str(error):
            raise
    finally:
        if spark is not None:
            spark.stop()
