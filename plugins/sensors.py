"""Sensors that wait inside the triggerer and end there: no task process is started to wait, none to go on.

A deferred sensor that resumes within seconds can meet its own queued state; these never enter a queue.
"""

from __future__ import annotations

import asyncio
import time
from abc import abstractmethod
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Any, TypeVar

from airflow.sdk import BaseSensorOperator
from airflow.sdk.exceptions import AirflowRuntimeError
from airflow.triggers.base import BaseTrigger, StartTriggerArgs, TaskSuccessEvent, TriggerEvent

from plugins.metrics import tell_if_due

if TYPE_CHECKING:
    from airflow.sdk.definitions.context import Context

    from include.store.connection import Connection

Result = TypeVar("Result")

# Seconds for which S3, Postgres or Airflow's API may be away before a sensor fails, and with it alerts.
PATIENCE = 600.0

# Seconds between two looks at the outbox: one indexed query.
OUTBOX_SECONDS = 1.0


class PollTrigger(BaseTrigger):
    """Looks every few seconds until there is something, then ends the task with their number."""

    def __init__(self, *, seconds: float) -> None:
        # Airflow declares BaseTrigger.__init__(**kwargs) without types.
        super().__init__()  # type: ignore[no-untyped-call]
        self.seconds = seconds

    def serialize(self) -> tuple[str, dict[str, Any]]:
        return f"plugins.sensors.{type(self).__name__}", {"seconds": self.seconds}

    @abstractmethod
    async def look(self) -> int:
        """How many things wait now."""

    async def run(self) -> AsyncIterator[TriggerEvent]:
        from botocore.exceptions import BotoCoreError, ClientError
        from psycopg import OperationalError

        well = time.monotonic()
        while True:
            found = 0
            try:
                await tell_if_due()
                found = await self.look()
                well = time.monotonic()
            except (OSError, OperationalError, BotoCoreError, ClientError, AirflowRuntimeError) as error:
                if time.monotonic() - well > PATIENCE:
                    raise
                self.log.warning("Cannot look, trying again: %s: %s", type(error).__name__, error)
            if found:
                yield TaskSuccessEvent(xcoms={"return_value": found})
                return
            await asyncio.sleep(self.seconds)


class ChunksTrigger(PollTrigger):
    """Waits for objects that the ledger has not seen, and for chunks that a failed run left behind."""

    def __init__(self, *, dataset: str, seconds: float) -> None:
        super().__init__(seconds=seconds)
        self.dataset = dataset

    def serialize(self) -> tuple[str, dict[str, Any]]:
        path, arguments = super().serialize()
        return path, {"dataset": self.dataset, **arguments}

    async def look(self) -> int:
        from include.stages.pending import pending

        await self._finish_runs()
        return len(await asyncio.to_thread(pending, self.dataset))

    async def _finish_runs(self) -> None:
        """End the runs in the ledger whose Airflow runs are over: the callback that does it can get lost."""
        from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance
        from asgiref.sync import sync_to_async

        from include.stages.finish import finish
        from include.store.runs import running_runs

        count = sync_to_async(RuntimeTaskInstance.get_dr_count)
        for run in await asyncio.to_thread(_transact, lambda conn: running_runs(conn, dataset=self.dataset)):
            name = {"dag_id": run.dag_id, "dag_run_id": run.dag_run_id}
            if await count(run.dag_id, run_ids=[run.dag_run_id], states=["queued", "running"]):
                continue
            succeeded = await count(run.dag_id, run_ids=[run.dag_run_id], states=["success"]) > 0
            self.log.info("Run %d is over, succeeded: %s", run.run_id, succeeded)
            await asyncio.to_thread(finish, **name, succeeded=succeeded)


class OutboxTrigger(PollTrigger):
    """Waits for a delivery that is due."""

    async def look(self) -> int:
        from include.stages.deliver import due

        return int(await asyncio.to_thread(due))


def _transact(work: Callable[[Connection], Result]) -> Result:
    from include.store.connection import transaction

    with transaction() as conn:
        return work(conn)


class TriggererSensor(BaseSensorOperator):
    """A sensor that starts and ends in the triggerer."""

    start_from_trigger = True

    def __init__(self, *, trigger: PollTrigger, **kwargs: Any) -> None:
        super().__init__(execution_timeout=None, **kwargs)
        path, arguments = trigger.serialize()
        self.start_trigger_args = StartTriggerArgs(
            trigger_cls=path, trigger_kwargs=arguments, next_method="execute"
        )
        self._trigger = trigger

    def execute(self, context: Context, event: object = None) -> None:
        """For where no scheduler starts it in the triggerer (`dag.test`): wait there all the same."""
        self.defer(trigger=self._trigger, method_name="execute")


class ChunksSensor(TriggererSensor):
    """Succeeds, with their number, once chunks of the dataset wait to be taken by a run."""

    def __init__(self, *, dataset: str, seconds: float, **kwargs: Any) -> None:
        super().__init__(trigger=ChunksTrigger(dataset=dataset, seconds=seconds), **kwargs)


class OutboxSensor(TriggererSensor):
    """Succeeds once a delivery to a channel is due."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(trigger=OutboxTrigger(seconds=OUTBOX_SECONDS), **kwargs)
