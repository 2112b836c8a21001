"""Postgres' own dumps: one database into one file, and back."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from urllib.parse import unquote, urlsplit

from include.errors import StackError
from stack.postgres import binaries


def dump(url: str, file: Path, *, snapshot: str | None = None) -> None:
    """Writes the database, as of now or of an exported snapshot. Raises StackError with pg_dump's words."""
    arguments = ["--format=custom", f"--file={file}"]
    if snapshot:
        arguments.append(f"--snapshot={snapshot}")
    _run("pg_dump", url, arguments)


def load(url: str, file: Path, *, owner: str) -> None:
    """Fills an empty database, all or nothing; everything in it belongs to `owner`. Raises StackError."""
    arguments = [
        "--no-owner",
        "--no-privileges",
        f"--role={owner}",
        "--exit-on-error",
        "--single-transaction",
    ]
    _run("pg_restore", url, [*arguments, str(file)])


def _run(program: str, url: str, arguments: list[str]) -> None:
    """The password goes through the environment: arguments can be seen by everybody on the machine."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    plain = parts._replace(netloc=f"{parts.username}@{host}" if parts.username else host).geturl()
    environment = {**os.environ, "PGPASSWORD": unquote(parts.password or "")}
    command = [str(binaries() / program), f"--dbname={plain}", *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise StackError(f"{program} of {plain} failed: {done.stderr.strip()}")
