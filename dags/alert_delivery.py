"""
# alert_delivery

Sends what waits in the outbox to the on-call channels: the structured log (`logs/alerts.jsonl`), and Slack,
PagerDuty, e-mail and a signed webhook, each if its setting names an Airflow connection
(`VIGIL_SLACK_CONN_ID`, `VIGIL_PAGERDUTY_CONN_ID`, `VIGIL_EMAIL_CONN_ID`, `VIGIL_WEBHOOK_CONN_ID`).

A run waits, without holding a process, until a delivery is due, sends everything that is due, and ends; the
next one begins to wait. What a channel does not accept is tried again after 2, 4, 8, ... seconds with the
same idempotency key, and after `VIGIL_ALERT_TRIES` tries it is *dead* and stays in the outbox with its last
error; `make redeliver` sends it again. What is beyond `VIGIL_ALERT_BUDGET` messages of a channel and UTC
day waits for one digest after midnight UTC. A connection that is missing is a warning in the log of
`deliver`, and fails nothing.

**When it is red**, alerts are late: look at the log of `deliver`, and at Postgres. Pausing this DAG keeps
alerts in the outbox; nothing is lost.

## How the runs are bounded

- **Retries**: five, within some minutes: a restart of Postgres is over by then. What a channel does not
  accept is not the task's to try again; the outbox says when it is due.
- **Time-out** of `deliver`: half an hour. It begins no message after ten minutes, and the next run goes on:
  what lasts longer hangs. `wait_for_deliveries` has none, since all may be well for weeks.
- **Catch-up** has no meaning here: whatever is due is sent, whenever it became due.
- **Active runs**: one, which sends everything that is due; a second one would find nothing left to send.
"""

from datetime import timedelta

from airflow.sdk import DAG, task

from dags.flows.defaults import FIRST_DAY, defaults
from plugins.sensors import OutboxSensor

with DAG(
    "alert_delivery",
    description="sends waiting incidents to the on-call channels",
    doc_md=__doc__,
    schedule="@continuous",
    start_date=FIRST_DAY,
    catchup=False,
    max_active_runs=1,
    default_args=defaults("alert_delivery", "platform") | {"execution_timeout": timedelta(minutes=30)},
    tags=["vigil", "alert"],
) as delivery_dag:
    wait = OutboxSensor(task_id="wait_for_deliveries", doc_md="Waits until an incident's delivery is due.")

    @task(task_id="deliver", doc_md="Sends everything that is due, each delivery marked as it is accepted.")
    def send_due() -> dict[str, int]:
        from include.stages.deliver import deliver
        from plugins.channels import senders

        return deliver(senders())

    wait >> send_due()
