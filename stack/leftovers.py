"""Finds and ends processes of this checkout's services, by the marks in their environment."""

from __future__ import annotations

from pathlib import Path

import psutil

from stack.process import HOME_MARK, SERVICE_MARK

# What a polite end may take before the impolite one.
GRACE_SECONDS = 10.0


def service_processes(home: Path, service: str | None = None) -> list[psutil.Process]:
    """The processes of one service of this home folder, or of all; never the caller itself."""
    found = []
    for process in psutil.process_iter():
        try:
            marks = process.environ()
        except (psutil.Error, OSError):  # gone, or another user's: not ours
            continue
        ours = marks.get(HOME_MARK) == str(home) and SERVICE_MARK in marks
        if ours and process.pid != psutil.Process().pid and service in (None, marks[SERVICE_MARK]):
            found.append(process)
    return found


def end(processes: list[psutil.Process], grace: float = GRACE_SECONDS) -> None:
    """Ask the processes to end, and kill those that have not after `grace` seconds."""
    for process in processes:
        _signal(process, kill=grace == 0)
    _, stubborn = psutil.wait_procs(processes, timeout=grace or 5)
    for process in stubborn:
        _signal(process, kill=True)
    psutil.wait_procs(stubborn, timeout=5)


def _signal(process: psutil.Process, *, kill: bool) -> None:
    try:
        if kill:
            process.kill()
        else:
            process.terminate()
    except psutil.NoSuchProcess:
        return
