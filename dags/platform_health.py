"""
# platform_health

The platform looks at itself: every quarter of an hour (`VIGIL_HEALTH_SCHEDULE`) it judges what the ledger
says, opens an incident for each thing that is wrong, repeats it while it lasts, and resolves it when it is
over. `docs/runbooks/<kind>.md` says what to do.

| kind | wrong is |
|---|---|
| `stale` | a dataset of `VIGIL_FRESHNESS_HOURS` did not land, or get aggregated or evaluated, in time |
| `missing_run` | a daily run is not through `VIGIL_DAILY_LATE_HOURS` after its day's end |
| `hanging_run` | a run is silent for longer than its lease |
| `anomaly` | a day's rows, rows per chunk, bad or late rows or categories are unlike the weeks before |
| `schema_drift` | a day's values are new, or written otherwise: empty, of another unit, or header |

A day is judged once a later one began and no rows of it came for `VIGIL_ANOMALY_SETTLE_HOURS`, against the
same weekday's earlier days, if there are `VIGIL_ANOMALY_MIN_DAYS` of them. `make silence` keeps what is known
already from being delivered.

**When it is red**, nobody looks: see the log of the task, and Postgres. A look changes nothing but incidents,
so it may be run again, or by hand, at any time.

## How the runs are bounded

- **Retries**: five, within some minutes: a restart of Postgres is over by then, well before the next look.
- **Time-out** of each task: ten minutes. A look takes seconds, and the next one comes after a quarter of an
  hour.
- **Catch-up** is off: a look judges what is now, so a missed one cannot be made up, nor need be.
- **Active runs**: one, since two looks at the same time would see the same.
"""

from datetime import UTC, datetime, timedelta

from airflow.sdk import DAG, task

from dags.flows.defaults import FIRST_DAY, defaults, lasting_errors
from include.settings import get_settings

with DAG(
    "platform_health",
    description="late or missing runs, stale datasets, unusual days and drifting schemas become incidents",
    doc_md=__doc__,
    schedule=get_settings().health_schedule,
    start_date=FIRST_DAY,
    catchup=False,
    max_active_runs=1,
    default_args=defaults("platform_health", "platform") | {"execution_timeout": timedelta(minutes=10)},
    tags=["vigil", "health"],
) as health_dag:

    @task(task_id="freshness", doc_md="Judges how far datasets and their runs have come by now.")
    def freshness() -> dict[str, int]:
        from include.stages.freshness import look_at_freshness

        with lasting_errors():
            return look_at_freshness(datetime.now(UTC))

    @task(task_id="anomalies", doc_md="Judges the newest complete event days against the weeks before.")
    def anomalies() -> dict[str, int]:
        from include.stages.anomalies import look_at_days

        with lasting_errors():
            return look_at_days(datetime.now(UTC))

    # Beside each other, so that one that fails leaves the other to speak.
    freshness()
    anomalies()
