"""
# payments

Payments for subscriptions, and what became of them, land on S3 as JSON or CSV; this flow takes what is new
through every stage to an alert.
"""

from airflow.sdk import DAG

from dags.flows.flow import Flow
from dags.flows.manual import operating

payments = Flow(dataset="payments", doc=__doc__ + operating("payments"))

flow_dag: DAG = payments.flow()
daily_dag: DAG = payments.daily()
watch_dag: DAG = payments.watch()
