"""
# transactions

Card transactions land on S3 in chunks; this flow takes what is new through every stage to an alert.

    land -> check -> aggregate -> detect -> load -> alert
                 \\-> check_verdict

**When it runs.** `transactions_watch` starts a run whenever chunks wait. By hand: *Trigger*, with the form. A
run that finds nothing new still evaluates, so that is the way to see another profile or other thresholds.
Such overrides get a profile label of their own and never close what the configured profile holds open. A dry
run shows its findings in the logs of `detect` and `load`, and claims, publishes, exports and alerts nothing.

**When it is red.**

- `check_verdict`: the suite held a chunk, or one is unreadable. The alert names the chunk, the reason and its
  Data Docs. The other chunks of the run went on. A held chunk is not taken again by itself: correct its bad
  rows (`make quarantine`) or mend the suite, then use the DAG `redrive`; or mend the file and land it again.
- `detect` says *MissingReference*: no importance file is published. `make feed DATASET=importance FILE=...`,
  then clear it.
- `land`, `check`, `aggregate`: tried six times over some minutes. Once the cause is gone, clear the failed
  task; or let be: the next run adopts the chunks. A chunk on which three runs failed is held.
- `detect`, `load`, `alert`: the chunks are in the state for good. Clear the failed task; or let be: the next
  run finds what still holds then and alerts for what this run had loaded, but does not find what held at
  this run's end only.

Stages are safe to clear and to run again at any time: what is published stays as it is.
"""

from airflow.sdk import DAG

from dags.flows.flow import Flow

transactions = Flow(dataset="transactions", doc=__doc__)

flow_dag: DAG = transactions.flow()
watch_dag: DAG = transactions.watch()
