"""What every task begins with, and which errors end it at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from airflow.sdk.exceptions import AirflowFailException

from include.errors import ChunksHeld, ConfigError, ContractError, Expired
from include.settings import get_settings
from plugins.notifiers import IncidentNotifier, RecoveryNotifier

# Errors that trying again cannot mend: bad input, a wrong setting. Missing reference data may be on its way,
# so that is tried again.
LASTING = (ChunksHeld, ConfigError, ContractError, Expired)

# Every schedule needs a first day. Airflow makes no tasks for a run that somebody triggers with an earlier
# logical date, so it lies far back; catch-up is off, so nothing begins there by itself.
FIRST_DAY = datetime.fromisoformat("2000-01-01T00:00:00+00:00")


# Why the DAGs are set up as they are; part of every flow's manual.
MANUAL = """
## How the runs are bounded

- **Pool** `spark`, one slot: check, aggregate and detect take Spark in turn, on one machine as on a cluster's
  one Connect server. Other tasks do not wait for it.
- **Retries**: five, after 5 s and then twice as long each time, up to 2 minutes: a restart of Postgres, S3 or
  Spark is over by then. Bad input and wrong settings fail at once; trying again cannot mend them.
- **Time-out** of each task: `VIGIL_RUN_LEASE_SECONDS`. After it the run's chunks may be taken by another run,
  so a task must not outlive it.
- **Catch-up** is off: unpausing must not start a run for every day since the first. Days that were missed
  while nothing was scheduled are a backfill's, which somebody decides on; a missing day is reported.
- **Active runs**: one of the flow and of the watch, since their evaluations are to be loaded in the order of
  what they knew; three of the daily DAG, since days are independent and more would only queue for Spark.
"""


def defaults(dataset: str, owner: str, *, priority: int = 1) -> dict[str, Any]:
    """Arguments of every task: six tries in some minutes, none outliving the lease that its stage takes."""
    return {
        "owner": owner,
        "retries": 5,
        "retry_delay": timedelta(seconds=5),
        "retry_exponential_backoff": True,
        "max_retry_delay": timedelta(minutes=2),
        "execution_timeout": timedelta(seconds=get_settings().run_lease_seconds),
        "priority_weight": priority,
        "weight_rule": "absolute",
        "on_failure_callback": [IncidentNotifier(dataset=dataset)],
        "on_success_callback": [RecoveryNotifier(dataset=dataset)],
    }


@contextmanager
def lasting_errors() -> Iterator[None]:
    """Fails the task at once, without further tries, on errors that trying again cannot mend."""
    try:
        yield
    except LASTING as error:
        raise AirflowFailException(str(error)) from error
