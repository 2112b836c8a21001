"""
# replay

Tries other parameters, or another version of a rule, over past days, and shows what would be added, gone and
unchanged against what is in force. In shadow: nothing is opened, closed, exported or alerted.

- **What**: one rule or all of a dataset; a profile; any parameter changed (empty: as in force). A changed
  rule is a file in `include/spark_jobs/rules/trials/`, same id, another version; this form then offers it.
- **Over what**: the days from first to last that were evaluated in force. Both sides are judged again with
  what is known now, so that the difference is that of the rules alone.
- **What comes of it**: a page beside the Data Docs, whose address is in the log of `replay` and its XCom:
  entities added, gone and unchanged over the window and at each day, 20 of each with their values (masked),
  the incidents that either side would have opened, the nearest misses, and the curve of detections by one
  threshold with today's point marked. The table `replays` has the figures, `replays/` in the lake the rows.

**What a change does once it is in force**: at the next evaluated cut everything is judged by it, and what no
longer holds closes as `ended` there. What was recorded before keeps the parameters and the version that it
was found with. To apply a change to past days, backfill them.

**When it runs.** Only by hand: *Trigger*, with the form, or `make replay`.

**When it is red.** It names what it refuses and what is valid: a window without an evaluated day, a rule, a
version or a curve that is not there. *MissingReference*: no importance file is published. Any other error was
tried six times; clear it. Nobody is alerted, and nothing in force is touched.

## How the runs are bounded

- **Pool** `spark`, one slot: a replay waits for Spark in turn with the stages of the flows.
- **Retries**: five, within some minutes: a restart of Postgres, S3 or Spark is over by then. What it refuses
  fails at once; trying again cannot mend that.
- **Time-out**: `VIGIL_RUN_LEASE_SECONDS`, the lease of its run in the ledger, beyond which it counts as
  hanging. Try fewer days at once if it does not suffice.
- **Active runs**: one, since replays are not urgent and several would hold up the flows at the pool.
"""

from typing import Any

from airflow.sdk import DAG, get_current_context, task

from dags.flows.defaults import defaults, lasting_errors
from dags.flows.replay_asked import replay_asked
from dags.flows.replay_form import replay_form
from dags.flows.tasks import SPARK_POOL
from plugins.notifiers import RunNotifier

with DAG(
    "replay",
    description="what changed rules would find in past days, beside what is in force",
    doc_md=__doc__,
    schedule=None,
    max_active_runs=1,
    default_args=defaults("{{ params.dataset }}", "trust-and-safety"),
    params=replay_form(),
    tags=["vigil", "replay"],
    on_success_callback=[RunNotifier(succeeded=True)],
    on_failure_callback=[RunNotifier(succeeded=False)],
) as replay_dag:

    @task(task_id="replay", doc_md="Judges each day twice, as in force and as tried.", pool=SPARK_POOL)
    def compare() -> dict[str, Any]:
        from include.stages.replay import replay
        from include.stages.replay_scope import start_replay

        context = get_current_context()
        run = context["dag_run"]
        with lasting_errors():
            # Only a run that has started has tasks that run.
            assert run.start_date is not None
            run_id = start_replay(
                dag_id=run.dag_id,
                dag_run_id=run.run_id,
                started_at=run.start_date,
                generation=run.clear_number or 0,
                **replay_asked(context["params"]),
            )
            return replay(run_id)

    compare()
