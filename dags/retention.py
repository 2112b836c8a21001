"""
# retention

Deletes what nobody needs any more; once a day. The ledger keeps all its rows, and says of each path that is
gone when it went and by which setting.

    collect -> expire

`collect` deletes what nothing published: outputs of killed and superseded attempts and of dry runs, and bytes
of chunks that were never recorded, `VIGIL_RETENTION_UNPUBLISHED_DAYS` after their run was over. `expire`
takes away what is older than its `VIGIL_RETENTION_..._DAYS`: it marks it, and the next run deletes what is
marked, so that no run loses what it is reading. Both hand on how many paths, files and bytes, by kind.

**When it runs.** At half past three UTC. By hand: *Trigger*; with *Dry run* it deletes and marks nothing, and
its logs and results say what would go. Pausing it costs nothing but space. It waits while a backup is made.

**When it is red**, files pile up and nothing else happens: see the log for S3, the lake or Postgres being
away, and clear the task. It may be stopped and run again at any moment.

What is lost with what, and how to get it back from a backup: docs/operations.md.

## How the runs are bounded

- **Retries**: five, within some minutes: a restart of Postgres or S3 is over by then.
- **Time-out** of each task: `VIGIL_RUN_LEASE_SECONDS`. What it does not come to, the next day's run deletes.
- **Catch-up** is off: a run looks at everything there is, so missed days need none of their own.
- **Active runs**: one, since a second would only come upon the same files.
"""

from typing import Any

from airflow.sdk import DAG, Param, get_current_context, task

from dags.flows.defaults import FIRST_DAY, defaults, lasting_errors

with DAG(
    "retention",
    description="collect -> expire",
    doc_md=__doc__,
    schedule="30 3 * * *",
    start_date=FIRST_DAY,
    catchup=False,
    max_active_runs=1,
    default_args=defaults("retention", "platform"),
    params={
        "dry_run": Param(
            False,
            type="boolean",
            title="Dry run",
            description="Delete and mark nothing; only say what would go, with counts and bytes.",
        ),
    },
    tags=["vigil", "retention"],
) as retention_dag:

    @task(task_id="collect", doc_md="Deletes outputs that no published attempt names, once they are old.")
    def collect_unpublished() -> dict[str, Any]:
        from include.stages.collect import collect

        with lasting_errors():
            return collect(get_current_context()["params"]["dry_run"])

    @task(task_id="expire", doc_md="Marks what is older than its retention; deletes what was marked before.")
    def expire_old() -> dict[str, Any]:
        from include.stages.expire import expire

        with lasting_errors():
            return expire(get_current_context()["params"]["dry_run"])

    collect_unpublished() >> expire_old()
