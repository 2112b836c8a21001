"""
# transactions

Card transactions land on S3 in chunks; this flow takes what is new through every stage to an alert.

Its stages: `land`, `check`, `aggregate`, `detect`, `load`, `alert`, and beside them `check_verdict`.

**When it runs.** `transactions_watch` starts a run whenever chunks wait. By hand: *Trigger*, with the form. A
run that finds nothing new still evaluates, so that is the way to see another profile or other thresholds;
before the first events there is nothing to evaluate, and all tasks end as skipped. Such overrides get a
profile label of their own and never close what the configured profile holds open. A dry run shows its
findings in the logs of `detect` and `load`, and claims, publishes, exports and alerts nothing.

**Every day** at midnight in Asia/Kolkata `transactions_daily` runs the same flow for the day that is over:
its cut is the end of its data interval. A run also evaluates again the past cuts that late events touched,
so that what no longer holds is closed with its reason.

**Backfill.** Any range, in any order, beside the live runs: *Trigger*, *Backfill* in the UI of
`transactions_daily`, `make backfill FROM=2026-01-01 TO=2026-01-31`, or `airflow backfill create --dag-id
transactions_daily --reprocess-behavior completed --max-active-runs 3 --from-date 2026-01-01T00:00:00+05:30
--to-date 2026-01-31T00:00:00+05:30`. Days are days in Asia/Kolkata, so give the offset: `2026-01-01` alone is
midnight UTC, and leaves out the 1st. The UI's form takes times in the zone of the clock at the page's lower
left: choose Asia/Kolkata there (some browsers say Asia/Calcutta), then 00:00 of the first and of the last
day. With `--reprocess-behavior completed`, in the form *All Runs*, days that ran before run again, with what
is known now. Airflow runs one backfill of a DAG at a time, and as many of its days at once as the backfill
itself allows (the form begins with one, the command with ten), whatever the DAG allows: give 3.

**When it is red.**

- `check_verdict`: the suite held a chunk, or one is unreadable. The alert names the chunk, the reason and its
  Data Docs. The other chunks of the run went on. A held chunk is not taken again by itself: correct its bad
  rows (`make quarantine`) or mend the suite, then use the DAG `redrive`; or mend the file and land it again.
- `detect` says *MissingReference*: no importance file is published. `make feed DATASET=importance FILE=...`,
  then clear it.
- `land`, `check`, `aggregate`: tried six times over some minutes. Once the cause is gone, clear the failed
  task; or let be: the next run adopts the chunks. A chunk on which three runs failed is held.
- `detect`, `load`, `alert`: the chunks are in the state for good. Clear the failed task; or let be: the next
  run evaluates this run's cut again and alerts for what this run had loaded.

Stages are safe to clear and to run again at any time: what is published stays as it is. Clearing a whole run,
from `land` on, runs it anew with what is known now.
"""

from airflow.sdk import DAG

from dags.flows.flow import Flow

transactions = Flow(dataset="transactions", doc=__doc__)

flow_dag: DAG = transactions.flow()
daily_dag: DAG = transactions.daily()
watch_dag: DAG = transactions.watch()
