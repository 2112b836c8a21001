"""`python -m stack.launch NAME`: what the supervisor runs for each service.

It first ends what a killed predecessor of the same service left running (Python workers, task processes), so
that a service's children never outlive it for longer than a restart takes; then it becomes the service.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from stack.leftovers import end, service_processes
from stack.process import HOME_MARK, working_folder


def main() -> None:
    """Replace this process by the service named on the command line."""
    name, home = sys.argv[1], Path(os.environ[HOME_MARK])
    service = json.loads((home / "run" / "services.json").read_text())[name]
    end(service_processes(home, name), grace=0)
    folder = working_folder(home, name)
    folder.mkdir(parents=True, exist_ok=True)
    os.chdir(folder)
    os.execvpe(service["command"][0], service["command"], service["env"])


if __name__ == "__main__":
    main()
