"""The triggers' waiting: until there is something, through outages, and not through mistakes."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import boto3
import psycopg
import pytest

from include.settings import get_settings
from include.store.connection import transaction
from include.store.incidents import open_incident
from include.store.runs import Scope, get_run, open_run


async def first_event(trigger: Any) -> Any:
    async for event in trigger.run():
        return event
    raise AssertionError("the trigger ended without an event")


def looking(*answers: Any) -> Any:
    """A trigger that finds these numbers one look after another, or fails so."""
    from plugins.sensors import PollTrigger

    class Looking(PollTrigger):
        looks = 0

        async def look(self) -> int:
            answer = answers[self.looks]
            self.looks += 1
            if isinstance(answer, Exception):
                raise answer
            return int(answer)

    return Looking(seconds=0.0)


def test_it_ends_the_task_as_soon_as_something_is_there() -> None:
    trigger = looking(0, 0, 3)
    event = asyncio.run(first_event(trigger))

    assert event.task_instance_state == "success"
    assert event.xcoms == {"return_value": 3}
    assert trigger.looks == 3


@pytest.mark.parametrize("outage", [psycopg.OperationalError("gone"), ConnectionRefusedError("gone")])
def test_an_outage_is_waited_through_but_not_for_ever(
    outage: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert asyncio.run(first_event(looking(outage, outage, 1))).xcoms == {"return_value": 1}

    monkeypatch.setattr("plugins.sensors.PATIENCE", -1.0)
    with pytest.raises(type(outage)):
        asyncio.run(first_event(looking(0, outage, 1)))


def test_a_mistake_is_not_an_outage() -> None:
    with pytest.raises(TypeError):
        asyncio.run(first_event(looking(TypeError("wrong"), 1)))


@pytest.mark.parametrize("name", ["wait_for_chunks", "wait_for_deliveries"])
def test_the_scheduler_can_start_them_in_the_triggerer(dags: dict[str, Any], name: str) -> None:
    """By path and arguments: what the triggerer makes of them is the same trigger again."""
    from importlib import import_module

    (task,) = [dag.get_task(name) for dag in dags.values() if name in dag.task_ids][-1:]
    assert task.start_from_trigger
    path, _, cls = task.start_trigger_args.trigger_cls.rpartition(".")
    trigger = getattr(import_module(path), cls)(**task.start_trigger_args.trigger_kwargs)
    assert trigger.serialize() == (
        task.start_trigger_args.trigger_cls,
        task.start_trigger_args.trigger_kwargs,
    )


@pytest.mark.usefixtures("database")
def test_the_outbox_is_due_when_an_incident_waits() -> None:
    from plugins.sensors import OutboxTrigger

    async def scenario() -> Any:
        waiting = asyncio.create_task(first_event(OutboxTrigger(seconds=0.05)))
        done, _ = await asyncio.wait([waiting], timeout=0.3)
        assert not done
        with transaction() as conn:
            open_incident(
                conn,
                kind="held",
                dataset="transactions",
                severity="info",
                fingerprint="1",
                title="held",
                body={},
                run_id=None,
            )
        return await asyncio.wait_for(waiting, 30)

    assert asyncio.run(scenario()).xcoms == {"return_value": 1}


@pytest.mark.usefixtures("database")
def test_new_objects_end_the_wait_for_chunks(bucket: str, configure: Any) -> None:
    from plugins.sensors import ChunksTrigger

    configure(settle_seconds=0)
    settings = get_settings()
    assert settings.s3_access_key
    assert settings.s3_secret_key
    client = boto3.client(
        "s3",
        endpoint_url=settings.s3_endpoint,
        aws_access_key_id=settings.s3_access_key.get_secret_value(),
        aws_secret_access_key=settings.s3_secret_key.get_secret_value(),
        region_name=settings.s3_region,
    )

    async def scenario() -> Any:
        waiting = asyncio.create_task(first_event(ChunksTrigger(dataset="transactions", seconds=0.1)))
        done, _ = await asyncio.wait([waiting], timeout=1)
        assert not done
        for number in range(2):
            key = f"{settings.transactions_prefix}chunk_{number}.csv"
            client.put_object(Bucket=bucket, Key=key, Body=b"%d" % number)
        return await asyncio.wait_for(waiting, 30)

    assert asyncio.run(scenario()).xcoms["return_value"] in (1, 2)


@pytest.mark.usefixtures("database", "bucket")
@pytest.mark.parametrize(
    ("airflow", "status"),
    [({"running"}, "running"), ({"queued"}, "running"), ({"success"}, "succeeded"), ({"failed"}, "failed")],
)
def test_runs_whose_end_nobody_told_are_ended(
    airflow: set[str], status: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Airflow's answer is given by the test: the real one needs a whole Airflow."""
    from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance

    from plugins.sensors import ChunksTrigger

    with transaction() as conn:
        run = open_run(
            conn,
            dataset="transactions",
            dag_id="transactions",
            dag_run_id="manual__1",
            started_at=datetime.now(UTC),
            dry_run=False,
            profile="default",
            scope=Scope(max_chunks=1, max_bytes=1),
        )

    def get_dr_count(dag_id: str, *, run_ids: list[str], states: list[str]) -> int:
        assert (dag_id, run_ids) == ("transactions", ["manual__1"])
        return len(airflow & set(states))

    monkeypatch.setattr(RuntimeTaskInstance, "get_dr_count", get_dr_count)
    asyncio.run(ChunksTrigger(dataset="transactions", seconds=1).look())

    with transaction() as conn:
        assert get_run(conn, run.run_id).status == status
        told = [row["run_id"] for row in conn.execute("select run_id from incidents")]
    assert told == ([run.run_id] if status == "failed" else [])
