"""Overlapping backfills beside the live run, under Airflow and as processes: a straight run's digests."""

from __future__ import annotations

import random
import subprocess
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime
from itertools import chain
from multiprocessing import get_context
from time import monotonic, sleep
from typing import Any

from include.settings import DAILY_RUNS
from include.store.connection import transaction
from stack.backfill import backfill
from stack.checkout import load_stack
from stack.config import stack_settings
from stack.wait import wait_until_through
from tests.airflow_api import AirflowApi
from tests.flow import put, run_flow
from tests.full_stack import full_stack
from tests.prove.balance import check_balance, expect
from tests.prove.chunks import Chunks, chunks, importance_file, publish_weights, rows, weights
from tests.prove.days import PARAMETERS, History, day_end, history, recorded
from tests.world import shared_servers, world

DAYS, FILES = 12, 12
# First and last day of each backfill, and whether it goes backwards; every two of them overlap.
BACKFILLS = ((0, 6, False), (3, 9, True), (2, 11, False))
AT_ONCE = "processes, all at once and beside the live runs"
IN_TURN = "under Airflow, one after another (it allows one of a DAG at a time), each beside the live runs"
SECONDS = 1800.0
DAG = "transactions_daily"
# Of every backfill, however it is asked for: days that have a run are run again with what is known now.
ASKED = {"dag_id": DAG, "reprocess_behavior": "completed", "max_active_runs": DAILY_RUNS}

# Asks Airflow for a backfill of the days that begin from one instant to the other, forwards or backwards.
Way = Callable[[AirflowApi, datetime, datetime, bool], None]


def prove() -> Iterator[str]:
    """Runs by kind, and what is the same as in a straight run."""
    made = chunks(rows(12_000, days=DAYS), size=1_011)
    expect("chunks", len(made.files), FILES)
    straight = history(made, range(FILES), [FILES], range(DAYS))
    ended = sum('"ended"' in found for found in straight.episodes)
    if not 0 < ended < len(straight.episodes):
        raise AssertionError(f"these days prove nothing: {ended} of {len(straight.episodes)} episodes ended")
    for how, found in ((AT_ONCE, as_processes(made)), (IN_TURN, under_airflow(made))):
        expect(f"digests by cut, {how}", found.digests, straight.digests)
        expect(f"episodes, {how}", found.episodes, straight.episodes)
        yield (
            f"{len(BACKFILLS)} backfills of overlapping days, {how}: {len(found.digests)} digests and "
            f"{len(found.episodes)} episodes as in a straight run; {found.retracted} retracted"
        )


def as_processes(made: Chunks) -> History:
    """The backfills and the live runs all at once, each a process, their days in shuffled order."""
    with (
        world(shared_servers(), rule_parameters=PARAMETERS),
        ProcessPoolExecutor(len(BACKFILLS) + 1, mp_context=get_context("spawn")) as pool,
    ):
        publish_weights(_weights(made))
        made.put()
        run_flow(max_chunks=1)  # days are evaluated from the first event on
        work = [
            pool.submit(_evaluate, 1000 * (number + 1), _shuffled(range(first, last + 1), seed=number))
            for number, (first, last, _) in enumerate(BACKFILLS)
        ]
        work.append(pool.submit(_take, 9000, FILES - 1))
        for one in work:
            one.result()
        run_flow()
        check_balance(made)
        return recorded(DAYS)


def _shuffled(days: Sequence[int], seed: int) -> list[int]:
    return random.Random(seed).sample(days, len(days))


def _evaluate(number: int, days: Sequence[int]) -> None:
    for day in days:
        run_flow(number=number + day, interval_end=day_end(day), max_chunks=1)


def _take(number: int, runs: int) -> None:
    for run in range(runs):
        run_flow(number=number + run, max_chunks=1)


