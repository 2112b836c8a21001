"""From landed to alerted under the real Airflow, on a stack of its own that is taken down again."""

from __future__ import annotations

import time
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from statistics import median

from bench.engines import Tell
from bench.report import Figures
from include.store.connection import transaction
from stack.wait import wait_until_through
from tests.flow import STAGES, put
from tests.full_stack import full_stack
from tests.prove.chunks import chunks, importance_file, rows, weights

CHUNKS = 5
SECONDS = 600.0
EVENTS = STAGES["events"]
STAGE_TIMES = (Path(__file__).parent / "stage_times.sql").read_text()


def landed_to_alerted(tell: Tell) -> Figures:
    """Measures chunks of 10,000 rows, one by one. Raises TimeoutError if one is not through in time."""
    good = rows((CHUNKS + 1) * 10_000)
    made = chunks(good)
    seconds: dict[str, list[float]] = {name: [] for name in ("in all", "until land starts", *EVENTS)}
    tell("bringing up a stack")
    with full_stack() as settings:
        put("importance", "weights.csv", importance_file(weights(good)))
        wait_until_through(SECONDS)
        for number, file in enumerate(made.files[: CHUNKS + 1]):
            tell(f"chunk {number} under Airflow")
            begun = time.time()
            put("transactions", f"chunk_{number}.csv", file)
            times = _through(sha256(file).hexdigest())
            if not number:
                continue  # the first warms up
            seconds["in all"].append(times["alert"][1].timestamp() - begun)
            seconds["until land starts"].append(times["land"][0].timestamp() - begun)
            for name in EVENTS:
                seconds[name].append((times[name][1] - times[name][0]).total_seconds())
            wait_until_through(SECONDS)
    table = [[name, *(f"{f(found):.1f}" for f in (median, min, max))] for name, found in seconds.items()]
    note = (
        f"{CHUNKS} chunks of 10,000 rows, one after the other, on the embedded stack with its default "
        "settings: from the start of the PUT to the end of the stage alert, by the ledger. What the stages "
        "do not add up to is Airflow starting tasks. The sensor lists the prefix every "
        f"{settings.poll_seconds:g} s and waits until an object is {settings.settle_seconds:g} s old."
    )
    return Figures("Landed to alerted under Airflow", note, ["seconds", "median", "least", "most"], table)


def _through(chunk_id: str) -> dict[str, tuple[datetime, datetime]]:
    """When each stage of the run that took the chunk began and ended, once the last has."""
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        with transaction() as conn:
            found = conn.execute(STAGE_TIMES, {"chunk_id": chunk_id}).fetchall()
        times = {row["stage"]: (row["started_at"], row["finished_at"]) for row in found}
        if set(EVENTS) <= set(times):
            return times
        time.sleep(0.2)
    raise TimeoutError(f"chunk {chunk_id} is not through after {SECONDS:g} s; stages done: {sorted(times)}")
