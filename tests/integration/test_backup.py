"""Backup and restore by their commands: another home and another Postgres go on where the first one stood."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from include.lake import lake
from include.settings import get_settings
from include.store.connection import transaction
from include.store.retention import named_paths
from stack.credentials import load_credentials
from stack.leftovers import end
from tests.flow import publish_importance, put, run_flow
from tests.integration.test_stack_lifecycle import Checkout
from tests.prove.chunks import chunks, importance_file, rows

# Two stacks, one after the other.
pytestmark = [pytest.mark.prove, pytest.mark.timeout(1800)]

SERVICES = ("postgres", "s3", "spark")
FILES = chunks(rows(4000), size=2500).files
KNOWN = ("detections", "detection_history", "evaluations", "chunks", "objects", "exports", "deltas")


@pytest.fixture
def checkouts(tmp_path: Path) -> Iterator[list[Checkout]]:
    """Two homes in which nothing runs, neither before nor after."""
    found = [Checkout(tmp_path / name) for name in ("a home", "another home")]
    yield found
    for checkout in found:
        end(checkout.processes())


def enter(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    """This process's settings are those of the stack in this home."""
    monkeypatch.setenv("VIGIL_HOME", str(checkout.home))
    monkeypatch.setenv("VIGIL_SETTLE_SECONDS", "0")
    get_settings.cache_clear()


def airflow(checkout: Checkout, statement: str) -> list[Any]:
    """A statement in Airflow's database."""
    password = load_credentials(checkout.home / "secrets.json").postgres_airflow_password
    with psycopg.connect(
        host="127.0.0.1", port=checkout.port("postgres"), user="airflow", dbname="airflow", password=password
    ) as connection:
        found = connection.execute(statement)
        return found.fetchall() if found.description else []


def ledger() -> dict[str, list[Any]]:
    with transaction() as conn:
        return {name: conn.execute(f"select * from {name} order by 1, 2, 3").fetchall() for name in KNOWN}


def test_a_restored_home_holds_the_same_and_goes_on(
    checkouts: list[Checkout], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = checkouts
    out = tmp_path / "a backup"
    assert first.up(*SERVICES)[0] == 0
    enter(first, monkeypatch)
    publish_importance(importance_file([("C_0", "M_1", 1_000_000)]))
    put("transactions", "chunk_0.csv", FILES[0])
    run_flow()
    airflow(first, "create table kept as select 42 as answer")
    nobodys = Path(lake().path("events/transactions/run=900/attempt=1/part-0"))
    nobodys.parent.mkdir(parents=True)
    nobodys.touch()
    before, digest = ledger(), first.run("digest")
    assert before["detections"]
    assert before["exports"]
    assert digest[0] == 0

    status, output = first.run("backup", "--out", str(out))
    assert status == 0, output
    assert {path.name for path in out.iterdir()} >= {
        "airflow.dump",
        "vigil.dump",
        "lake",
        "s3",
        "secrets.json",
    }
    assert oct((out / "secrets.json").stat().st_mode & 0o777) == "0o600"
    status, output = first.run("backup", "--out", str(out))
    assert (status, "is there already" in output) == (1, True)
    put("transactions", "chunk_1.csv", FILES[1])
    after = run_flow()["detect"]["digest"]  # what the first one goes on to, after the backup
    assert first.run("down")[0] == 0

    status, output = second.run("restore", "--source", str(out))
    assert status == 0, output
    status, output = second.run("restore", "--source", str(out))
    assert (status, "holds postgres" in output) == (1, True)
    shutil.rmtree(first.home)
    assert second.up(*SERVICES)[0] == 0
    enter(second, monkeypatch)
    assert ledger() == before
    assert second.run("digest") == digest
    assert second.run("explain", "--id", "1")[0] == 0
    assert airflow(second, "select answer from kept") == [(42,)]
    with transaction() as conn:
        assert [path for path in named_paths(conn) if not lake().exists(path)] == []
    assert not lake().exists("events/transactions/run=900"), "only what the ledger names is in a backup"
    put("transactions", "chunk_1.csv", FILES[1])
    figures = run_flow()
    assert figures["detect"]["digest"] == after
    landed = {name: figures["land"][name] for name in ("landed", "duplicate")}
    assert landed == {"landed": 1, "duplicate": 0}, "the older object is the version that the ledger has seen"
    assert second.run("down")[0] == 0


def test_a_backup_that_is_not_whole_is_refused(checkouts: list[Checkout], tmp_path: Path) -> None:
    first, second = checkouts
    out = tmp_path / "backup"
    status, output = first.run("backup", "--out", str(out))
    assert (status, "never started here" in output) == (1, True)
    assert first.up("postgres")[0] == 0
    assert first.run("backup", "--out", str(out))[0] == 0
    first.query(
        "insert into runs (dataset, dag_id, dag_run_id, started_at, dry_run, profile, scope, lease_until)"
        " values ('transactions', 't', 'r', now(), false, 'default', '{}', now())"
    )
    first.query(
        "insert into reference_versions (dataset, version_id, number, path, rows, run_id)"
        " values ('importance', 'v', 1, 'reference/importance/run=1/attempt=1/0', 1, 1)"
    )
    incomplete = tmp_path / "incomplete"
    status, output = first.run("backup", "--out", str(incomplete))
    assert (status, "lacks 1 paths that the ledger names: reference/importance" in output) == (1, True)
    assert json.loads((incomplete / "manifest.json").read_text())["lacking"]

    (out / "vigil.dump").write_bytes((incomplete / "vigil.dump").read_bytes())
    status, output = second.run("restore", "--source", str(out))
    assert (status, "backup lacks 1 paths" in output) == (1, True)
    assert {path.name for path in second.home.iterdir()} <= {"stack.lock", "restoring", "logs"}
    status, output = second.run("restore", "--source", str(incomplete))
    assert status == 0, output
    (out / "manifest.json").unlink()
    status, output = second.run("restore", "--source", str(out), VIGIL_HOME=str(tmp_path / "third"))
    assert (status, "is not a complete backup" in output) == (1, True)
    assert first.run("down")[0] == 0
