"""`python -m stack.guard PID`: outlives the supervisor (process PID) to see that nothing else does.

While the stack starts, `up` keeps the other end of this program's standard input, and writes a line when all
is ready. An end of input without one means that `up` is gone, even by kill -9: the half-started stack is
stopped. From then on it waits for the supervisor's end, orderly or not, and ends what it left running.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import psutil

from stack.leftovers import end, service_processes
from stack.process import HOME_MARK


def main() -> None:
    """Watch the starter, then the supervisor; then sweep."""
    supervisor = psutil.Process(int(sys.argv[1]))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if not sys.stdin.buffer.readline() and supervisor.is_running():
        supervisor.terminate()
    supervisor.wait()
    end(service_processes(Path(os.environ[HOME_MARK])))


if __name__ == "__main__":
    main()
