"""The whole stack, Airflow included, in a home folder of its own: for tests, proofs and measurements."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from include.settings import ROOT, Settings, get_settings
from stack.config import DEFAULT_PORTS
from stack.leftovers import service_processes
from stack.process import free_port

LOOPBACK = frozenset({"127.0.0.1", "::1", "::ffff:127.0.0.1"})


@contextmanager
def full_stack(**values: Any) -> Iterator[Settings]:
    """A stack that is up with these settings, which this process's own then point at; gone at the end.

    Nothing of the caller's environment is left in it. Its ports are free ones, its path holds a space.
    """
    before = dict(os.environ)
    for name in before:
        if name.startswith(("VIGIL_", "AWS_")) or name in ("MAX_CHUNKS", "MAX_BYTES"):
            del os.environ[name]
    with tempfile.TemporaryDirectory(prefix="vigil stack ", ignore_cleanup_errors=True) as home:
        os.environ["VIGIL_HOME"] = home
        for name in DEFAULT_PORTS:
            os.environ[f"VIGIL_PORT_{name.upper()}"] = str(free_port())
        for name, value in values.items():
            text = json.dumps(value) if isinstance(value, dict) else str(value)
            os.environ[f"VIGIL_{name.upper()}"] = text
        try:
            _command("up")
            get_settings.cache_clear()
            yield get_settings()
        finally:
            _command("down")
            os.environ.clear()
            os.environ.update(before)
            get_settings.cache_clear()


def _command(name: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "stack", name],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"`stack {name}` ended with {done.returncode}:\n{done.stdout}")


def listening_addresses(home: Path) -> set[str]:
    """The addresses on which any process of this home's services listens."""
    found = set()
    for process in service_processes(home):
        try:
            connections = process.net_connections(kind="inet")
        except psutil.NoSuchProcess:
            continue
        found |= {one.laddr.ip for one in connections if one.status == psutil.CONN_LISTEN}
    return found
