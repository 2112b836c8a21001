"""
# user_activity

What users do with their accounts, log-ins first of all, lands on S3 as JSON or CSV; this flow takes what is
new through every stage to an alert.
"""

from airflow.sdk import DAG

from dags.flows.flow import Flow
from dags.flows.manual import operating

user_activity = Flow(dataset="user_activity", doc=__doc__ + operating("user_activity"))

flow_dag: DAG = user_activity.flow()
daily_dag: DAG = user_activity.daily()
watch_dag: DAG = user_activity.watch()
