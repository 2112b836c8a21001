"""The token of the Spark server: clients of other hosts, as in docker-compose.yaml, send it as a header."""

from __future__ import annotations

from uuid import uuid4

import pytest
from pyspark.errors.exceptions.connect import SparkConnectException

from include.spark_jobs.session import spark_work

pytestmark = pytest.mark.spark


def from_another_host(remote: str, token: str) -> str:
    """The remote as docker-compose.yaml has it; any name but localhost is another host to the client."""
    address = remote.partition("/;")[0].replace("localhost", "127.0.0.1")
    return f"{address}/;authorization=Bearer%20{token}"


def test_another_host_is_let_in(spark_server: str) -> None:
    remote = from_another_host(spark_server, spark_server.rpartition("token=")[2])
    with spark_work(remote, uuid4()) as work:
        assert work.spark.range(3).count() == 3


def test_with_another_token_it_is_not(spark_server: str) -> None:
    remote = from_another_host(spark_server, "another")
    with pytest.raises(SparkConnectException, match=r"(?i)token|authenticat"), spark_work(remote, uuid4()):
        pytest.fail("it was let in")
