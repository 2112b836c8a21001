"""Each channel's real hook against a server that fails, is silent, then accepts: once per incident."""

from __future__ import annotations

import json
import logging
import os
import re
import shlex
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from include.settings import get_settings
from include.store.connection import transaction
from include.store.incidents import open_incident, resolve_incidents
from stack.rerun import rerun
from tests.airflow_api import AirflowApi
from tests.full_stack import full_stack
from tests.prove.balance import expect
from tests.stand_ins import STAND_INS, Answer, StandIn
from tests.world import shared_servers, world

INCIDENTS = 20
REPORTS = 3
BUDGET = 5
REFUSED, SILENT = 12, 3
SECONDS = 300.0

Told = Counter[tuple[str, str]]


def prove() -> Iterator[str]:
    """Tries and accepted messages by channel; what a budget held back; the same under Airflow."""
    failing: list[Answer] = ["refuse"] * REFUSED + ["silence"] * SILENT + ["accept"]
    with standing_in(*failing) as (services, settings), world(shared_servers(), **settings), hushed():
        connect(services)
        yield from each_once(services)
        yield from beyond_the_budget(services)
    with standing_in("refuse", "silence", "accept") as (services, settings):
        yield from under_airflow(services, settings)


@contextmanager
def hushed() -> Iterator[None]:
    """Without the log of failures that are meant."""
    logging.disable(logging.ERROR)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)


