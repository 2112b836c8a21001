"""The platform's side: aggregate and detect of one run in a process of its own, as two tasks would run them.

`python -m bench.spark_side RUN_ID` prints one JSON object: the digest, how much each rule found, and seconds
by stage.
"""

from __future__ import annotations

import json
import sys
import time

from include.stages.aggregate import aggregate
from include.stages.detect import detect


def main(run_id: int) -> None:
    """Runs both stages."""
    begun = time.monotonic()
    aggregate(run_id)
    between = time.monotonic()
    found = detect(run_id)
    seconds = {"aggregate": between - begun, "detect": time.monotonic() - between}
    holds = {rule: one["holds"] for rule, one in found["rules"].items()}
    print(json.dumps({"digest": found["digest"], "holds": holds, "seconds": seconds}))


if __name__ == "__main__":
    main(int(sys.argv[1]))
