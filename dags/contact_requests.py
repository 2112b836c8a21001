"""
# contact_requests

Requests for the contact behind an ad, from the logs of the backend and of the client, land on S3 as JSON or
CSV; this flow makes them readable and takes what is new through every stage to an alert. Bad rows can be
corrected as JSON objects or as lines of CSV, whatever form they came in.
"""

from airflow.sdk import DAG

from dags.flows.flow import Flow
from dags.flows.manual import operating

contact_requests = Flow(dataset="contact_requests", doc=__doc__ + operating("contact_requests"))

flow_dag: DAG = contact_requests.flow()
daily_dag: DAG = contact_requests.daily()
watch_dag: DAG = contact_requests.watch()