@contextmanager
def standing_in(*answers: Answer) -> Iterator[tuple[dict[str, StandIn], dict[str, Any]]]:
    """A stand-in for each channel, and the settings that turn all of them on."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="vigil-channels-")))
        services = {name: stack.enter_context(make(folder, *answers)) for name, make in STAND_INS.items()}
        settings: dict[str, Any] = {"alert_timeout": 1.0, "alert_tries": 100}
        for service in services.values():
            settings |= service.settings
        yield services, settings


def connect(services: Mapping[str, StandIn]) -> None:
    """Airflow of its own, without a server, whose connections come from the environment."""
    import tests.airflow_home

    assert Path(os.environ["AIRFLOW_HOME"]) == Path(tests.airflow_home.HOME)
    for service in services.values():
        os.environ.update(service.environment)


def each_once(services: Mapping[str, StandIn]) -> Iterator[str]:
    """Every incident is reported by rivals, fails on every channel for a while, and is resolved."""
    names = [f"first:{number}" for number in range(INCIDENTS)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(report, names * REPORTS))
    deliver_all()
    for name in names:
        resolve(name)
    deliver_all()
    expected = Counter((event, name) for name in names for event in ("opened", "resolved"))
    for channel, service in services.items():
        expect(f"accepted by {channel}", told(channel, service), expected)
        failures = service.tries() - len(service.accepted)
        expect(f"failures of {channel}", failures, REFUSED + SILENT)
        yield (
            f"{channel}: {INCIDENTS} openings and ends, {service.tries()} tries, {REFUSED} refused, "
            f"{SILENT} unanswered, accepted once each: {len(service.accepted)}"
        )


def beyond_the_budget(services: Mapping[str, StandIn]) -> Iterator[str]:
    """A new day with a small budget: so many messages, and one digest that names all others."""
    a_day_passes()
    before = {channel: len(service.accepted) for channel, service in services.items()}
    os.environ["VIGIL_ALERT_BUDGET"] = str(BUDGET)
    get_settings.cache_clear()
    names = [f"second:{number}" for number in range(INCIDENTS)]
    for name in names:
        report(name)
    deliver_all()
    for channel, service in services.items():
        expect(f"messages of the day to {channel}", len(service.accepted) - before[channel], BUDGET)
    a_day_passes()
    deliver_all()
    for channel, service in services.items():
        *_, digest = service.accepted
        expect(f"messages to {channel}", len(service.accepted) - before[channel], BUDGET + 1)
        expect(f"incidents in the digest of {channel}", numbers(channel, digest), INCIDENTS - BUDGET)
    rest = INCIDENTS - BUDGET
    yield f"{INCIDENTS} incidents, a budget of {BUDGET}: each channel got {BUDGET} and a digest of {rest}"


def under_airflow(services: Mapping[str, StandIn], settings: Mapping[str, Any]) -> Iterator[str]:
    """A task fails, is run again, fails again, succeeds, and both is told; one connection comes late."""
    trusted = {"SSL_CERT_FILE": services["pagerduty"].environment["SSL_CERT_FILE"]}
    with patch.dict(os.environ, trusted), full_stack(poll_seconds=1, settle_seconds=0, **settings):
        airflow = AirflowApi(get_settings())
        for channel, service in services.items():
            if channel != "slack":
                add_connection(airflow, service)
        failed = airflow.trigger("importance", {"nonsense": 1})
        expect("the run with a wrong form", airflow.wait("importance", failed), "failed")
        others = {channel: service for channel, service in services.items() if channel != "slack"}
        wait_for("the failure, told", lambda: all(len(one.accepted) == 1 for one in others.values()))
        (waiting,) = query("select tries, last_error from outbox where channel = 'slack'")
        expect("why Slack waits", "which Airflow does not have" in waiting["last_error"], True)
        add_connection(airflow, services["slack"])
        wait_for("Slack, told too", lambda: len(services["slack"].accepted) == 1)

        _, _, dag, run = shlex.split(services["webhook"].accepted[0]["body"]["rerun"])
        rerun(dag.removeprefix("DAG="), run.removeprefix("RUN="))
        wait_for("the repeat", lambda: query("select repeats from incidents") == [{"repeats": 1}])
        mended = airflow.trigger("importance", {})
        expect("the run with a right form", airflow.wait("importance", mended), "success")
        wait_for("the end, told", lambda: all(len(one.accepted) == 2 for one in services.values()))
        runs = airflow.client.get("/dags/alert_delivery/dagRuns", params={"limit": 100}).json()["dag_runs"]
        states = Counter(run["state"] for run in runs)
        expect("failed runs of alert_delivery", states["failed"], 0)
    expected = Counter({("opened", "land"): 1, ("resolved", "land"): 1})
    for channel, service in services.items():
        expect(f"accepted by {channel}", told(channel, service), expected)
    yield f"under Airflow, a failure, its repeat and its end: two messages on each of the {len(services)}"
    yield f"a connection missing at first: {states['success']} runs of alert_delivery succeeded, 0 failed"


def report(name: str) -> None:
    """One report of an incident."""
    with transaction() as conn:
        open_incident(
            conn,
            kind="detections",
            dataset="transactions",
            severity="warning",
            fingerprint=f"detections:{name}",
            title=f"told of {name}",
            body={"entities": [{"customer": "C1093826151"}]},
            run_id=None,
        )


def resolve(name: str) -> None:
    """The end of an incident."""
    with transaction() as conn:
        resolve_incidents(conn, fingerprint=f"detections:{name}", body={"reason": "over"}, run_id=None)


def deliver_all() -> None:
    """Sends until nothing is pending; back-off takes no time."""
    from include.stages.deliver import deliver
    from plugins.channels import senders

    deliver(senders())
    while query("select from outbox where status = 'pending'"):
        with transaction() as conn:
            conn.execute("update outbox set next_try_at = clock_timestamp() where status = 'pending'")
        deliver(senders())


def a_day_passes() -> None:
    """For the outbox, what was sent or held back today was so yesterday."""
    with transaction() as conn:
        conn.execute(
            """update outbox set sent_at = sent_at - interval '1 day',
                                 next_try_at = next_try_at - interval '1 day'"""
        )


def told(channel: str, service: StandIn) -> Told:
    """What a service accepted: event and subject of each message."""
    return Counter(EVENTS[channel](message) for message in service.accepted)


def _headline(words: str) -> tuple[str, str]:
    found = re.match(r"\*?\[(\w+).*\] .*?(?:told of|task) ([\w:]+)", words)
    assert found, words
    return ("resolved" if found[1] == "RESOLVED" else "opened", found[2])


EVENTS: dict[str, Callable[[Any], tuple[str, str]]] = {
    "slack": lambda message: _headline(message["text"]),
    "pagerduty": lambda message: _headline(message["payload"]["summary"]),
    "email": lambda message: _headline(message["Subject"]),
    "webhook": lambda message: _headline(message["text"]),
}

TITLES: dict[str, Callable[[Any], str]] = {
    "slack": lambda message: message["text"],
    "pagerduty": lambda message: message["payload"]["summary"],
    "email": lambda message: message["Subject"],
    "webhook": lambda message: message["title"],
}


def numbers(channel: str, digest: Any) -> int:
    """How many incidents a digest tells."""
    found = re.search(r"(\d+) incidents beyond", TITLES[channel](digest))
    return int(found[1]) if found else 0


def add_connection(airflow: AirflowApi, service: StandIn) -> None:
    """The connection of a stand-in, as a person makes it under Admin, Connections."""
    (name,) = [name for name in service.environment if name.startswith("AIRFLOW_CONN_")]
    made = json.loads(service.environment[name])
    extra = json.dumps(made.pop("extra")) if "extra" in made else None
    body = {"connection_id": name.removeprefix("AIRFLOW_CONN_").lower(), **made, "extra": extra}
    airflow.client.post("/connections", json=body).raise_for_status()


def query(text: str) -> list[dict[str, Any]]:
    """Rows of the platform's database."""
    with transaction() as conn:
        return conn.execute(text).fetchall()


def wait_for(what: str, there: Callable[[], bool]) -> None:
    """Raises TimeoutError if it is not there in time."""
    deadline = time.monotonic() + SECONDS
    while not there():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not after {SECONDS:g} seconds")
        time.sleep(0.5)
