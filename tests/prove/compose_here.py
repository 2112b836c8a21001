"""docker-compose.yaml without containers: its commands, variables and health checks, up to detections."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from shlex import quote
from urllib.request import Request, urlopen

import psycopg

from include.errors import StackError
from stack import postgres
from stack.containers import SECRETS
from stack.credentials import Credentials
from stack.process import tail
from tests.catalogue.containers import Container, containers, instructions
from tests.prove import namespaces
from tests.prove.chunks import Row, importance_file

# Long, for busy machines.
SECONDS = 900.0
BINARIES = postgres.binaries().resolve()
FEW = {"VIGIL_RULE_PARAMETERS": json.dumps({"child": {"min_transactions": 5}}), "VIGIL_SETTLE_SECONDS": "0"}
FOUND = [f"C_{n}" for n in range(3)]
ROWS = [
    *[Row(day, name, "F", "M_KIOSK", 1500) for name in FOUND for day in range(5)],
    *[Row(day % 5, f"C_N{day}", "FM"[day % 2], f"M_{day % 7}", 5000 + 13 * day) for day in range(200)],
]


def prove() -> Iterator[str]:
    """Starts it all in namespaces, feeds it, and looks at it from outside."""
    if not namespaces.are_allowed():
        yield "not run: it needs root, and the right to make namespaces"
        return
    with tempfile.TemporaryDirectory(prefix="vigil-compose-", ignore_cleanup_errors=True) as folder:
        command = namespaces.own_namespaces("tests.prove.compose_here", folder)
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as inside:
            assert inside.stdout
            yield from map(str.rstrip, inside.stdout)
        if inside.returncode:
            raise RuntimeError(f"it ended with {inside.returncode}")


class Composed:
    """The services of the file, each in its own stand-in for a container."""

    def __init__(self, folder: Path) -> None:
        keys = Credentials()
        self.secrets = {name: getattr(keys, name.lower()) for name in SECRETS}
        self.services = containers(self.secrets)
        self.machine = namespaces.Machine(folder)
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        copied = [word for name, rest in instructions() if name == "COPY" for word in rest.split()[:-1]]
        self.machine.lay_out(copied, self.services)

    def log(self, name: str) -> Path:
        """Where a service's output goes."""
        return self.machine.folder / f"{name}.log"

    def run(self, name: str, *command: str) -> str:
        """What `docker compose exec` gives. Raises CalledProcessError."""
        whole = self.machine.inside(self.services[name], command, FEW)
        return subprocess.run(whole, stdout=subprocess.PIPE, text=True, check=True).stdout

    def start(self, name: str) -> None:
        """What `docker compose up` does once what the service waits for has come about."""
        one = self.services[name]
        command = self._image_of_postgres(one) if name == "postgres" else one.command
        with self.log(name).open("ab") as output:
            self.running[name] = subprocess.Popen(
                self.machine.inside(one, command, FEW), stdout=output, stderr=subprocess.STDOUT
            )

    def _image_of_postgres(self, one: Container) -> list[str]:
        """What the image's own entry does: initdb at the first start, then the server."""
        binaries = quote(str(BINARIES))
        script = (
            'printf %s "$POSTGRES_PASSWORD" > /tmp/password\n'
            f'{binaries}/initdb -D "$0" -U postgres --pwfile=/tmp/password $POSTGRES_INITDB_ARGS\n'
            "rm /tmp/password\n"
            f'exec {binaries}/"$@" -D "$PGDATA" -c unix_socket_directories= -c listen_addresses=*'
        )
        data = "/var/lib/postgresql/18/docker"
        return ["env", f"PGDATA={data}", "sh", "-e", "-c", script, data, *one.command]

    def has_come_to(self, name: str, condition: str) -> bool:
        """Whether a service is healthy, or has completed. Raises StackError with its log's end if it fell."""
        process, probe = self.running.get(name), self.services[name].probe
        if process is None:
            return False
        ended = process.poll()
        if condition == "service_completed_successfully" and ended == 0:
            return True
        if ended is not None:
            raise StackError(f"{name} ended with {ended}:\n{tail(self.log(name))}")
        if probe is None:
            return False
        asked = [f"{BINARIES}/pg_isready" if word == "pg_isready" else word for word in probe]
        whole = self.machine.inside(self.services[name], asked, FEW)
        return subprocess.run(whole, capture_output=True, check=False).returncode == 0

    def up(self) -> Iterator[str]:
        """Start all in their order, and wait until all are well."""
        began, waiting = time.monotonic(), dict(self.services)
        while waiting:
            for name, one in list(waiting.items()):
                goal = "service_healthy" if one.probe else "service_completed_successfully"
                if name not in self.running:
                    if all(self.has_come_to(*other) for other in one.waits_for.items()):
                        self.start(name)
                elif self.has_come_to(name, goal):
                    yield f"{goal} after {time.monotonic() - began:3.0f} s: {name}"
                    del waiting[name]
                if time.monotonic() > began + SECONDS:
                    raise StackError(f"{name} is not well:\n{tail(self.log(name))}")
            time.sleep(1)


