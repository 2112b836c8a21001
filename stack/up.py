"""Starts the embedded stack in order and waits until each service is ready."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from rich.console import Console

from include.errors import StackError
from include.settings import ROOT
from stack.checkout import exclusive, load_stack, supervisor_of
from stack.config import StackSettings, stack_settings
from stack.credentials import complete, write_private
from stack.down import STOP_WAVES
from stack.leftovers import end, service_processes
from stack.ports import choose_ports, read_ports, write_ports
from stack.postgres import ensure_database
from stack.process import HOME_MARK, SERVICE_MARK, tail
from stack.services import Service, Stack
from stack.supervisor import Program, Supervisor


def up(console: Console, only: Sequence[str] = ()) -> Stack:
    """Start what is not running (`only`: of these services) and wait until it is ready: the running stack.

    Raises StackError with the log's end if a service fails; what this call had started is then stopped again,
    as it is on Ctrl-C and when this process is killed.
    """
    settings = stack_settings()
    with exclusive(settings.home, console), _signals_as_interrupts():
        for folder in ("run", "logs"):
            (settings.home / folder).mkdir(exist_ok=True)
        stack, fresh = _lay_out(settings)
        chosen = stack.services(only)
        supervisor = supervisor_of(stack)
        guard = None
        try:
            if fresh:
                supervisor.start()
                guard = _guard(supervisor, settings.home)
            _start_services(stack, supervisor, console, chosen)
        except BaseException:
            if fresh:
                console.print("Stopping what was started")
                supervisor.stop(STOP_WAVES)
            raise
        finally:
            if guard is not None and guard.stdin is not None and guard.poll() is None:
                guard.stdin.write(b"done\n")
                guard.stdin.close()
    return stack


def _lay_out(settings: StackSettings) -> tuple[Stack, bool]:
    """Ports and files of this start, and whether the supervisor has yet to be started.

    All services are laid out, whichever are started now: a later call may start more under this supervisor.
    """
    file = settings.home / "run" / "ports.json"
    last = read_ports(file)
    fixed = settings.fixed_ports()
    if last:
        stack = load_stack(settings, last)
        supervisor = supervisor_of(stack)
        if supervisor.pid() is not None and supervisor.answers():
            for name, port in fixed.items():
                if last[name] != port:
                    raise StackError(
                        f"VIGIL_PORT_{name.upper()} is {port}, but the running stack uses {last[name]}; "
                        "stop it first with `make down`"
                    )
            return stack, False
    end(service_processes(settings.home))
    ports = choose_ports(fixed, last)
    complete(settings.home / "secrets.json")
    stack = load_stack(settings, ports)
    services = stack.services()
    supervisor_of(stack).configure(services)
    launches = {
        service.name: {"command": service.command, "env": stack.environment(service.name, service.env)}
        for service in services
    }
    write_private(settings.home / "run" / "services.json", json.dumps(launches, indent=1) + "\n")
    write_private(settings.home / "stack.env", stack.dotenv())
    write_ports(file, ports)
    return stack, True


def _start_services(
    stack: Stack, supervisor: Supervisor, console: Console, services: Sequence[Service]
) -> None:
    """Start each service once those that it comes after are ready, and wait for all of them."""
    began = time.monotonic()
    follow_ups: dict[str, Callable[[], None]] = {
        "postgres": lambda: _set_up_databases(stack, any("airflow" in item.name for item in services)),
        "airflow-api-server": stack.airflow.client.ensure_pool,
    }
    waiting = {service.name: service for service in services}
    started: dict[str, float] = {}
    pids: dict[str, int] = {}
    ready: set[str] = set()
    for name, program in supervisor.programs().items():
        if name in waiting and program.is_running:
            started[name] = 0.0  # by an earlier call: any sign of life will do
    with console.status("") as status:
        while waiting:
            programs = supervisor.programs()
            for service in list(waiting.values()):
                if service.name not in started:
                    if ready.issuperset(service.after):
                        started[service.name] = time.time()
                        if service.prepare:
                            service.prepare()
                        supervisor.start_program(service.name)
                elif service.ready(started[service.name]):
                    if follow_up := follow_ups.get(service.name):
                        follow_up()
                    ready.add(service.name)
                    del waiting[service.name]
                    console.print(f"  {service.name:<24} ready after {time.monotonic() - began:5.1f} s")
                else:
                    program = programs.get(service.name, Program("UNKNOWN", 0))
                    first_pid = pids.setdefault(service.name, program.pid)
                    if not program.is_running or program.pid != first_pid:
                        raise StackError(
                            f"{service.name} does not start ({program.state}); {_log_end(stack, service)}"
                        )
                    _check_in_time(stack, service, started[service.name])
            status.update(f"waiting for {', '.join(waiting)}")
            time.sleep(0.25)


def _check_in_time(stack: Stack, service: Service, since: float) -> None:
    """Raises StackError with the log's end if a service that this call started should have been ready."""
    if since and time.time() > since + service.ready_seconds:
        limit = f"{service.ready_seconds:.0f} s"
        raise StackError(f"{service.name} was not ready within {limit}; {_log_end(stack, service)}")


def _log_end(stack: Stack, service: Service) -> str:
    log = stack.log(service.name)
    return f"{log} ends:\n{tail(log)}"


def _set_up_databases(stack: Stack, airflow: bool) -> None:
    """Both databases, at their newest version; Airflow's only if it will be started."""
    from include.settings import get_settings
    from include.store.migrations import migrate

    superuser = stack.postgres.url()
    ensure_database(superuser, "airflow", stack.credentials.postgres_airflow_password)
    ensure_database(superuser, "vigil", stack.credentials.postgres_vigil_password)
    get_settings.cache_clear()
    migrate()
    if airflow:
        environment = stack.environment("airflow-migration", stack.airflow.environment())
        stack.airflow.prepare()
        stack.airflow.migrate(environment, stack.log("airflow-migration"))


def _guard(supervisor: Supervisor, home: Path) -> subprocess.Popen[bytes]:
    """The process that stops the stack if this one dies before its word, and sweeps after the stack."""
    return subprocess.Popen(
        [sys.executable, "-m", "stack.guard", str(supervisor.pid())],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        env={**os.environ, HOME_MARK: str(home), SERVICE_MARK: "guard"},
        cwd=ROOT,
    )


@contextmanager
def _signals_as_interrupts() -> Iterator[None]:
    """Let SIGTERM and a closed terminal end this process the way Ctrl-C does: with everything stopped."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    old = {number: signal.signal(number, interrupt) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in old.items():
            signal.signal(number, handler)
