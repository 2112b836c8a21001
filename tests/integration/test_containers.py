"""What docker-compose.yaml's commands make on real servers, and what they say when something is missing."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
import pytest
from cryptography.fernet import Fernet

from include.errors import ConfigError
from include.lake import bucket as landing
from include.settings import Settings
from include.store.connection import SQL_DIR
from stack.containers import SECRETS, init, secrets, spark
from stack.probe import is_well

Configure = Callable[..., Settings]


def test_printed_secrets_are_all_that_are_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    secrets()
    lines = dict(line.split("=", 1) for line in capsys.readouterr().out.splitlines())
    assert tuple(lines) == SECRETS
    assert len(set(lines.values())) == len(SECRETS)
    # They become parts of URLs and of a dotenv file; but for the one that is JSON.
    (key,) = json.loads(lines.pop("PSEUDONYM_KEYS")).values()
    lines["the key"] = key
    assert all(re.fullmatch(r"[\w=-]{20,}", value) for value in lines.values())
    assert Fernet(lines["AIRFLOW_FERNET_KEY"])


@pytest.fixture
def airflow_url(
    postgres: str, bucket: str, configure: Configure, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> str:
    """The variables of the service `init`, for databases and a bucket that are yet to be made."""
    server, name = urlsplit(postgres), f"fresh_{uuid4().hex[:8]}"

    def url(owner: str) -> str:
        return f"//{owner}:new-{owner}@{server.hostname}:{server.port}/{owner}"

    configure(postgres_dsn=f"postgresql:{url(f'{name}_vigil')}", bucket=f"{bucket}-fresh")
    airflow = f"postgresql+psycopg:{url(f'{name}_airflow')}"
    for variable, value in {
        "AIRFLOW_HOME": str(tmp_path / "airflow"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(tmp_path / "login" / "passwords.json"),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": airflow,
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_ASYNC": airflow,
        "AIRFLOW_ADMIN_PASSWORD": "a password",
        "POSTGRES_PASSWORD": server.password or "",
    }.items():
        monkeypatch.setenv(variable, value)
    return airflow.replace("+psycopg", "")


@pytest.mark.prove
def test_init_makes_what_the_services_need_and_again_changes_nothing(
    airflow_url: str, settings: Settings, tmp_path: Path
) -> None:
    init()
    with psycopg.connect(settings.postgres_dsn.get_secret_value()) as connection:
        applied = connection.execute("select name from migrations order by name").fetchall()
        assert [row[0] for row in applied] == sorted(file.stem for file in SQL_DIR.glob("migrations/*.sql"))
    with psycopg.connect(airflow_url) as connection:
        slots = "select slots from slot_pool where pool = 'spark'"
        assert connection.execute(slots).fetchall() == [(1,)]
        connection.execute("update slot_pool set slots = 3 where pool = 'spark'")
    login = tmp_path / "login" / "passwords.json"
    assert json.loads(login.read_text()) == {"admin": "a password"}
    assert login.stat().st_mode & 0o777 == 0o600
    assert not next(landing().pages("")).objects
    assert (settings.home / "docs" / "index.html").exists()
    landing().put("a", b"kept")
    init()
    with psycopg.connect(airflow_url) as connection:
        assert connection.execute(slots).fetchall() == [(3,)]
    assert b"".join(landing().blocks("a")) == b"kept"


@pytest.mark.parametrize("name", ["POSTGRES_PASSWORD", "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"])
def test_init_names_what_is_not_set(airflow_url: str, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "")
    with pytest.raises(ConfigError, match=f"{name} is not set; docker-compose.yaml sets it"):
        init()


def test_spark_is_not_started_without_a_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SPARK_TOKEN", raising=False)
    with pytest.raises(ConfigError, match="SPARK_TOKEN is not set"):
        spark()


@pytest.fixture
def health() -> Iterator[tuple[str, dict[str, object]]]:
    """The address of a server that answers like Airflow's API, and its answer, which may be changed."""
    answer: dict[str, object] = {}

    class Health(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/api/v2/monitor/health" else 404)
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

    with HTTPServer(("127.0.0.1", 0), Health) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", answer
        server.shutdown()


@pytest.mark.parametrize(
    ("said", "well"),
    [
        ({"scheduler": {"status": "healthy"}}, True),
        ({"scheduler": {"status": "unhealthy"}, "triggerer": {"status": "healthy"}}, False),
        ({"scheduler": None}, False),
        ({}, False),
    ],
)
def test_a_part_of_airflow_is_well_when_airflow_says_so(
    health: tuple[str, dict[str, object]], said: dict[str, object], well: bool
) -> None:
    url, answer = health
    answer |= said
    assert is_well(url, "scheduler") is well
    assert is_well(f"{url}/elsewhere", "scheduler") is False


def test_a_port_is_well_while_something_listens(health: tuple[str, dict[str, object]]) -> None:
    port = health[0].rpartition(":")[2]
    assert is_well(port)
    assert not is_well("1")
    assert not is_well("http://127.0.0.1:1", "scheduler")
