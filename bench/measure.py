"""What a whole process costs, together with the server that works for it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from include.settings import ROOT


@dataclass(frozen=True)
class Cost:
    """Seconds of wall clock and of CPU, and the sum of the processes' peaks of resident memory in bytes."""

    wall: float
    cpu: float
    peak: int


def spark_server() -> psutil.Process:
    """The JVM of the Spark Connect server that this process started."""
    for child in psutil.Process().children(recursive=True):
        if any("SparkConnectServer" in word for word in child.cmdline()):
            return child
    raise LookupError("this process has started no Spark Connect server")


def measured(module: str, arguments: Sequence[str], server: psutil.Process | None = None) -> tuple[Cost, Any]:
    """Runs `python -m module arguments` to its end; gives its cost and the JSON that it printed last.

    The cost of `server` and its descendants (the JVM, its Python workers) meanwhile is included; their memory
    is what they had resident at most, also what they had kept from before. Raises RuntimeError with the
    process' last words.
    """
    before = _cpu(server)
    for process in _tree(server):
        Path(f"/proc/{process.pid}/clear_refs").write_text("5")  # the peak starts anew
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as words:
        begun = time.monotonic()
        command = [sys.executable, "-m", module, *arguments]
        client = subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=words, text=True)
        # Not ru_maxrss: that of a child includes what its parent had resident when it was started.
        peak = 0
        while not (ended := os.wait4(client.pid, os.WNOHANG))[0]:
            peak = max(peak, _peak(client.pid))
            time.sleep(0.01)
        wall = time.monotonic() - begun
        _, status, usage = ended
        client.returncode = os.waitstatus_to_exitcode(status)
        if client.returncode:
            words.seek(0)
            lines = [line for line in words.read().splitlines() if not line.startswith("\tat ")]
            raise RuntimeError(f"{module} exited with {client.returncode}:\n" + "\n".join(lines[-40:]))
        output.seek(0)
        said = json.loads(output.read().splitlines()[-1])
    cpu = usage.ru_utime + usage.ru_stime + _cpu(server) - before
    return Cost(wall, cpu, peak + sum(_peak(process.pid) for process in _tree(server))), said


def _tree(server: psutil.Process | None) -> list[psutil.Process]:
    return [server, *server.children(recursive=True)] if server else []


def _cpu(server: psutil.Process | None) -> float:
    """Seconds used by the tree so far; those of descendants that ended are in their parents' count."""
    return sum(sum(process.cpu_times()[:4]) for process in _tree(server))


def _peak(pid: int) -> int:
    """Most resident bytes so far; 0 for a process that has just ended."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0
