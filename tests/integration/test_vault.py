"""The vault on a real Postgres: originals once, keys that cannot change, reveals that are all on record."""

from __future__ import annotations

import json
import logging
import traceback
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import psycopg
import pyarrow as pa
import pytest
from typer.testing import CliRunner

from include.errors import ConfigError, Refused, VigilError
from include.settings import Settings
from include.spark_jobs.pseudonyms import Keys, parse_keys, pseudonym
from include.stages.reveal import reveal
from include.store.connection import SQL_DIR, transaction
from include.store.vault import add_keys, keep_originals
from tests.integration.ledger import open_test_run
from tests.personal import DAYS, NEW, OLD, ONE_KEY, TWO_KEYS

pytestmark = pytest.mark.usefixtures("database")

Configure = Callable[..., Settings]
FIRST = date(1970, 1, 1)
PHONE = "+989121234567"
WORD = pseudonym(OLD.encode(), "phone", PHONE)


def keys(text: str = ONE_KEY) -> Keys:
    found = parse_keys(text)
    assert found is not None
    return found


def table(*values: str, kind: str = "phone", key_day: date = FIRST, day: date = DAYS[0]) -> pa.Table:
    rows = [{"kind": kind, "value": value, "key_day": key_day, "first_day": day} for value in values]
    return pa.Table.from_pylist(rows)


def kept(*tables: pa.Table, by: Keys | None = None, run_id: int | None = None) -> int:
    with transaction() as conn:
        return keep_originals(conn, by or keys(), tables, run_id or open_test_run())


def added(text: str) -> list[date]:
    with transaction() as conn:
        return add_keys(conn, keys(text), ["transactions"])


def published(day: date) -> None:
    """A chunk of that event day, checked."""
    with transaction() as conn:
        conn.execute(
            "insert into chunks (dataset, chunk_id, bytes, first_key, status, run_id, last_day)"
            " values ('transactions', %s, 1, 'a.csv', 'landed', %s, %s)",
            [f"{day:%Y%m%d}".rjust(64, "0"), open_test_run(), day],
        )


def rows(of: str) -> list[dict[str, Any]]:
    with transaction() as conn:
        return conn.execute(f"select * from {of} order by 1").fetchall()


def test_an_original_is_kept_once_by_whoever_brings_it_first() -> None:
    added(ONE_KEY)
    run_id = open_test_run()
    assert kept(table(PHONE, "a"), run_id=run_id) == 2
    assert kept(table("a", "b", day=DAYS[1]), table(PHONE, kind="ip")) == 2
    found = {row["pseudonym"]: row for row in rows("vault")}
    assert len(found) == 4
    first = found[WORD]
    assert (first["kind"], first["value"], first["key_day"]) == ("phone", PHONE, FIRST)
    assert (first["first_day"], first["run_id"]) == (DAYS[0], run_id)


def test_what_postgres_refuses_is_quoted_nowhere(servers: Path) -> None:
    added(ONE_KEY)
    with transaction() as conn:
        conn.execute("alter table vault add constraint nobody check (kind <> 'phone')")
    with pytest.raises(VigilError, match=r"refused to keep .* \(CheckViolation\)") as refused:
        kept(table(PHONE))
    told = "".join(traceback.format_exception(refused.value))
    logs = "".join(log.read_text() for log in servers.glob("postgres-*/postgres.log"))
    assert 'violates check constraint "nobody"' in logs
    assert PHONE.lstrip("+") not in told + logs


def test_what_the_transaction_does_not_publish_is_not_kept() -> None:
    added(ONE_KEY)
    run_id = open_test_run()
    with pytest.raises(RuntimeError), transaction() as conn:
        keep_originals(conn, keys(), [table(PHONE)], run_id)
        raise RuntimeError
    assert rows("vault") == []


def test_two_runs_that_bring_the_same_values_at_once_keep_them_once() -> None:
    added(ONE_KEY)
    values = [f"v{n}" for n in range(500)]
    runs, errors, new = [open_test_run() for _ in range(4)], [], []
    together = Barrier(len(runs))

    def bring(number: int, run_id: int) -> None:
        together.wait()
        try:
            # each in an order of its own
            new.append(kept(table(*values[number * 100 :], *values[: number * 100]), run_id=run_id))
        except psycopg.Error as error:
            errors.append(error)

    threads = [Thread(target=bring, args=one) for one in enumerate(runs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert sum(new) == len(rows("vault")) == len(values)


def test_a_key_may_come_after_every_event_day_and_never_before_one() -> None:
    assert added(ONE_KEY) == [FIRST]
    assert added(ONE_KEY) == []
    published(DAYS[1])
    for day in (DAYS[0], DAYS[1]):
        later = json.dumps({"1970-01-01": OLD, str(day): NEW})
        with pytest.raises(ConfigError, match=rf"from {day} on, but events up to {DAYS[1]} have their"):
            added(later)
    day = DAYS[1] + timedelta(days=1)
    assert added(json.dumps({"1970-01-01": OLD, str(day): NEW})) == [day]
    assert [row["key_day"] for row in rows("vault_keys")] == [FIRST, day]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (json.dumps({"1970-01-01": NEW}), "has another key from 1970-01-01 on"),
        (json.dumps({"2026-01-01": OLD}), "has no key from 1970-01-01 on"),
    ],
)
def test_a_key_by_which_events_were_published_must_stay(text: str, complaint: str) -> None:
    added(ONE_KEY)
    with pytest.raises(ConfigError, match=complaint) as refused:
        added(text)
    assert not [secret for secret in (OLD, NEW) if secret in str(refused.value)]


