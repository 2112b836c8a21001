"""`make rotate-key` on a home of its own: the key is in the files and on record, or in neither."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

import stack.rotate_key
from include.errors import ConfigError
from include.settings import Settings, get_settings
from include.store.connection import transaction
from stack.config import DEFAULT_PORTS
from stack.credentials import load_credentials
from stack.ports import write_ports
from stack.rotate_key import rotate_key
from tests.integration.ledger import open_test_run
from tests.personal import DAYS, customers_are_personal, unregister, use

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def home(configure: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch) -> Any:
    """A home that was started once, with a dataset that has personal fields."""
    folder: Path = get_settings().home
    (folder / "run").mkdir(parents=True)
    write_ports(folder / "run" / "ports.json", DEFAULT_PORTS)
    load_credentials(folder / "secrets.json")
    with monkeypatch.context() as patch:
        use(patch, customers_are_personal())
        yield folder
    unregister()


def keys_in(home: Path) -> dict[str, str]:
    found: dict[str, str] = json.loads(load_credentials(home / "secrets.json").pseudonym_keys)
    return found


def call(day: str) -> Any:
    app = typer.Typer()
    app.command()(rotate_key)
    done = CliRunner().invoke(app, ["--from", day])
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done


def on_record() -> list[date]:
    with transaction() as conn:
        rows = conn.execute("select key_day from vault_keys order by 1").fetchall()
    return [row["key_day"] for row in rows]


def test_a_key_is_added_for_the_days_to_come(home: Path) -> None:
    (before,) = keys_in(home).values()
    done = call("2026-03-01")
    keys = keys_in(home)
    assert list(keys) == ["1970-01-01", "2026-03-01"]
    assert keys["1970-01-01"] == before != keys["2026-03-01"]
    assert not [secret for secret in keys.values() if secret in done.output]
    assert (
        f"VIGIL_PSEUDONYM_KEYS='{json.dumps(keys, separators=(',', ':'))}'"
        in (home / "stack.env").read_text()
    )
    assert on_record() == [date(1970, 1, 1), date(2026, 3, 1)]
    with pytest.raises(ConfigError, match="there is a key from 2026-03-01 on already"):
        call("2026-03-01")


def test_a_day_whose_events_have_their_pseudonyms_is_refused(home: Path) -> None:
    call("2025-01-01")
    with transaction() as conn:
        conn.execute(
            "insert into chunks (dataset, chunk_id, bytes, first_key, status, run_id, last_day)"
            " values ('transactions', %s, 1, 'a.csv', 'landed', %s, %s)",
            ["0" * 64, open_test_run(), DAYS[1]],
        )
    before, written = keys_in(home), (home / "stack.env").read_text()
    with pytest.raises(ConfigError, match=f"events up to {DAYS[1]} have their pseudonyms, which stay"):
        call(str(DAYS[1]))
    assert (keys_in(home), (home / "stack.env").read_text()) == (before, written)
    assert on_record() == [date(1970, 1, 1), date(2025, 1, 1)]


def test_a_call_that_was_killed_is_repeated(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Killed(BaseException):
        pass

    def killed(*_: Any) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(stack.rotate_key, "write_private", killed)
        with pytest.raises(Killed):
            call("2026-03-01")
    assert on_record() == []
    keys = keys_in(home)
    call("2026-03-01")
    assert keys_in(home) == keys
    assert keys["2026-03-01"] in (home / "stack.env").read_text()
    assert on_record() == [date(1970, 1, 1), date(2026, 3, 1)]


@pytest.mark.parametrize("day", ["1.3.2026", ""])
def test_what_is_no_day_is_refused(home: Path, day: str) -> None:
    with pytest.raises(ConfigError, match="FROM must be a day"):
        call(day)


def test_keys_of_ones_own_are_left_to_their_owner(home: Path, configure: Callable[..., Settings]) -> None:
    configure(pseudonym_keys=json.dumps({"1970-01-01": "x" * 32}))
    with pytest.raises(ConfigError, match=r"set in the environment or \.env"):
        call("2026-03-01")
