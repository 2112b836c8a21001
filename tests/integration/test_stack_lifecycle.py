"""The stack's commands against real servers: started, killed in every way, and nothing left behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from include.settings import ROOT
from stack.config import DEFAULT_PORTS
from stack.leftovers import end, service_processes
from stack.ports import is_free
from stack.process import accepts, free_port

LIGHT = ("postgres", "s3", "docs")
PATIENCE = 120.0


def until(condition: Callable[[], bool], what: str) -> None:
    """Poll a condition that must come true."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"never: {what}"
        time.sleep(0.1)


class Checkout:
    """A home folder of its own, whose path holds a space, and the commands on it."""

    def __init__(self, home: Path) -> None:
        ports = {f"VIGIL_PORT_{name.upper()}": str(free_port()) for name in DEFAULT_PORTS}
        self.home = home
        self.env = {**os.environ, **ports, "VIGIL_HOME": str(home)}

    def popen(self, *arguments: str, **env: str) -> subprocess.Popen[str]:
        """Start a command."""
        return subprocess.Popen(
            [sys.executable, "-m", "stack", *arguments],
            cwd=ROOT,
            env={**self.env, **env},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, *arguments: str, **env: str) -> tuple[int, str]:
        """A command's exit status and output."""
        process = self.popen(*arguments, **env)
        output, _ = process.communicate(timeout=300)
        return process.returncode, output

    def up(self, *services: str, **env: str) -> tuple[int, str]:
        """`up` of some services."""
        return self.run("up", *(word for name in services for word in ("--only", name)), **env)

    def processes(self, service: str | None = None) -> list[psutil.Process]:
        """What runs."""
        return service_processes(self.home, service)

    def nothing_left(self) -> None:
        """Wait until nothing runs any more."""
        until(lambda: not self.processes(), f"the end of {self.processes()}")

    def supervisor(self) -> psutil.Process:
        """The supervisor's process."""
        return psutil.Process(int((self.home / "run" / "supervisord.pid").read_text()))

    def port(self, name: str) -> int:
        """Where a server listens."""
        return int(json.loads((self.home / "run" / "ports.json").read_text())[name])

    def query(self, statement: str) -> list[tuple[object, ...]]:
        """A statement in the database `vigil`."""
        secrets = json.loads((self.home / "secrets.json").read_text())
        with psycopg.connect(
            host="127.0.0.1",
            port=self.port("postgres"),
            user="vigil",
            dbname="vigil",
            password=secrets["postgres_vigil_password"],
        ) as connection:
            found = connection.execute(statement)
            return found.fetchall() if found.description else []


@pytest.fixture
def checkout(tmp_path: Path) -> Iterator[Checkout]:
    """A checkout in which nothing runs, neither before nor after."""
    found = Checkout(tmp_path / "a home")
    yield found
    end(found.processes())


def test_up_status_down_and_up_again_with_the_data(checkout: Checkout) -> None:
    status, output = checkout.up(*LIGHT)
    assert status == 0, output
    listening = {
        connection.laddr.ip.removeprefix("::ffff:")
        for process in checkout.processes()
        for connection in process.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    }
    assert listening == {"127.0.0.1"}

    status, output = checkout.run("status", "--format", "json")
    found = json.loads(output)
    assert {name for name, state in found["services"].items() if state == "up"} == set(LIGHT)
    assert set(found) == {"services", "datasets", "detections", "alerts"}
    assert set(found["alerts"].values()) == {0}

    checkout.query("create table kept as select 42 as answer")
    before = (checkout.home / "run" / "ports.json").read_text()
    supervisor = checkout.supervisor().pid
    assert checkout.up(*LIGHT)[0] == 0
    assert checkout.supervisor().pid == supervisor  # up again is a look, not a restart

    assert checkout.run("down") == (0, "Stopped\n")
    checkout.nothing_left()
    assert checkout.run("down") == (0, "Nothing was running\n")
    for command in ("wait", "digest", "redrive"):
        status, output = checkout.run(command)
        assert status == 1
        assert "Traceback" not in output
        assert "Postgres cannot be used" in output
        assert f"{checkout.home / 'logs' / 'postgres.log'}; `make up` starts it" in output

    assert checkout.up(*LIGHT)[0] == 0
    assert (checkout.home / "run" / "ports.json").read_text() == before
    assert checkout.query("select answer from kept") == [(42,)]

    status, output = checkout.run("clean", "--yes")
    assert status == 0, output
    checkout.nothing_left()
    assert not checkout.home.exists()


