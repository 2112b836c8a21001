"""The embedded S3: rclone serving a folder, objects as plain files, on loopback with a generated key."""

from __future__ import annotations

import os
import secrets
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from include.errors import StackError
from stack.process import accepts, bound, free_port, running


def rclone() -> Path:
    """The rclone program of this environment. Raises StackError if it is not installed."""
    program = Path(sys.executable).parent / "rclone"
    if not program.exists():
        raise StackError(f"no rclone beside {sys.executable}; run `make`, which sets up .venv")
    return program


@dataclass(frozen=True)
class S3:
    """One server: the folder whose subfolders are its buckets, its port on 127.0.0.1, its only key pair."""

    folder: Path
    port: int
    access_key: str
    secret_key: str

    @property
    def endpoint(self) -> str:
        """The URL for S3 clients; buckets are in the path."""
        return f"http://127.0.0.1:{self.port}"

    def ensure_bucket(self, name: str) -> None:
        """A bucket, which may be there before the server runs."""
        (self.folder / name).mkdir(parents=True, exist_ok=True)

    def command(self) -> list[str]:
        """The server in the foreground."""
        serve = [str(rclone()), "serve", "s3", str(self.folder), "--addr", f"127.0.0.1:{self.port}"]
        serve += ["--config", os.devnull, "--no-cleanup"]
        # Files that another program puts into the folder are seen after a second.
        serve += ["--dir-cache-time", "1s"]
        # An MD5 as the ETag would be computed anew from every object's bytes at every listing: the cost of a
        # look would be all of history. Without one, ETags are made from name, size and time.
        serve += ["--etag-hash", ""]
        return bound(serve, signal.SIGTERM)

    def environment(self) -> dict[str, str]:
        """What it needs beside the caller's environment: the key pair, which is thus not in its arguments."""
        return {"RCLONE_AUTH_KEY": f'"{self.access_key},{self.secret_key}"'}

    def ready(self) -> bool:
        """Whether it listens now."""
        return accepts(self.port)


@contextmanager
def temporary_s3(directory: Path) -> Iterator[tuple[str, str, str]]:
    """A server of its own in `directory` for the length of a `with`: its endpoint, access key and secret key.

    It does not outlive this process. Raises StackError with the log's end if it does not start.
    """
    folder = Path(tempfile.mkdtemp(prefix="s3-", dir=directory))
    server = S3(folder / "buckets", free_port(), secrets.token_hex(10), secrets.token_urlsafe(20))
    server.folder.mkdir()
    environment = dict(os.environ) | server.environment()
    log = folder / "rclone.log"
    with running("s3", server.command(), log=log, ready=server.ready, env=environment):
        yield server.endpoint, server.access_key, server.secret_key
