"""How the embedded stack runs its programs: bound to the life of whoever started them, as the right user."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from include.errors import StackError

# How the services' processes are told from all others, of this checkout and of others, in their environment.
HOME_MARK, SERVICE_MARK = "VIGIL_HOME", "VIGIL_SERVICE"


def working_folder(home: Path, service: str) -> Path:
    """Where a service's processes work: another mark of theirs."""
    return home / "run" / "work" / service


# The user `nobody`, as whom a server runs that refuses to be root.
UNPRIVILEGED_ID = 65534


def bound(command: Sequence[str], stop: signal.Signals, *, unprivileged: bool = False) -> list[str]:
    """The command so wrapped that it receives `stop` when its parent dies, however that happens.

    `unprivileged`: when we are root, run it as nobody. It keeps the right to pass folders of others, because
    the checkout may lie under a home folder that only root can enter.
    """
    setpriv = shutil.which("setpriv")
    drop = unprivileged and os.geteuid() == 0
    if setpriv is None:
        if drop:
            raise StackError(
                f"{command[0]} refuses to run as root, and setpriv (util-linux) is not on the PATH"
            )
        return list(command)  # not Linux: `down` and the next `up` sweep what is left
    wrapped = [setpriv, "--pdeathsig", signal.Signals(stop).name.removeprefix("SIG")]
    if drop:
        wrapped += [f"--reuid={UNPRIVILEGED_ID}", f"--regid={UNPRIVILEGED_ID}", "--clear-groups"]
        wrapped += ["--inh-caps=+dac_override", "--ambient-caps=+dac_override"]
    return [*wrapped, *command]


def free_port() -> int:
    """A TCP port on loopback that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def accepts(port: int) -> bool:
    """Whether something on loopback accepts connections on this port now."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def tail(log: Path, lines: int = 30) -> str:
    """The last lines of a log, or a word that there are none."""
    if not log.exists():
        return "(no log was written)"
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - 64_000))
        return "\n".join(file.read().decode(errors="replace").splitlines()[-lines:]) or "(the log is empty)"


@contextmanager
def running(
    name: str,
    command: Sequence[str],
    *,
    log: Path,
    ready: Callable[[], bool],
    stop: signal.Signals = signal.SIGTERM,
    env: Mapping[str, str] | None = None,
    seconds: float = 60.0,
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server for the length of a `with`, from ready to gone.

    Raises StackError with the log's end when it exits, or is not ready in `seconds`.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, env=env
        )
    try:
        deadline = time.monotonic() + seconds
        while not ready():
            if process.poll() is not None:
                raise StackError(f"{name} exited with {process.returncode}; {log} ends:\n{tail(log)}")
            if time.monotonic() > deadline:
                raise StackError(f"{name} was not ready within {seconds:.0f} s; {log} ends:\n{tail(log)}")
            time.sleep(0.05)
        yield process
    finally:
        process.send_signal(stop)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
