"""What is to be said alike of the flows of several datasets; their own words come before it."""

from __future__ import annotations

from collections.abc import Iterable

from dags.flows.tasks import SPARK_STAGES
from include.datasets import contract
from include.settings import DAILY_RUNS

OPERATING = """
Its stages: `land`, `check`, `aggregate`, `detect`, `load`, `alert`, and beside them `check_verdict`.

**When it runs.** `{name}_watch` starts a run whenever chunks wait. By hand: *Trigger*, with the form. A run
that finds nothing new still evaluates; before the first events there is nothing to evaluate, and all tasks
end as skipped. A dry run shows its findings in the logs of `detect` and `load`, and claims, publishes,
exports and alerts nothing.

**Every day** at midnight in {zone} `{name}_daily` runs the same flow for the day that is over: its cut is the
end of its data interval. A run also evaluates again the past cuts that late events touched, so that what no
longer holds is closed with its reason.

**Backfill.** Any range, in any order, beside the live runs: *Trigger*, *Backfill* in the UI of
`{name}_daily`, or `make backfill DATASET={name} FROM=2026-01-01 TO=2026-01-31`. Days are days in {zone}.
Airflow runs one backfill of a DAG at a time, and as many of its days at once as the backfill itself allows
(the form begins with one), whatever the DAG allows: give {daily_runs}.

**When it is red.**

- `check_verdict`: the suite held a chunk, or one is unreadable. The alert names the chunk, the reason and its
  Data Docs. The other chunks of the run went on. A held chunk is not taken again by itself: correct its bad
  rows (`make quarantine`) or mend the suite, then use the DAG `redrive`; or mend the file and land it again.
- `land`, `check`, `aggregate`: tried six times over some minutes. Once the cause is gone, clear the failed
  task; or let be: the next run adopts the chunks. A chunk on which three runs failed is held.
- `detect`, `load`, `alert`: the chunks are in the state for good. Clear the failed task; or let be: the next
  run evaluates this run's cut again and alerts for what this run had loaded.

Stages are safe to clear and to run again at any time: what is published stays as it is.
"""


def operating(dataset: str) -> str:
    """How a dataset's flow runs and what to do when it is red."""
    return OPERATING.format(name=dataset, zone=contract(dataset).zone, daily_runs=DAILY_RUNS)


# Why the DAGs are set up as they are.
BOUNDS = """
## How the runs are bounded

- **Pool** `spark`, one slot: {on_spark} take Spark in turn, on one machine as on a cluster's one Connect
  server. Other tasks do not wait for it.
- **Retries**: five, after 5 s and then twice as long each time, up to 2 minutes: a restart of Postgres, S3 or
  Spark is over by then. Bad input and wrong settings fail at once; trying again cannot mend them.
- **Time-out** of each task of a flow: `VIGIL_RUN_LEASE_SECONDS`. After it the run's chunks may be taken by
  another run, so a task must not outlive it. The watch takes no chunks: its `wait_for_chunks` has none, since
  nothing may land for weeks, and its `run_flow` a day, for a whole run and all its tries. Neither holds a
  process meanwhile.
"""

OF_EVENTS = f"""\
- **Catch-up** is off: unpausing must not start a run for every day since the first. Days that were missed
  while nothing was scheduled are a backfill's, which somebody decides on; a missing day is reported.
- **Active runs**: one of the flow and of the watch, since their evaluations are to be loaded in the order of
  what they knew; {DAILY_RUNS} of the daily DAG, since days are independent and more would only
  queue for Spark.
"""

OF_REFERENCE = """\
- **Catch-up** has no meaning here: no DAG of reference data goes by days.
- **Active runs**: one of the flow and of the watch, so that versions are published one after another.
"""


def bounds(dataset: str, stages: Iterable[str]) -> str:
    """How many runs and tries there are of a flow with these stages, for how long, and why."""
    *others, last = [stage for stage in stages if stage in SPARK_STAGES]
    own = OF_EVENTS if contract(dataset).kind == "events" else OF_REFERENCE
    return BOUNDS.format(on_spark=f"{', '.join(others)} and {last}") + own
