"""
# subscriptions

Subscriptions as they begin, trials and paid ones, land on S3 as JSON or CSV; this flow takes what is new
through every stage to an alert.
"""

from airflow.sdk import DAG

from dags.flows.flow import Flow
from dags.flows.manual import operating

subscriptions = Flow(dataset="subscriptions", doc=__doc__ + operating("subscriptions"))

flow_dag: DAG = subscriptions.flow()
daily_dag: DAG = subscriptions.daily()
watch_dag: DAG = subscriptions.watch()
