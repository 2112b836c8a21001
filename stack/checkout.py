"""The stack of this checkout as its home folder knows it, and the lock that keeps its commands apart."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console

from include.errors import StackError
from stack.config import StackSettings
from stack.credentials import load_credentials
from stack.ports import read_ports
from stack.services import Stack
from stack.supervisor import Supervisor


def load_stack(settings: StackSettings, ports: Mapping[str, int] | None = None) -> Stack:
    """The stack of this checkout; without ports, on its last ones. Raises StackError if never started."""
    known = ports or read_ports(settings.home / "run" / "ports.json")
    if not known:
        raise StackError("the stack was never started here; start it with `make up`")
    return Stack(settings, load_credentials(settings.home / "secrets.json"), known)


def supervisor_of(stack: Stack) -> Supervisor:
    """The supervisor of a stack."""
    return Supervisor(stack.home, stack.ports["supervisor"], stack.credentials.supervisor_password)


def supervised(settings: StackSettings) -> bool:
    """Whether a supervisor runs here, which starts again what was killed."""
    ports = read_ports(settings.home / "run" / "ports.json")
    return bool(ports) and supervisor_of(load_stack(settings, ports)).pid() is not None


@contextmanager
def exclusive(home: Path, console: Console) -> Iterator[None]:
    """One `up`, `down` or `clean` at a time in a home folder; the next one says so and waits."""
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (home / "stack.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            console.print(
                f"Another command (process {lock.read().strip()}) is starting or stopping it; waiting"
            )
            fcntl.flock(lock, fcntl.LOCK_EX)
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield
