"""Data Docs over HTTP: Python's own file server for one folder, on loopback."""

from __future__ import annotations

import signal
import sys
from dataclasses import dataclass
from pathlib import Path

from stack.process import accepts, bound

# What is there before the first check wrote its pages.
FIRST_PAGE = "<!doctype html><title>Data Docs</title><p>Nothing was checked yet: feed a file.\n"


@dataclass(frozen=True)
class Docs:
    """One server: the folder that it serves and its port on 127.0.0.1."""

    folder: Path
    port: int

    @property
    def url(self) -> str:
        """The address of the folder, whose index.html it shows."""
        return f"http://127.0.0.1:{self.port}"

    def prepare(self) -> None:
        """The folder exists, and has a page to begin with."""
        self.folder.mkdir(parents=True, exist_ok=True)
        index = self.folder / "index.html"
        if not index.exists():
            index.write_text(FIRST_PAGE)

    def command(self) -> list[str]:
        """The server in the foreground."""
        serve = [sys.executable, "-m", "http.server", str(self.port)]
        return bound([*serve, "--bind", "127.0.0.1", "--directory", str(self.folder)], signal.SIGTERM)

    def ready(self) -> bool:
        """Whether it listens now."""
        return accepts(self.port)
