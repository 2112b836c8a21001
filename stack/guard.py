"""`python -m stack.guard PID`: ends a half-started stack whose starter died, even by kill -9.

`up` keeps the other end of this program's standard input. It writes a line when everything is ready; an end
of input without one means that it is gone, and the supervisor is told to stop its services.
"""

from __future__ import annotations

import os
import signal
import sys


def main() -> None:
    """Wait for the starter's word, or for its death."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if not sys.stdin.buffer.readline():
        try:
            os.kill(int(sys.argv[1]), signal.SIGTERM)
        except ProcessLookupError:
            return


if __name__ == "__main__":
    main()
