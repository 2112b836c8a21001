"""The supervisor (supervisord): its configuration, its start and its end, and how to talk to it."""

from __future__ import annotations

import getpass
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, cast
from xmlrpc.client import Error, ServerProxy

import psutil

from include.errors import StackError
from include.settings import ROOT
from stack.credentials import write_private
from stack.leftovers import end, service_processes
from stack.process import HOME_MARK, SERVICE_MARK, tail
from stack.services import Service

USER = "vigil"
START_SECONDS = 15.0


class Program(NamedTuple):
    """What the supervisor knows of a program: its state and process id (0: none)."""

    state: str
    pid: int

    @property
    def is_running(self) -> bool:
        """Whether it has a process that is not being stopped."""
        return self.state in ("STARTING", "RUNNING")


@dataclass(frozen=True)
class Supervisor:
    """supervisord of one home folder: its port on 127.0.0.1 and its password."""

    home: Path
    port: int
    password: str

    @property
    def pid_file(self) -> Path:
        """Where it writes its process id."""
        return self.home / "run" / "supervisord.pid"

    @property
    def log(self) -> Path:
        """Its own log; the services' logs are beside it."""
        return self.home / "logs" / "supervisord.log"

    def pid(self) -> int | None:
        """Its process id, if it runs."""
        try:
            pid = int(self.pid_file.read_text())
            marks = psutil.Process(pid).environ()
        except (FileNotFoundError, ValueError, psutil.Error):
            return None
        return pid if marks.get(HOME_MARK) == str(self.home) and SERVICE_MARK in marks else None

    def configure(self, services: Sequence[Service]) -> None:
        """Write its configuration (0600)."""
        sections: dict[str, dict[str, object]] = {
            "supervisord": {
                "logfile": self.log,
                "pidfile": self.pid_file,
                "childlogdir": self.home / "logs",
                "logfile_maxbytes": "10MB",
                "logfile_backups": 1,
                **({"user": getpass.getuser()} if os.geteuid() == 0 else {}),
            },
            "inet_http_server": {
                "port": f"127.0.0.1:{self.port}",
                "username": USER,
                "password": self.password,
            },
            "rpcinterface:supervisor": {
                "supervisor.rpcinterface_factory": "supervisor.rpcinterface:make_main_rpcinterface"
            },
        }
        for service in services:
            command = [sys.executable, "-m", "stack.launch", service.name]
            sections[f"program:{service.name}"] = {
                "command": shlex.join(command),
                "directory": ROOT,
                "autostart": "false",
                # Killed or crashed, it comes back; `startretries` is far above what a slow machine needs.
                "autorestart": "true",
                "startsecs": 1,
                "startretries": 30,
                "stopsignal": service.stop.name.removeprefix("SIG"),
                "stopwaitsecs": service.stop_seconds,
                "stopasgroup": str(service.stop_group).lower(),
                "killasgroup": "true",
                "redirect_stderr": "true",
                "stdout_logfile": self.home / "logs" / f"{service.name}.log",
                "stdout_logfile_maxbytes": "20MB",
                "stdout_logfile_backups": 2,
            }
        lines = []
        for section, entries in sections.items():
            lines.append(f"[{section}]")
            # A percent sign would be an expansion.
            lines += [f"{key} = {str(value).replace('%', '%%')}" for key, value in entries.items()]
        write_private(self.home / "run" / "supervisord.conf", "\n".join(lines) + "\n")

    def start(self) -> None:
        """Start it in the background, without any service yet. Raises StackError if it does not answer."""
        configuration = self.home / "run" / "supervisord.conf"
        done = subprocess.run(
            [sys.executable, "-m", "supervisor.supervisord", "-c", str(configuration)],
            cwd=ROOT,
            env={
                **os.environ,
                HOME_MARK: str(self.home),
                SERVICE_MARK: "supervisor",
                "PYTHONWARNINGS": "ignore",
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise StackError(f"supervisord did not start: {done.stderr.strip() or done.stdout.strip()}")
        deadline = time.monotonic() + START_SECONDS
        while not self.answers():
            if time.monotonic() > deadline:
                raise StackError(f"supervisord does not answer; {self.log} ends:\n{tail(self.log)}")
            time.sleep(0.05)

    def answers(self) -> bool:
        """Whether it answers now."""
        try:
            self._rpc().getState()
        except (OSError, Error):
            return False
        return True

    def programs(self) -> dict[str, Program]:
        """Each program by name; empty when the supervisor is not running."""
        if self.pid() is None:
            return {}
        try:
            programs = self._rpc().getAllProcessInfo()
        except (OSError, Error):
            return {}
        return {item["name"]: Program(item["statename"], item["pid"]) for item in programs}

    def start_program(self, name: str) -> None:
        """Start a program without waiting. Raises StackError if the supervisor refuses."""
        try:
            self._rpc().startProcess(name, False)
        except Error as error:
            raise StackError(f"the supervisor cannot start {name}: {error}") from error

    def stop_programs(self, names: Sequence[str]) -> None:
        """Stop programs at once, and wait until they are gone."""
        rpc = self._rpc()
        for name, program in self.programs().items():
            if name in names and (program.is_running or program.state == "BACKOFF"):
                rpc.stopProcess(name, False)
        while any(program.pid for name, program in self.programs().items() if name in names):
            time.sleep(0.1)

    def stop(self, waves: Sequence[Sequence[str]]) -> None:
        """Stop all services, wave by wave, then the supervisor, then whatever of this home still runs."""
        pid = self.pid()
        if pid is not None:
            try:
                for wave in waves:
                    self.stop_programs(wave)
                self._rpc().shutdown()
            except (OSError, Error):
                # It does not listen to us: a signal makes it stop its services by itself.
                psutil.Process(pid).terminate()
            try:
                psutil.Process(pid).wait(timeout=90)
            except psutil.NoSuchProcess:
                pass
            except psutil.TimeoutExpired:
                psutil.Process(pid).kill()
        end(service_processes(self.home))

    def _rpc(self) -> Any:
        url = f"http://{USER}:{self.password}@127.0.0.1:{self.port}/RPC2"
        return cast(Any, ServerProxy(url)).supervisor
