"""Postgres down for a minute in each stage, under the real Airflow: all comes through, to one digest."""

from __future__ import annotations

import time
from collections.abc import Iterator

from include.store.connection import transaction
from stack.checkout import load_stack, supervisor_of
from stack.config import stack_settings
from stack.wait import wait_until_through
from tests.flow import put
from tests.full_stack import full_stack
from tests.prove.balance import check_balance, expect
from tests.prove.chunks import chunks, importance_file, rows, weights
from tests.prove.killed_stack import PARAMETERS, STAGES, digests_now, undisturbed

DOWN = 60.0
SECONDS = 900.0

# Stages that work for seconds lose Postgres in their midst, the others as their tasks begin. Land, the first
# and short, loses it once its attempt has begun: in its midst, or just after.
LONG = ("check", "aggregate", "detect")

# The chunk's run is about to enter the stage, or is at work in it.
REACHED = """
    select from attempts a join runs r using (run_id)
    where r.dag_id = 'transactions' and r.status = 'running'
      and a.stage = %(stage)s and (a.finished_at is not null) = any(%(finished)s)
"""


def prove() -> Iterator[str]:
    """Seconds from Postgres' return until the chunk was through to its alert, by stage; the digest."""
    good = rows(12_000)
    made = chunks(good, size=2_050)
    expect("chunks", len(made.files), len(STAGES))
    with full_stack(max_chunks=1, settle_seconds=0, poll_seconds=1, rule_parameters=PARAMETERS):
        put("importance", "weights.csv", importance_file(weights(good)))
        wait_until_through(SECONDS)
        supervisor = supervisor_of(load_stack(stack_settings()))
        for number, stage in enumerate(STAGES):
            put("transactions", f"chunk_{number}.csv", made.files[number])
            _wait_for(stage)
            supervisor.stop_programs(["postgres"])
            time.sleep(DOWN)
            supervisor.start_program("postgres")
            back = time.monotonic()
            wait_until_through(SECONDS)
            yield f"{stage}: through {time.monotonic() - back:.0f} s after {DOWN:g} s without Postgres"
        check_balance(made)
        digests = digests_now()
        with transaction() as conn:
            failed = conn.execute("select run_id from runs where status = 'failed'").fetchall()
    expect("runs that failed for good", len(failed), 0)
    expect("digests by rule", digests, undisturbed(made, good))
    yield "digests by rule: those of one undisturbed run; runs that failed for good: 0"


def _wait_for(stage: str) -> None:
    """Returns when the newest chunk's run is where Postgres is to go."""
    asked = {"stage": stage, "finished": [False]}
    if stage == "land":
        asked = {"stage": stage, "finished": [False, True]}
    elif stage not in LONG:
        asked = {"stage": STAGES[STAGES.index(stage) - 1], "finished": [True]}
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        with transaction() as conn:
            if conn.execute(REACHED, asked).fetchone() is not None:
                return
        time.sleep(0.01)
    raise TimeoutError(f"no run came to {stage} within {SECONDS:g} seconds")
