"""
# ibm_clickstream

IBM's simulated clickstream, a public file to try the platform on, lands on S3 as CSV; its columns are read as
the fields of clickstream.
"""

from airflow.sdk import DAG

from dags.flows.flow import Flow
from dags.flows.manual import operating

ibm_clickstream = Flow(dataset="ibm_clickstream", doc=__doc__ + operating("ibm_clickstream"))

flow_dag: DAG = ibm_clickstream.flow()
daily_dag: DAG = ibm_clickstream.daily()
watch_dag: DAG = ibm_clickstream.watch()
