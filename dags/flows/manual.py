"""What is to be said alike of the flows of all datasets of events; their own words come before it."""

from __future__ import annotations

from include.datasets import contract
from include.settings import DAILY_RUNS

OPERATING = """
Its stages: `land`, `check`, `aggregate`, `detect`, `load`, `alert`, and beside them `check_verdict`.

**When it runs.** `{name}_watch` starts a run whenever chunks wait. By hand: *Trigger*, with the form. A run
that finds nothing new still evaluates. A dry run shows its findings in the logs of `detect` and `load`, and
claims, publishes, exports and alerts nothing.

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
