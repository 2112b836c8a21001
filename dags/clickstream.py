"""
# clickstream

Clicks of users land on S3 as JSON or CSV; this flow takes what is new through every stage to an alert. Bad
rows can be corrected as JSON objects or as lines of CSV, whatever form they came in.
"""

from airflow.sdk import DAG

from dags.flows.flow import Flow
from dags.flows.manual import operating

clickstream = Flow(dataset="clickstream", doc=__doc__ + operating("clickstream"))

flow_dag: DAG = clickstream.flow()
daily_dag: DAG = clickstream.daily()
watch_dag: DAG = clickstream.watch()
