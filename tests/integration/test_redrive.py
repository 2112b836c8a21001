"""Quarantine and re-drive through the real flow: corrected rows are judged, once, and the ledger balances."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from include.errors import ConfigError
from include.lake import lake
from include.stages.quarantine import COLUMNS, contents
from include.store.connection import transaction
from include.store.figures import Rows, dataset_figures
from include.store.report import open_entities, quarantine_reasons
from stack.quarantine import quarantine
from stack.redrive import redrive
from tests.flow import publish_importance, put, run_flow
from tests.prove.chunks import Row, importance_file

HEADER = b"step,customer,age,gender,zipcodeOri,merchant,zipMerchant,category,amount,fraud\n"
# A pair that `child` finds from 5 transactions on: four of them are good.
KIOSK = [Row(step, "C_KID", "F", "M_KIOSK", 1500).line() for step in range(5)]
NOISE = [Row(i % 5, f"C_{i}", "M", f"M_{i % 7}", 3000 + i).line() for i in range(120)]

Fix = Callable[[dict[str, str]], str | None]


@pytest.fixture(autouse=True)
def services(database: str, bucket: str, spark_remote: str, configure: Callable[..., Any]) -> None:
    configure(settle_seconds=0, rule_parameters={"child": {"min_transactions": 5}})
    publish_importance(importance_file([("C_0", "M_KIOSK", 1_000_000)]))


def call(command: Callable[..., None], *arguments: str) -> str:
    app = typer.Typer()
    app.command()(command)
    done = CliRunner().invoke(app, arguments)
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == 0, done.output
    return done.output


def corrected(folder: Path, fix: Fix, *filters: str) -> Path:
    """What `make quarantine` writes, with `raw` corrected, and rows that get None left out."""
    file = folder / "rows.csv"
    call(quarantine, "--out", str(file), *filters)
    with file.open(newline="", encoding="utf-8") as read:
        rows = [row | {"raw": raw} for row in csv.DictReader(read) if (raw := fix(row)) is not None]
    with file.open("w", newline="", encoding="utf-8") as write:
        table = csv.DictWriter(write, COLUMNS)
        table.writeheader()
        table.writerows(rows)
    return file


def sent(file: Path, *more: str) -> list[str]:
    """The chunks that go through again because of this file."""
    lines = call(redrive, "--file", str(file), *more).splitlines()
    return [line for line in lines if len(line) == 64]


def children() -> list[str]:
    with transaction() as conn:
        return [one["customer"] for one in open_entities(conn, "transactions", "default").get("child", [])]


def figures() -> tuple[Rows, int]:
    with transaction() as conn:
        found = dataset_figures(conn)["transactions"]
    return found.rows, found.corrected


def events() -> Iterator[dict[str, Any]]:
    """What is in the state: the good rows of every aggregated chunk, as the lake has them."""
    with transaction() as conn:
        chunks = conn.execute(
            "select chunk_id, events_path from chunks"
            " where dataset = 'transactions' and status = 'aggregated' and events_path is not null"
        ).fetchall()
    for chunk in chunks:
        for row in lake().read_parquet(chunk["events_path"]).to_pylist():
            if row["chunk_id"] == chunk["chunk_id"]:
                yield row


def test_corrected_rows_pass_once_and_the_rule_finds_what_was_missing(tmp_path: Path) -> None:
    bad = [KIOSK[4].replace(b"15.00", b"15,00"), b"no row at all\n"]
    put("transactions", "chunk_0.csv", HEADER + b"".join(NOISE + KIOSK[:4] + bad))
    run_flow()
    assert children() == []
    before, none = figures()
    assert (before.rows_in, before.loaded, before.quarantined, none) == (126, 124, 2, 0)

    file = corrected(tmp_path, lambda row: row["raw"].replace(",15,00,", ",15.00,"))
    said = call(redrive, "--file", str(file))
    assert "1 rows of transactions were corrected" in said
    assert "1 rows are as they were, and stay in quarantine" in said
    (chunk,) = [line for line in said.splitlines() if len(line) == 64]
    run = run_flow()
    assert run["land"]["adopted"] == run["aggregate"]["chunks"] == [chunk]
    assert run["detect"]["cut"] == "2026-01-06"
    assert children() == ["C_KID"]
    after, one = figures()
    assert (after.rows_in, after.loaded, after.quarantined, one) == (127, 125, 2, 1)

    assert sent(file) == []
    assert "0 rows of transactions were corrected, so none goes through" in call(redrive, "--file", str(file))
    assert "1 rows had been corrected before, in chunk" in call(redrive, "--file", str(file))
    again = run_flow()
    assert (again["land"]["chunks"], again["detect"]["digest"]) == ([], run["detect"]["digest"])
    assert Counter(row["chunk_id"] == chunk for row in events()) == {False: 124, True: 1}
    shown = call(quarantine)
    assert shown.split().count("wrong_field_count") == 1


@pytest.mark.prove
def test_the_digest_is_that_of_a_file_without_the_mistakes(tmp_path: Path) -> None:
    rows = NOISE + KIOSK
    put("transactions", "right.csv", HEADER + b"".join(rows))
    right = run_flow()["detect"]["digest"]
    with transaction() as conn:
        conn.execute(
            "truncate detections, evaluations, deltas, checkpoints, corrections, chunks, objects cascade"
        )
    wrong = [
        line.replace(b"'F'", b"'X'").replace(b"'M'", b"'Y'") if i % 9 == 0 else line
        for i, line in enumerate(rows)
    ]
    put("transactions", "right.csv", HEADER + b"".join(wrong))
    held = run_flow()
    assert [one["reason"] is None for one in held["check"]["held"]] == [False]
    sent(corrected(tmp_path, lambda row: row["raw"].replace("'X'", "'F'").replace("'Y'", "'M'")))
    call(redrive)
    assert run_flow()["detect"]["digest"] == right
    assert children() == ["C_KID"]


@pytest.mark.prove
def test_a_correction_that_is_still_bad_is_quarantined_again_and_corrected_there(tmp_path: Path) -> None:
    put("transactions", "chunk_0.csv", HEADER + b"".join([*NOISE, b"1,oops\n", b"2,oops\n"]))
    run_flow()
    good = KIOSK[0].decode().strip()
    fixes = {"1,oops": good, "2,oops": good.replace("'F'", "'Q'")}
    (chunk,) = sent(corrected(tmp_path, lambda row: fixes[row["raw"]]))
    run_flow()
    assert [
        (row.chunk_id == chunk, row.reason, row.rows, row.corrected) for row in contents("transactions").rows
    ] == [
        (False, "wrong_field_count", 2, 2),
        (True, "bad_gender", 1, 0),
    ]
    file = corrected(tmp_path, lambda row: row["raw"].replace("'Q'", "'F'"))
    (row,) = csv.DictReader(file.read_text().splitlines())
    assert (row["chunk_id"], row["line"], row["reason"]) == (chunk, "3", "bad_gender")
    (last,) = sent(file)
    run_flow()
    rows, count = figures()
    assert (rows.rows_in, rows.loaded, rows.quarantined, rows.held, count) == (125, 122, 3, 0, 3)
    assert [(row["chunk_id"], row["line"]) for row in events() if row["customer"] == "C_KID"] == [
        (chunk, 2),
        (last, 2),
    ]


def test_rows_of_a_held_chunk_are_corrected_and_what_is_left_of_it_passes(tmp_path: Path) -> None:
    put("transactions", "chunk_0.csv", HEADER + b"".join(NOISE[20:] + [b"3,oops\n"] * 20))
    held = run_flow()
    (stopped,) = held["check"]["held"]
    call(redrive, "--chunk", stopped["chunk_id"][:12])
    assert run_flow()["check"]["held"] != [], "the same rows are stopped again"
    assert quarantine_reasons_now() == {"wrong_field_count": 20}, "a chunk that is checked twice counts once"

    goods = iter(NOISE[:20])
    (chunk,) = sent(
        corrected(tmp_path, lambda row: next(goods).decode().strip(), "--chunk", stopped["chunk_id"])
    )
    assert call(redrive).splitlines()[-1] == stopped["chunk_id"]
    run = run_flow()
    assert set(run["aggregate"]["chunks"]) == {chunk, stopped["chunk_id"]}
    assert run["check"]["reasons"] == {"corrected": 20}
    rows, count = figures()
    assert (rows.rows_in, rows.loaded, rows.quarantined, rows.held, count) == (140, 120, 20, 0, 20)
    assert quarantine_reasons_now() == {"corrected": 20}
    assert [(row.rows, row.corrected) for row in contents("transactions").rows] == [(20, 20)]
    assert sorted(row["customer"] for row in events()) == sorted(f"C_{i}" for i in range(120))


def test_a_row_that_would_now_be_good_does_not_load_beside_its_correction(
    tmp_path: Path, configure: Callable[..., Any]
) -> None:
    late = [Row(4000 + i, f"C_L{i}", "M", "M_1", 3000 + i).line() for i in range(20)]
    put("transactions", "chunk_0.csv", HEADER + b"".join(NOISE[20:] + late))
    run_flow()
    fixed = corrected(tmp_path, lambda row: "4" + row["raw"][4:] if "C_L7'" in row["raw"] else row["raw"])
    assert len(sent(fixed)) == 1
    configure(transactions_last_step=5000)
    call(redrive)
    run_flow()
    days = Counter(str(row["event_day"]) for row in events() if row["customer"] == "C_L7")
    assert days == {"2026-01-05": 1}
    rows, count = figures()
    assert (rows.rows_in, rows.loaded, rows.quarantined, count) == (121, 120, 1, 1)


def test_rows_pass_as_they_are_once_their_setting_is_mended(
    tmp_path: Path, configure: Callable[..., Any]
) -> None:
    late = [Row(4000 + i, f"C_L{i}", "M", "M_1", 3000 + i).line() for i in range(3)]
    put("transactions", "chunk_0.csv", HEADER + b"".join(NOISE + late))
    run_flow()
    configure(transactions_last_step=5000)
    file = corrected(tmp_path, lambda row: row["raw"], "--reason", "step_out_of_range")
    assert sent(file) == []
    assert len(sent(file, "--as-is")) == 1
    run_flow()
    assert sorted(row["customer"] for row in events() if "L" in row["customer"]) == ["C_L0", "C_L1", "C_L2"]
    assert sent(file, "--as-is") == []


def test_a_corrected_row_is_read_in_the_order_of_its_own_file(tmp_path: Path) -> None:
    def turned(line: bytes) -> bytes:
        return b",".join(line.strip().split(b",")[::-1]) + b"\n"

    put("transactions", "chunk_0.csv", HEADER + b"".join([*NOISE[:60], b"1,oops\n"]))
    put("transactions", "chunk_1.csv", turned(HEADER) + b"".join(map(turned, [*NOISE[60:], b"2,oops\n"])))
    run_flow()
    fixes = {"1,oops": KIOSK[1], "oops,2": turned(KIOSK[2])}
    assert len(sent(corrected(tmp_path, lambda row: fixes[row["raw"]].decode().strip()))) == 2
    run_flow()
    rows = [row for row in events() if row["customer"] == "C_KID"]
    assert sorted((row["step"], row["merchant"], row["amount_minor"]) for row in rows) == [
        (1, "M_KIOSK", 1500),
        (2, "M_KIOSK", 1500),
    ]


def test_the_commands_refuse_what_cannot_be(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="either CHUNK or FILE, not both"):
        call(redrive, "--chunk", "ab", "--file", str(tmp_path / "x.csv"))
    with pytest.raises(ConfigError, match=r"x\.csv cannot be read: No such file or directory"):
        call(redrive, "--file", str(tmp_path / "x.csv"))
    with pytest.raises(ConfigError, match="is held or unreadable and left by its run; there are none"):
        call(redrive, "--chunk", "ab")
    with pytest.raises(ConfigError, match="there is no dataset 'nothing'"):
        call(quarantine, "--dataset", "nothing")
    assert "No rows of transactions are in quarantine" in call(quarantine)


def quarantine_reasons_now() -> dict[str, int]:
    with transaction() as conn:
        return quarantine_reasons(conn, "transactions")