def test_a_run_that_made_its_pseudonyms_before_a_rotation_keeps_nothing() -> None:
    added(ONE_KEY)
    added(TWO_KEYS)
    with pytest.raises(VigilError, match="was changed while run"):
        kept(table(PHONE))
    assert rows("vault") == []
    assert kept(table(PHONE, key_day=DAYS[1]), by=keys(TWO_KEYS)) == 1
    assert rows("vault")[0]["pseudonym"] == pseudonym(NEW.encode(), "phone", PHONE)


def test_a_dry_run_puts_no_key_on_record() -> None:
    with transaction() as conn:
        assert add_keys(conn, keys(), ["transactions"], dry_run=True) == [FIRST]
    assert rows("vault_keys") == []


class TestReveal:
    @pytest.fixture(autouse=True)
    def known(self, database: str, configure: Configure) -> None:
        configure(revealers=["ana"], pseudonym_keys=ONE_KEY)
        added(ONE_KEY)
        kept(table(PHONE))

    def test_it_says_what_it_stands_for_and_is_on_record(self, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.DEBUG)
        assert reveal(WORD, by="ana", reason="case 7") == PHONE
        assert reveal("ip" + WORD.removeprefix("phone"), by="ana", reason="case 7") is None
        said = [
            (row["asked_by"], row["role"], row["reason"], row["outcome"], row["refusal"])
            for row in rows("reveals")
        ]
        assert said == [
            ("ana", "revealer", "case 7", "found", None),
            ("ana", "revealer", "case 7", "not found", None),
        ]
        assert PHONE not in caplog.text

    @pytest.mark.parametrize(
        ("word", "by", "reason", "complaint"),
        [
            (WORD, "", "case 7", "nobody is named"),
            (WORD, "eve", "case 7", "not among VIGIL_REVEALERS"),
            (WORD, "ana", " ", "no reason is given"),
            (PHONE, "ana", "case 7", "no pseudonym"),
        ],
    )
    def test_what_is_refused_is_on_record_too(self, word: str, by: str, reason: str, complaint: str) -> None:
        with pytest.raises(Refused, match=f"on record: .*{complaint}"):
            reveal(word, by=by, reason=reason)
        (row,) = rows("reveals")
        assert (row["outcome"], row["asked_by"], row["reason"]) == ("refused", by, reason.strip())
        assert complaint in row["refusal"]
        assert row["role"] == ("revealer" if by == "ana" else "none")
        assert PHONE not in str(row), "a value that was typed by mistake"

    @pytest.mark.parametrize(
        "change", ["update reveals set asked_by = 'x'", "delete from reveals", "truncate reveals"]
    )
    def test_the_record_stays(self, change: str) -> None:
        reveal(WORD, by="ana", reason="case 7")
        before = rows("reveals")
        with pytest.raises(psycopg.errors.RaiseException, match="kept as they are"), transaction() as conn:
            conn.execute(change)
        assert rows("reveals") == before

    def test_nothing_is_told_if_it_cannot_be_put_on_record(self) -> None:
        with transaction() as conn:
            conn.execute("alter table reveals add check (asked_by <> 'ana')")
        with pytest.raises(psycopg.errors.CheckViolation):
            reveal(WORD, by="ana", reason="case 7")

    def test_the_command(self) -> None:
        import typer

        from stack.reveal import reveal as command

        app = typer.Typer()
        app.command()(command)
        done = CliRunner().invoke(app, ["--pseudonym", WORD, "--by", "ana", "--reason", "case 7"])
        assert (done.exit_code, done.output) == (0, f"{PHONE}\n")
        refused = CliRunner().invoke(app, ["--pseudonym", WORD])
        assert isinstance(refused.exception, Refused)
        assert [row["outcome"] for row in rows("reveals")] == ["found", "refused"]


def test_only_the_vaults_own_queries_name_it() -> None:
    named = {
        path.parent.name
        for path in SQL_DIR.rglob("*.sql")
        if path.parent.name != "migrations" and "vault" in path.read_text().lower().replace("vigil.vault", "")
    }
    users = {path.name for path in SQL_DIR.parent.rglob("*.py") if '"vault/' in path.read_text()}
    assert (named, users) == ({"vault"}, {"vault.py"})