def test_more_services_are_started_beside_those_that_run(checkout: Checkout) -> None:
    status, output = checkout.up("s4")
    assert status == 1
    assert "no service s4; there are postgres, s3" in output
    checkout.nothing_left()
    assert checkout.up("s3")[0] == 0
    supervisor = checkout.supervisor().pid
    status, output = checkout.up(*LIGHT)
    assert status == 0, output
    assert checkout.supervisor().pid == supervisor
    assert _answers(checkout)
    assert checkout.run("down")[0] == 0


def test_a_killed_service_comes_back_and_a_killed_supervisor_leaves_nothing(checkout: Checkout) -> None:
    assert checkout.up(*LIGHT)[0] == 0
    kill_server(checkout, "s3")
    kill_server(checkout, "postgres")
    status, output = checkout.run("wait")  # what is being started again is waited for
    assert status == 0, output
    assert _answers(checkout)
    checkout.supervisor().kill()
    checkout.nothing_left()
    assert not accepts(checkout.port("postgres"))
    assert checkout.up(*LIGHT)[0] == 0
    assert checkout.run("down")[0] == 0


def kill_server(checkout: Checkout, name: str) -> None:
    """kill -9 a server, and wait until it listens again."""
    supervisor = checkout.supervisor().pid
    (server,) = [process for process in checkout.processes(name) if process.ppid() == supervisor]
    server.kill()
    until(lambda: not server.is_running(), "the killed server's end")
    until(lambda: accepts(checkout.port(name)), f"{name} is back")


def _answers(checkout: Checkout) -> bool:
    try:
        return checkout.query("select 1") == [(1,)]
    except psycopg.OperationalError:
        return False


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_start_that_is_cut_off_leaves_nothing(checkout: Checkout, number: signal.Signals) -> None:
    starting = checkout.popen("up", "--only", "postgres", "--only", "spark")
    until(lambda: bool(checkout.processes("spark")), "Spark is starting")
    assert starting.poll() is None
    starting.send_signal(number)
    output, _ = starting.communicate(timeout=PATIENCE)
    assert starting.returncode == (-number if number == signal.SIGKILL else 130), output
    checkout.nothing_left()


def test_a_service_that_fails_is_shown_with_its_log_and_leaves_nothing(checkout: Checkout) -> None:
    status, output = checkout.up("postgres", "spark", VIGIL_SPARK_MEMORY="1m")
    assert status == 1
    assert "spark does not start" in output
    assert "spark.log ends:" in output
    assert "heap" in output
    checkout.nothing_left()


def test_a_taken_port_that_was_set_is_named(checkout: Checkout) -> None:
    other = Checkout(checkout.home.with_name("other home"))
    try:
        assert other.up("s3")[0] == 0
        port = str(other.port("s3"))
        status, output = checkout.up("s3", VIGIL_PORT_S3=port)
        assert status == 1
        assert f"port {port} (VIGIL_PORT_S3) is taken" in output
        checkout.nothing_left()
        # Not set, but what the first one has by default: both run side by side.
        checkout.env = {name: value for name, value in checkout.env.items() if name != "VIGIL_PORT_S3"}
        assert checkout.up("s3")[0] == 0
        assert checkout.port("s3") != other.port("s3")
        assert other.run("down")[0] == 0
        assert accepts(checkout.port("s3"))
        assert is_free(other.port("s3"))
    finally:
        end(other.processes())


def test_two_starts_at_once_start_it_once(checkout: Checkout) -> None:
    first, second = checkout.popen("up", "--only", "postgres"), checkout.popen("up", "--only", "postgres")
    outputs = [process.communicate(timeout=PATIENCE)[0] for process in (first, second)]
    assert (first.returncode, second.returncode) == (0, 0), outputs
    assert any("waiting" in output for output in outputs)
    assert len([process for process in checkout.processes("supervisor") if process.ppid() == 1]) == 1
    assert len([process for process in checkout.processes("postgres") if "-D" in process.cmdline()]) == 1
