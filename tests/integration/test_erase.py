"""A person is erased: what was in the clear is gone, what was found stays, and a replay finds it again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
import typer
from typer.testing import CliRunner

import include.datasets
from include.datasets.contract import Contract
from include.errors import ConfigError, Erased
from include.lake import lake
from include.settings import Settings
from include.spark_jobs.pseudonyms import pseudonym
from include.stages.check import check
from include.stages.erase import erase
from include.stages.expire import expire
from include.stages.land import land
from include.stages.quarantine import write_rows
from include.stages.redrive import redrive_chunks
from include.stages.replay import replay
from include.stages.replay_scope import start_replay
from include.store.connection import transaction
from include.store.figures import dataset_figures
from stack.erase import erase as command
from stack.explain import explain
from tests.flow import open_flow, publish_importance, put, run_flow
from tests.personal import NEW, OLD, TWO_KEYS, customers_are_personal, unregister, use
from tests.prove.chunks import Row, importance_file

HEADER = b"step,customer,age,gender,zipcodeOri,merchant,zipMerchant,category,amount,fraud\n"
# A pair that `child` finds from 5 transactions on, over the rotation: 5 by each key.
KID = "Kid-device-7"
KIOSK = [Row(step, KID, "F", "M_KIOSK", 1500).line() for step in (0, 0, 0, 0, 0, 2, 2, 2, 2, 2)]
BAD = Row(1, KID, "F", "M_KIOSK", 1500).line().replace(b"15.00", b"ten")
NOISE = [Row(i % 3, f"C_{i}", "M", f"M_{i % 7}", 3000 + i).line() for i in range(120)]
OTHERS = [Row(i % 3, f"D_{i}", "M", f"M_{i % 7}", 3000 + i).line() for i in range(120)]
BY = {"kind": "device", "by": "ana", "reason": "asked to"}
WORDS = [pseudonym(secret.encode(), "device", KID) for secret in (OLD, NEW)]


@pytest.fixture(autouse=True)
def services(
    database: str,
    bucket: str,
    spark_remote: str,
    configure: Callable[..., Settings],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Contract]:
    with monkeypatch.context() as patch:
        kind = customers_are_personal()
        use(patch, kind)
        configure(
            settle_seconds=0,
            pseudonym_keys=TWO_KEYS,
            rule_parameters={"child": {"min_transactions": 5}},
        )
        publish_importance(importance_file([("C_0", "M_KIOSK", 1_000_000)]))
        yield kind
    unregister()


def rows(query: str) -> list[dict[str, Any]]:
    with transaction() as conn:
        return conn.execute(query).fetchall()


def in_clear() -> set[str]:
    """The folders of the lake in which the device's name stands."""
    files = [file for file in Path(lake().root).rglob("*") if file.is_file()]
    named = [file for file in files if KID.encode() in file.read_bytes()]
    return {file.relative_to(lake().root).parts[0] for file in named}


def test_a_person_is_erased_and_what_was_found_stays(tmp_path: Path) -> None:
    put("transactions", "a.csv", HEADER + b"".join([*KIOSK, *NOISE]) + BAD)
    put("transactions", "b.csv", HEADER + b"".join(OTHERS))
    figures = run_flow(number=901)
    ids = {chunk["key"].rpartition("/")[2]: chunk["chunk_id"] for chunk in figures["land"]["chunks"]}
    balance = dataset_figures
    with transaction() as conn:
        before = balance(conn)
    found = rows("select detection_id, entity from detections where rule = 'child' order by 1")
    assert {row["entity"]["customer"] for row in found} >= set(WORDS)
    assert in_clear() == {"chunks", "quarantine"}
    assert {row["pseudonym"] for row in rows(f"select * from vault where value = '{KID}'")} == set(WORDS)

    receipt = erase(WORDS[1], **BY)

    assert receipt.pseudonyms == sorted(WORDS)
    assert (receipt.vault_rows, receipt.chunks) == (2, [ids["a.csv"]])
    assert receipt.bytes_removed == [lake().chunk_path("transactions", ids["a.csv"])]
    assert receipt.quarantine_removed == [figures["check"]["quarantine_path"]]
    assert [left for left in receipt.left if "transaction_chunks/a.csv" in left]
    assert in_clear() == set()
    assert rows(f"select * from vault where value = '{KID}'") == []
    assert len(rows("select * from vault where value = 'C_1'")) == 1
    assert lake().exists(lake().chunk_path("transactions", ids["b.csv"]))
    (kept,) = rows("select receipt, sha256 from erasures")
    assert kept == {"receipt": receipt.model_dump(), "sha256": receipt.sha256}
    assert KID not in str(kept)
    assert {row["path"] for row in rows("select path from removals where removed_at is not null")} == {
        *receipt.bytes_removed,
        *receipt.quarantine_removed,
    }

    # later readers are told
    assert write_rows("transactions", tmp_path / "rows.csv") == (0, [ids["a.csv"]])
    assert expire() == {"deleted": {}, "marked": {}}

    # the ledger balances, and what was found can be recomputed and found again
    with transaction() as conn:
        assert balance(conn) == before
    app = typer.Typer()
    app.command()(explain)
    for row in found:
        said = CliRunner().invoke(app, ["--id", str(row["detection_id"])])
        assert said.output.splitlines()[-1] == "verdict recomputed: same"
    run_id = start_replay(
        dag_id="replay", dag_run_id="r", started_at=datetime.now(UTC), dataset="transactions", rule="child"
    )
    again = replay(run_id)
    assert (again["added"], again["gone"]) == (0, 0)
    assert again["unchanged"] > 0

    # once more, by the value this time
    second = erase(KID, **BY)
    assert second.found_nothing
    assert (second.earlier, second.pseudonyms) == ([receipt.erasure_id], sorted(WORDS))
    tool = typer.Typer()
    tool.command()(command)
    told = CliRunner(env={"SUBJECT": KID}).invoke(
        tool, ["--kind", "device", "--by", "ana", "--reason", "again"]
    )
    assert told.exit_code == 0, told.output
    assert "Nothing was left to erase; see receipt 1, 2" in told.output.replace("\n", " ")
    assert KID not in told.output
    with pytest.raises(psycopg.errors.RaiseException, match="kept as they are"):
        rows("delete from erasures returning 1")