def main(folder: Path) -> None:
    """Inside the namespaces: prints what was seen, and raises where it is not what should be."""
    namespaces.loopback_up()
    composed = Composed(folder)
    for line in composed.up():
        print(line, flush=True)
    # /tmp is the one folder that all of them share here; a person would use `docker compose cp`.
    files = composed.machine.root / "tmp"
    (files / "weights.csv").write_bytes(importance_file([("C_0", "M_KIOSK", 1_000_000)]))
    header = b"step,customer,age,gender,zipcodeOri,merchant,zipMerchant,category,amount,fraud\n"
    (files / "rows.csv").write_bytes(header + b"".join(row.line() for row in ROWS))
    stack = ("python", "-m", "stack")
    composed.run("airflow-scheduler", *stack, "feed", "--dataset", "importance", "--file", "/tmp/weights.csv")
    composed.run("airflow-scheduler", *stack, "wait", "--timeout", str(SECONDS))
    composed.run("airflow-scheduler", *stack, "feed", "--dataset", "transactions", "--file", "/tmp/rows.csv")
    composed.run("airflow-scheduler", *stack, "wait", "--timeout", str(SECONDS))
    print(f"digest: {composed.run('airflow-scheduler', *stack, 'digest').splitlines()[-1]}")
    password = composed.secrets["POSTGRES_VIGIL_PASSWORD"]
    with psycopg.connect(f"postgresql://vigil:{password}@127.0.0.1:5432/vigil") as connection:
        rows = connection.execute(
            "select entity ->> 'customer' from detections where rule = 'child'"
        ).fetchall()
    assert sorted(row[0] for row in rows) == FOUND, rows
    print(f"detections of child: {len(rows)}, as planted")
    _seen_from_outside(composed)


def _seen_from_outside(composed: Composed) -> None:
    """The log-in, a task's log that another container wrote, and Data Docs."""
    url = "http://127.0.0.1:8080"
    login = {"username": "admin", "password": composed.secrets["AIRFLOW_ADMIN_PASSWORD"]}
    token = _ask(f"{url}/auth/token", json.dumps(login).encode())["access_token"]
    run = _ask(f"{url}/api/v2/dags/transactions/dagRuns?limit=1", token=token)["dag_runs"][0]["dag_run_id"]
    task = f"{url}/api/v2/dags/transactions/dagRuns/{run}/taskInstances/load/logs/1"
    log = json.dumps(_ask(task, token=token))
    assert "Could not read" not in log and "detections" in log, log[:2000]
    print(f"the log of the task load, read through the API: {len(log)} characters")
    with urlopen("http://127.0.0.1:8081/", timeout=10) as answer:
        page = answer.read().decode()
    assert "transactions" in page, page[:500]
    print(f"Data Docs: a page of {len(page)} characters")


def _ask(url: str, body: bytes | None = None, token: str = "") -> dict[str, object]:
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
    with urlopen(Request(url, body, headers), timeout=30) as answer:
        return dict(json.load(answer))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
