"""Spark Connect sessions: opened under a known id, their operations noted, ended from outside if need be."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

from include.errors import ConfigError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


@dataclass
class SparkWork:
    """A session and the ids of the operations that it has executed so far, in order."""

    spark: SparkSession
    operations: list[str] = field(default_factory=list)


def _connect(remote: str, session: UUID, operations: list[str] | None = None) -> SparkSession:
    from pyspark.sql.connect.client.core import DefaultChannelBuilder
    from pyspark.sql.connect.session import SparkSession as ConnectSession

    if not remote.startswith("sc://"):
        raise ConfigError(f"VIGIL_SPARK_REMOTE must be a Spark Connect URL, sc://host:port, not {remote!r}")
    joiner = ";" if "/;" in remote else "/;"
    builder = DefaultChannelBuilder(f"{remote.rstrip('/')}{joiner}session_id={session}")
    if operations is not None:
        builder.add_interceptor(_noting(operations))
    # As `SparkSession.builder.remote(...)` does: column functions then make Connect's columns.
    os.environ["SPARK_CONNECT_MODE_ENABLED"] = "1"
    # create(), not getOrCreate(): a process may hold sessions of several attempts after each other
    return cast("SparkSession", ConnectSession.builder.channelBuilder(builder).create())


def _noting(operations: list[str]) -> Any:
    """Notes the id of every operation asked for; progress handlers do not learn that of short ones."""
    import grpc

    class Noting(grpc.UnaryStreamClientInterceptor):
        def intercept_unary_stream(self, continuation: Any, details: Any, request: Any) -> Any:
            if details.method.endswith("/ExecutePlan") and request.operation_id not in operations:
                operations.append(request.operation_id)
            return continuation(details, request)

    return Noting()


@contextmanager
def spark_work(remote: str, session: UUID) -> Iterator[SparkWork]:
    """A session under this id, ended on leaving. UTC is set on it, whatever the server's default is."""
    operations: list[str] = []
    work = SparkWork(_connect(remote, session, operations), operations)
    work.spark.conf.set("spark.sql.session.timeZone", "UTC")
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
