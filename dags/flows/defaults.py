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