def test_a_held_chunk_whose_bytes_went_is_not_driven_through_again() -> None:
    put("transactions", "held.csv", HEADER + b"".join([*NOISE, KIOSK[0]]) + b"damaged\n" * 60)
    run_id = open_flow(number=902)
    land(run_id)
    (held,) = check(run_id)["held"]
    with transaction() as conn:
        conn.execute("update runs set status = 'failed' where run_id = %s", [run_id])
    receipt = erase(KID, **BY)
    assert receipt.chunks == [held["chunk_id"]]
    assert receipt.quarantine_removed == [], "nothing of the device is in it"
    assert redrive_chunks("transactions") == []
    with pytest.raises(Erased, match=r"were deleted \(make erase, receipt 1\)"):
        redrive_chunks("transactions", held["chunk_id"][:12])


def test_a_chunk_that_no_check_got_through_is_searched_by_its_bytes(
    configure: Callable[..., Settings],
) -> None:
    configure(settle_seconds=0, pseudonym_keys=TWO_KEYS, chunk_tries=1)
    put("transactions", "hopeless.csv", HEADER + KIOSK[0])
    run_id = open_flow(number=904)
    land(run_id)
    with transaction() as conn:
        conn.execute("update runs set status = 'failed' where run_id = %s", [run_id])
    land(open_flow(number=905))
    (held,) = rows("select chunk_id, status, events_path from chunks where dataset = 'transactions'")
    assert (held["status"], held["events_path"]) == ("held", None)
    receipt = erase(KID, **BY)
    assert receipt.chunks == [held["chunk_id"]]
    assert in_clear() == set()


def test_what_is_on_its_way_or_expired_is_searched_by_its_bytes() -> None:
    put("transactions", "landed.csv", HEADER + KIOSK[0])
    run_id = open_flow(number=903)
    land(run_id)
    (chunk,) = rows("select chunk_id from chunks where dataset = 'transactions'")
    first = erase(KID, **BY)
    assert (first.chunks, first.bytes_removed) == ([], [])
    assert "which is being checked: erase again" in first.left[0]

    check(run_id)
    with transaction() as conn:
        conn.execute("update chunks set status = 'aggregated', seq = 1, aggregated_at = now()")
        conn.execute(
            "insert into removals (store, path, setting)"
            " select 'lake', events_path, 'VIGIL_RETENTION_EVENTS_DAYS' from chunks"
            " where events_path is not null"
        )
    second = erase(KID, **BY)
    assert (second.chunks, second.vault_rows) == ([chunk["chunk_id"]], 1)
    assert in_clear() == set()


@pytest.mark.parametrize(
    ("asked", "complaint"),
    [
        ({"by": " "}, "needs a name and a reason"),
        ({"reason": ""}, "needs a name and a reason"),
        ({"kind": "phone"}, "a phone to erase is given as"),
        ({"kind": "shoe"}, "kinds are phone, ip, device, place"),
    ],
)
def test_an_erasure_says_who_why_and_of_what(asked: dict[str, str], complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint):
        erase(KID, **(BY | asked))
    assert rows("select * from erasures") == []


def test_a_kind_that_no_dataset_has_is_no_kind_to_erase() -> None:
    # Undone before the fixture undoes its own, or its patch would come back and stay.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(include.datasets, "discover", lambda *_: {"transactions": customers_are_personal()})
        include.datasets.contracts.cache_clear()
        with pytest.raises(ConfigError, match="no dataset has personal fields of kind 'phone'"):
            erase(KID, **(BY | {"kind": "phone"}))
