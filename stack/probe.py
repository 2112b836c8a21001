"""Health checks of docker-compose.yaml, which end with 0 (well) or 1.

`python -m stack.probe 9010`: this container listens on the port. `python -m stack.probe http://host:8080
scheduler`: Airflow's API answers there, and has lately heard of that part.
"""

from __future__ import annotations

import json
import sys
from urllib.request import urlopen

from stack.process import accepts


def is_well(where: str, part: str = "") -> bool:
    """Whether a port listens, or a part of Airflow (scheduler, dag_processor, triggerer) does its work."""
    if not part:
        return accepts(int(where))
    try:
        with urlopen(f"{where}/api/v2/monitor/health", timeout=5) as answer:
            health = json.load(answer)
    except OSError as error:
        print(error, file=sys.stderr)
        return False
    print(health.get(part))
    return (health.get(part) or {}).get("status") == "healthy"


if __name__ == "__main__":
    sys.exit(not is_well(*sys.argv[1:]))