def under_airflow(made: Chunks) -> History:
    """The backfills as Airflow runs them, each asked for in another way, while the watch takes chunks."""
    with full_stack(max_chunks=2, settle_seconds=0, poll_seconds=1, rule_parameters=PARAMETERS) as settings:
        put("importance", "weights.csv", importance_file(_weights(made)))
        wait_until_through(SECONDS)
        airflow = AirflowApi(settings)
        waiting = list(enumerate(made.files))
        ways: list[Way] = [by_make, by_command, by_api]
        for number, (way, days) in enumerate(zip(ways, BACKFILLS, strict=True), start=1):
            _land(waiting, 3)
            if number == 1:
                wait_until_through(SECONDS)  # days are evaluated from the first event on
            _backfill(airflow, number, way, *days)
        _land(waiting, len(waiting))
        wait_until_through(SECONDS)
        last_run = airflow.trigger("transactions", {})
        expect("the last run", airflow.wait("transactions", last_run), "success")
        check_balance(made)
        return recorded(DAYS)


def _backfill(airflow: AirflowApi, number: int, way: Way, first: int, last: int, backwards: bool) -> None:
    """The `number`-th backfill of these days, asked for in this way, to its end.

    Airflow runs one backfill of a DAG at a time; its days run side by side, and beside the live runs.
    """
    way(airflow, day_end(first - 1), day_end(last - 1), backwards)
    deadline = monotonic() + SECONDS
    while len(completed := _completed(airflow)) < number:
        if monotonic() > deadline:
            raise TimeoutError(f"the backfill of days {first} to {last} is not over after {SECONDS:g} s")
        sleep(2)
    asked = completed[number - 1]
    expect(f"how {way.__name__} asks", {key: asked[key] for key in ASKED}, ASKED)
    # Airflow says so before the callback of the last run has told the ledger.
    wait_until_through(SECONDS)
    ends = {day_end(day).date().isoformat() for day in range(first, last + 1)}
    with transaction() as conn:
        found = conn.execute(
            "select scope ->> 'cut' as cut, dag_run_id, generation, status from runs where dag_id = %s", [DAG]
        ).fetchall()
    ran = {row["cut"] for row in found if row["status"] == "succeeded"}
    if lacking := ends - ran:
        others = [row for row in found if row["cut"] in lacking]
        raise AssertionError(
            f"days that did not succeed: {sorted(lacking)}, of which the ledger has {others}"
        )


def _completed(airflow: AirflowApi) -> list[dict[str, Any]]:
    """The DAG's backfills that are over, in their order."""
    answer = airflow.client.get("/backfills", params={"dag_id": DAG, "order_by": "id"})
    answer.raise_for_status()
    return [one for one in answer.json()["backfills"] if one["completed_at"]]


def by_make(airflow: AirflowApi, begin: datetime, end: datetime, backwards: bool) -> None:
    """As `make backfill` does."""
    backfill(f"{begin:%Y-%m-%d}", f"{end:%Y-%m-%d}", "transactions", backwards)


def by_command(airflow: AirflowApi, begin: datetime, end: datetime, backwards: bool) -> None:
    """Airflow's own command, in the environment of the stack's Airflow."""
    stack = load_stack(stack_settings())
    options = {"--dag-id": DAG, "--from-date": begin.isoformat(), "--to-date": end.isoformat()}
    options |= {"--max-active-runs": str(DAILY_RUNS), "--reprocess-behavior": "completed"}
    done = subprocess.run(
        stack.airflow.command(
            *("backfill", "create", *chain(*options.items()), *["--run-backwards"] * backwards)
        ),
        env=stack.environment("airflow-backfill", stack.airflow.environment()),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"`airflow backfill create` ended with {done.returncode}:\n{done.stdout}")


def by_api(airflow: AirflowApi, begin: datetime, end: datetime, backwards: bool) -> None:
    """A REST call."""
    wanted = {"from_date": begin.isoformat(), "to_date": end.isoformat(), "run_backwards": backwards}
    airflow.client.post("/backfills", json=wanted | ASKED).raise_for_status()


def _land(waiting: list[tuple[int, bytes]], count: int) -> None:
    for number, file in waiting[:count]:
        put("transactions", f"chunk_{number}.csv", file)
    del waiting[:count]


def _weights(made: Chunks) -> list[tuple[str, str, int]]:
    return weights([row for part in made.good for row in part])
