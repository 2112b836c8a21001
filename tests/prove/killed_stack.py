"""Kills under the real Airflow: scheduler, Spark, Postgres and tasks, in every stage, and one digest."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import psutil
import psycopg

from include.store.connection import transaction
from include.store.evaluations import newest_evaluations
from stack.leftovers import service_processes
from stack.wait import wait_until_through
from tests.flow import put, run_flow
from tests.full_stack import LOOPBACK, full_stack, listening_addresses
from tests.integration.receiver import Receiver, receiving
from tests.prove.balance import check_balance, expect
from tests.prove.chunks import Chunks, chunks, importance_file, publish_weights, rows, weights
from tests.world import shared_servers, world

STAGES = ("land", "check", "aggregate", "detect", "load", "alert")
VICTIMS = ("airflow-scheduler", "spark", "postgres", "task")
KILLS = 30
SECONDS = 900.0
PARAMETERS = {"upgrade": {"min_transactions": 1000}, "dei_needed": {"min_female": 90}}

# The attempt that is being worked on, if a run of the flow is in progress.
WORKING = """
    select a.run_id, a.stage from attempts a join runs r using (run_id)
    where r.dataset = 'transactions' and r.status = 'running' and a.finished_at is null
    order by a.started_at desc limit 1
"""


def prove() -> Iterator[str]:
    """Kills by victim and stage, the digest beside that of an undisturbed run, deliveries by incident."""
    good = rows(30_000)
    made = chunks(good, size=1_500)
    with (
        receiving(503, 200) as receiver,
        full_stack(
            max_chunks=1,
            settle_seconds=0,
            poll_seconds=1,
            webhook_url=receiver.url,
            rule_parameters=PARAMETERS,
        ) as settings,
    ):
        expect("addresses listened on", listening_addresses(settings.home) - LOOPBACK, set())
        put("importance", "weights.csv", importance_file(weights(good)))
        wait_until_through(SECONDS)
        kills, used = kill_through(made, settings.home)
        wait_until_through(SECONDS)
        part = Chunks(made.files[:used], made.good[:used], *lines(made, used))
        check_balance(part)
        digests = digests_now()
        yield from deliveries(receiver)
    for stage in STAGES:
        counts = ", ".join(f"{victim} {kills[victim, stage]}" for victim in VICTIMS)
        yield f"kills in {stage}: {counts}"
    yield f"kills: {kills.total()} in {used} runs"
    expect("digests by rule", digests, undisturbed(part, good))
    yield "digests by rule: those of one undisturbed run"


def kill_through(made: Chunks, home: Path) -> tuple[Counter[tuple[str, str]], int]:
    """Lands chunk after chunk and kills in each stage of each run, until all victims died in all stages."""
    kills: Counter[tuple[str, str]] = Counter()
    for used, file in enumerate(made.files, start=1):
        put("transactions", f"chunk_{used - 1}.csv", file)
        _kill_in_each_stage(kills, home, used)
        if kills.total() >= KILLS and all(kills[pair] for pair in product(VICTIMS, STAGES)):
            return kills, used
    missed = [pair for pair in product(VICTIMS, STAGES) if not kills[pair]]
    raise AssertionError(f"{len(made.files)} runs were not enough: {kills.total()} kills, none of {missed}")


def _kill_in_each_stage(kills: Counter[tuple[str, str]], home: Path, chunks_through: int) -> None:
    done: set[tuple[int, str]] = set()
    deadline = time.monotonic() + SECONDS
    while not _through(chunks_through):
        if time.monotonic() > deadline:
            raise TimeoutError(f"chunk {chunks_through} is not through after {SECONDS:g} seconds")
        working = _query(WORKING)
        if not working or (working[0]["run_id"], working[0]["stage"]) in done:
            time.sleep(0.01)
            continue
        stage = working[0]["stage"]
        victim = min(VICTIMS, key=lambda name: kills[name, stage])
        if _kill(home, victim):
            done.add((working[0]["run_id"], stage))
            kills[victim, stage] += 1


def _through(wanted: int) -> bool:
    counts = _query(
        """select count(*) filter (where status = 'aggregated') as chunks,
                  (select count(*) from runs where dataset = 'transactions' and status = 'running') as runs
           from chunks where dataset = 'transactions'"""
    )
    return bool(counts) and counts[0]["chunks"] >= wanted and not counts[0]["runs"]


def _query(query: str) -> list[dict[str, Any]]:
    """The rows, or none while Postgres is down."""
    try:
        with transaction() as conn:
            return conn.execute(query).fetchall()
    except psycopg.OperationalError:
        return []


def _kill(home: Path, victim: str) -> bool:
    """Kills the victim's main process, or the process that works on a task; whether there was one."""
    scheduler = service_processes(home, "airflow-scheduler")
    found = scheduler if victim == "task" else service_processes(home, victim)
    for process in found:
        try:
            is_task = _works_on_a_task(process)
            if is_task if victim == "task" else process.parent() not in found:
                process.kill()
                return True
        except psutil.NoSuchProcess:
            continue
    return False


def _works_on_a_task(process: psutil.Process) -> bool:
    title = " ".join(process.cmdline())
    return title.startswith("airflow worker -- ") and "LocalExecutor" not in title


def lines(made: Chunks, used: int) -> tuple[int, int]:
    """Lines, and bad lines, of the first chunks."""
    total = sum(file.count(b"\n") - 1 for file in made.files[:used])
    return total, total - sum(len(good) for good in made.good[:used])


def digests_now() -> dict[str, str]:
    """The digest of every rule at the newest cut."""
    with transaction() as conn:
        return {one.rule: one.digest for one in newest_evaluations(conn, "transactions", "default")}


def undisturbed(part: Chunks, good: list[Any]) -> dict[str, str]:
    """The same after one run over the same chunks, without Airflow and without kills."""
    with world(shared_servers(), rule_parameters=PARAMETERS):
        publish_weights(weights(good))
        part.put()
        run_flow(max_chunks=len(part.files))
        return digests_now()


def deliveries(receiver: Receiver) -> Iterator[str]:
    """Every message came with one key: a receiver that knows the keys it has seen accepts it once."""
    with transaction() as conn:
        sent = conn.execute(
            "select incident_id, idempotency_key::text as key from outbox where channel = 'webhook'"
        )
        keys = {row["key"]: row["incident_id"] for row in sent}
    accepted = {
        (key, message["incident_id"]) for key, message in zip(receiver.keys, receiver.messages, strict=True)
    }
    expect("accepted deliveries", accepted, set(keys.items()))
    incidents = len(set(keys.values()))
    yield (
        f"incidents: {incidents}, opened or resolved: {len(keys)} messages, POSTs: {len(receiver.keys)}, "
        f"accepted once each: {len(accepted)}"
    )
