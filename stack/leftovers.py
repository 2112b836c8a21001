"""Finds and ends processes of this checkout's services, by their working folder or by environment marks.

Both are inherited, and some programs lose one of them: those that set their own title (Airflow's) overwrite
their environment, and Postgres changes its folder.
"""

from __future__ import annotations

from pathlib import Path

import psutil

from stack.process import HOME_MARK, SERVICE_MARK, working_folder

# What a polite end may take before the impolite one.
GRACE_SECONDS = 10.0


def service_processes(home: Path, service: str | None = None) -> list[psutil.Process]:
    """The processes of one service of this home folder, or of all; never the caller itself."""
    me = psutil.Process().pid
    owners = ((process, _owner(process, home)) for process in psutil.process_iter() if process.pid != me)
    return [process for process, owner in owners if owner and service in (None, owner)]


def _owner(process: psutil.Process, home: Path) -> str | None:
    """The service of this home folder that a process belongs to."""
    try:
        folder, marks = Path(process.cwd()), process.environ()
    except (psutil.Error, OSError):  # gone, or another user's: not ours
        return None
    if folder.parent == working_folder(home, ""):
        return folder.name
    return marks.get(SERVICE_MARK) if marks.get(HOME_MARK) == str(home) else None


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
