"""Every stage killed (SIGKILL) at ten and more moments, then tried again: the same as if nothing had been.

Each stage runs in a process of its own, as under Airflow; the moments are spread over the shortest time that
the same stage took in an undisturbed world.
"""

from __future__ import annotations

import csv
import os
import random
import signal
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess

from include.lake import bucket
from include.settings import get_settings
from include.store.attempts import published_figures
from include.store.connection import transaction
from tests.flow import STAGES, close_flow, open_flow, stage
from tests.prove.balance import check_balance, episodes, expect
from tests.prove.chunks import Chunks, chunks, publish_weights, rows, weights
from tests.world import shared_servers, world

KILLS = 10  # of each stage, at least
RUNS, PER_RUN = 4, 4
LINES, SLICE = 19_600, 2_500  # eight chunks
EVENTS = STAGES["events"]

# Loaded before a process is forked: a kill is to hit the work, not its imports.
HEAVY = ["boto3", "great_expectations", "pandas", "pyarrow.dataset", "pyspark.sql.connect.session"]
HEAVY += [f"include.stages.{name}" for name in EVENTS]

_forking = get_context("forkserver")
_forking.set_forkserver_preload([*HEAVY, "tests.prove.killed_stages"])


@dataclass(frozen=True)
class Left:
    """What a history left: digest, episodes, incidents, and the rows of each export less detectionTime."""

    digest: str
    episodes: Sequence[object]
    incidents: Sequence[object]
    exports: Mapping[str, Sequence[object]]


def prove() -> Iterator[str]:
    """Figures: kills by stage, what they cost, and what was the same afterwards."""
    made = chunks(rows(LINES), size=SLICE)
    rng = random.Random(3)
    with _landed(made):
        took: dict[str, list[float]] = defaultdict(list)
        for number in range(RUNS):
            run_id = _open(made, number)
            for name in EVENTS:
                took[name].append(_undisturbed(name, run_id))
            close_flow("transactions", number)
        clean = _left(made, run_id)
    with _landed(made):
        kills: Counter[str] = Counter()
        for number in range(RUNS):
            run_id = _open(made, number)
            for name in EVENTS:
                last = number == RUNS - 1
                wanted = max(PER_RUN, KILLS - kills[name]) if last else PER_RUN
                kills[name] += _killed(name, run_id, min(took[name]), wanted, rng)
            close_flow("transactions", number)
        disturbed = _left(made, run_id)
        attempts = _attempts()
    expect("stages killed often enough", [name for name in EVENTS if kills[name] >= KILLS], list(EVENTS))
    for what in ("digest", "episodes", "incidents", "exports"):
        expect(f"{what} after kills", getattr(disturbed, what), getattr(clean, what))
    yield f"kills: {kills.total()}: {dict(kills)}"
    yield f"attempts begun: {attempts}, where {RUNS * len(EVENTS)} would have done"
    yield f"digest: {disturbed.digest}, as without a kill"
    yield f"episodes: {len(disturbed.episodes)}, incidents: {len(disturbed.incidents)}, each once"
    files = {key: lines for key, lines in disturbed.exports.items() if not key.endswith("current.csv")}
    yield f"exported: {sum(map(len, files.values()))} detections in {len(files)} files, each once"


@contextmanager
def _landed(made: Chunks) -> Iterator[None]:
    with world(shared_servers(), profile="sample"):
        publish_weights(weights(rows(LINES)))
        made.put()
        yield


def _open(made: Chunks, number: int) -> int:
    return open_flow("transactions", number, max_chunks=len(made.files) // RUNS)


def _begin(name: str, run_id: int) -> ForkServerProcess:
    """A process that is about to run the stage, and starts now."""
    ready, started = _forking.Pipe(duplex=False)
    process = _forking.Process(target=_run, args=(dict(os.environ), name, run_id, started))
    process.start()
    started.close()
    ready.recv()
    return process


def _run(environment: dict[str, str], name: str, run_id: int, started: Connection) -> None:
    os.environ.clear()
    os.environ.update(environment)
    get_settings.cache_clear()
    started.send(True)
    stage(name)(run_id)


def _undisturbed(name: str, run_id: int) -> float:
    """Runs the stage to its end; gives its seconds."""
    begun = time.monotonic()
    process = _begin(name, run_id)
    begun = time.monotonic()
    process.join()
    expect(f"exit code of {name}", process.exitcode, 0)
    return time.monotonic() - begun


def _killed(name: str, run_id: int, seconds: float, wanted: int, rng: random.Random) -> int:
    """Kills attempts of the stage until so many died or one got through, then lets it end; gives the deaths.

    Moments leave out the last fifth of the shortest time, so that few attempts get through.
    """
    for kills in range(wanted):
        process = _begin(name, run_id)
        process.join(0.8 * seconds * (kills + rng.random()) / wanted)
        process.kill()
        process.join()
        if process.exitcode != -signal.SIGKILL:
            expect(f"exit code of {name}", process.exitcode, 0)
            return kills
    _undisturbed(name, run_id)
    return wanted


def _left(made: Chunks, run_id: int) -> Left:
    check_balance(made, "sample")
    with transaction() as conn:
        detected = published_figures(conn, run_id, "detect")
        incidents = conn.execute("select fingerprint, title, body, repeats from incidents").fetchall()
        exported = conn.execute("select count(*) as n from detections").fetchone()
    assert detected is not None
    _undisturbed("load", run_id)  # once more: it may change nothing
    exports = {
        found.key: _rows(found.key)
        for page in bucket().pages(get_settings().export_prefix)
        for found in page.objects
    }
    once = sum(len(lines) for key, lines in exports.items() if not key.endswith("current.csv"))
    expect("detections exported", {"n": once}, exported)
    known = sorted((one["fingerprint"], one["title"], one["repeats"]) for one in incidents)
    return Left(detected["digest"], episodes(), known, exports)


def _rows(key: str) -> list[tuple[str, ...]]:
    """The rows of an exported file without detectionTime, which is when the load ran."""
    text = b"".join(bucket().blocks(key)).decode()
    return [
        tuple(v for name, v in row.items() if name != "detectionTime")
        for row in csv.DictReader(text.splitlines())
    ]


def _attempts() -> int:
    with transaction() as conn:
        found = conn.execute(
            "select count(*) as n from attempts join runs using (run_id) where dataset = 'transactions'"
        ).fetchone()
    assert found is not None
    return int(found["n"])
