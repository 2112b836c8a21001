"""
# train

Trains a model: what is usual among the phones, users or accounts of a dataset on a day, learned from a past
window. Rules that were learned (`unusual_...`) judge with its newest version.

- **Which model**, on which event days (empty: the 28 before the newest one), and with which seed. Of every
  day the facts are those that rules see at its end, with what is known now.
- **What comes of it**: a version, numbered by when it was published; its log and its XCom say the typical
  values, how the scores lie, which groups there are. The table `model_versions` keeps that. What an older
  version found keeps that one's id; runs that begin from now on use the new one.
- **Until when**: `Review days` after the window's last day, rules do without the version, and each run says
  so (`left_out` of its stage detect, in its log, on its page of detections). Look at what the rule found,
  then train again: on newer days, without those that somebody abused, if they can be left out.

**When it runs.** Only by hand: *Trigger*, with the form, or `make train`. A window that somebody has looked
at is worth more than a schedule.

**When it is red.** It names what it refuses and what is valid: a window without events, one with too few
rows, one whose state retention took away. Any other error was tried six times; clear it. The version that is
in use stays in use.

## How the runs are bounded

- **Pool** `spark`, one slot: a training waits for Spark in turn with the stages of the flows.
- **Retries**: five, within some minutes: a restart of Postgres, S3 or Spark is over by then.
- **Time-out**: `VIGIL_RUN_LEASE_SECONDS`. Of a day at most 100,000 entities are learned from, so that a
  longer history costs reading, not fitting.
- **Active runs**: one, so that versions are published one after another.
"""

from typing import Any

from airflow.sdk import DAG, get_current_context, task

from dags.flows.defaults import defaults, lasting_errors
from dags.flows.tasks import SPARK_POOL
from dags.flows.train_form import train_asked, train_form
from plugins.notifiers import RunNotifier

with DAG(
    "train",
    description="what is usual, learned from a past window",
    doc_md=__doc__,
    schedule=None,
    max_active_runs=1,
    default_args=defaults("train", "trust-and-safety"),
    params=train_form(),
    tags=["vigil", "train"],
    on_success_callback=[RunNotifier(succeeded=True)],
    on_failure_callback=[RunNotifier(succeeded=False)],
) as train_dag:

    @task(task_id="train", doc_md="Fits the model to its window and publishes the version.", pool=SPARK_POOL)
    def fit_model() -> dict[str, Any]:
        from include.stages.train import start_training, train

        context = get_current_context()
        run = context["dag_run"]
        with lasting_errors():
            # Only a run that has started has tasks that run.
            assert run.start_date is not None
            run_id = start_training(
                dag_id=run.dag_id,
                dag_run_id=run.run_id,
                started_at=run.start_date,
                generation=run.clear_number or 0,
                **train_asked(context["params"]),
            )
            return train(run_id)

    fit_model()
