"""Data Docs over HTTP: rclone serving one folder, read only, on loopback."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass
from pathlib import Path

from stack.process import accepts, bound
from stack.s3 import rclone


@dataclass(frozen=True)
class Docs:
    """One server: the folder that it serves and its port on 127.0.0.1."""

    folder: Path
    port: int

    @property
    def url(self) -> str:
        """The address of the folder."""
        return f"http://127.0.0.1:{self.port}"

    def prepare(self) -> None:
        """The folder exists."""
        self.folder.mkdir(parents=True, exist_ok=True)

    def command(self) -> list[str]:
        """The server in the foreground."""
        serve = [str(rclone()), "serve", "http", str(self.folder), "--addr", f"127.0.0.1:{self.port}"]
        serve += ["--config", os.devnull, "--read-only", "--dir-cache-time", "1s"]
        return bound(serve, signal.SIGTERM)

    def ready(self) -> bool:
        """Whether it listens now."""
        return accepts(self.port)
