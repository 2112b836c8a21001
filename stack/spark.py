"""The embedded Spark: one Spark Connect server, kept alive, on loopback and behind a token."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from include.errors import StackError
from include.settings import ROOT
from stack.java import OPTIONS, find_java
from stack.process import accepts, bound, free_port, running

_SERVER = "org.apache.spark.sql.connect.service.SparkConnectServer"


def spark_home() -> Path:
    """The installed PySpark, which holds Spark's jars. Raises StackError if it does not."""
    spec = find_spec("pyspark")
    home = Path(spec.origin).parent if spec and spec.origin else None
    if home is None or not (home / "jars").is_dir():
        raise StackError(f"no Spark jars beside {home}; is pyspark-client installed instead of pyspark?")
    return home


@dataclass(frozen=True)
class Spark:
    """One server: working folder, port, the clients' token, the JVM's heap ("4g"), cores, address."""

    folder: Path
    port: int
    token: str
    memory: str = "4g"
    cores: str = "*"
    address: str = "127.0.0.1"

    @property
    def remote(self) -> str:
        """The SPARK_REMOTE of its clients; with this host name the token is sent without TLS, on loopback."""
        return f"sc://localhost:{self.port}/;token={self.token}"

    def configuration(self) -> dict[str, str]:
        """Its Spark properties."""
        return {
            "spark.master": f"local[{self.cores}]",
            "spark.app.name": "vigil",
            "spark.driver.memory": self.memory,
            "spark.driver.bindAddress": "127.0.0.1",
            "spark.driver.host": "127.0.0.1",
            "spark.ui.enabled": "false",
            "spark.log.level": "WARN",
            "spark.local.dir": str(self.folder / "local"),
            # What is shuffled or spilt, and so people's values, stays there until garbage is collected,
            # which is long after its session.
            "spark.io.encryption.enabled": "true",
            "spark.sql.warehouse.dir": str(self.folder / "warehouse"),
            "spark.sql.catalogImplementation": "in-memory",
            "spark.sql.session.timeZone": "UTC",
            # Small data on few cores: the default of 200 would be mostly empty tasks.
            "spark.sql.shuffle.partitions": "4",
            "spark.connect.grpc.binding.address": self.address,
            "spark.connect.grpc.binding.port": str(self.port),
            "spark.connect.grpc.port.maxRetries": "0",
            "spark.connect.grpc.maxInboundMessageSize": str(256 << 20),
            "spark.connect.authenticate.token": self.token,
            # What a killed client leaves: its running query ends after half a minute without it, its session
            # after ten minutes.
            "spark.connect.execute.manager.detachedTimeout": "30s",
            "spark.connect.execute.manager.maintenanceInterval": "10s",
            "spark.connect.session.manager.defaultSessionTimeout": "10m",
            "spark.connect.session.manager.maintenanceInterval": "30s",
        }

    def prepare(self) -> None:
        """Lay out the working folder: scratch of earlier runs goes, the properties are written (0600)."""
        for scratch in ("local", "tmp"):
            shutil.rmtree(self.folder / scratch, ignore_errors=True)
            (self.folder / scratch).mkdir(parents=True)
        properties = self.folder / "spark.properties"
        properties.touch(mode=0o600)
        properties.write_text("".join(f"{name} {value}\n" for name, value in self.configuration().items()))

    def command(self) -> list[str]:
        """The server in the foreground.

        Java is started directly: Spark's shell scripts add a second JVM, a module that the packaged Java
        lacks, and trouble with spaces in paths.
        """
        java = [str(find_java()), "-cp", str(spark_home() / "jars" / "*"), f"-Xmx{self.memory}", *OPTIONS]
        java += [f"-Djava.io.tmpdir={self.folder / 'tmp'}", "-XX:-UsePerfData", "-XX:+ExitOnOutOfMemoryError"]
        submit = ["org.apache.spark.deploy.SparkSubmit", "--class", _SERVER]
        submit += ["--properties-file", str(self.folder / "spark.properties"), "spark-internal"]
        return bound([*java, *submit], signal.SIGTERM)

    def environment(self) -> dict[str, str]:
        """What it needs beside the caller's environment; its Python workers import this checkout."""
        return {
            "SPARK_HOME": str(spark_home()),
            "SPARK_LOCAL_IP": "127.0.0.1",
            "PYSPARK_PYTHON": sys.executable,
            "PYTHONPATH": str(ROOT),
        }

    def ready(self) -> bool:
        """Whether it listens, which it does only once its Spark context is up."""
        return accepts(self.port)


@contextmanager
def temporary_spark(directory: Path, memory: str = "2g") -> Iterator[str]:
    """A server of its own in `directory` for the length of a `with`: its SPARK_REMOTE, `sc://localhost:…`.

    It does not outlive this process. Sessions on it must be stopped before it ends, or this process hangs at
    its exit in the client's retries. Raises StackError with the log's end if it does not start.
    """
    folder = Path(tempfile.mkdtemp(prefix="spark-", dir=directory))
    server = Spark(folder, free_port(), secrets.token_urlsafe(16), memory)
    server.prepare()
    # A token or a remote of the caller's would turn the server itself into a client.
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("SPARK_")}
    environment = inherited | server.environment()
    log = folder / "spark.log"
    with running("spark", server.command(), log=log, ready=server.ready, env=environment, seconds=120):
        yield server.remote
