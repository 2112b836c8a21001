"""
# importance

The importance of customers to merchants is reference data: each file that lands is one version, published
whole or not at all. Rules that need it use the newest version published when their run first asks.

Its stages: `land`, `check`, `aggregate`, and beside them `check_verdict`.

**When it runs.** `importance_watch` starts a run whenever a file waits; `make feed DATASET=importance
FILE=...` lands one.

**When it is red.** `check_verdict`: a single bad row holds the whole file. The alert names the file and its
Data Docs, which count the bad rows by reason; mend the file and land it again. Until then the last published
version stays in use.
"""

from airflow.sdk import DAG

from dags.flows.flow import Flow

importance = Flow(dataset="importance", doc=__doc__, stages=("check", "aggregate"))

flow_dag: DAG = importance.flow()
watch_dag: DAG = importance.watch()
