"""Every reason code on both sides of its border, through Spark, from bytes to what readers will find."""

from __future__ import annotations

import gzip
import hashlib
import json
import shutil
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow.dataset as ds
import pytest

import include.spark_jobs.check as check_module
from include.datasets import contract
from include.datasets.contract import LINE_REASONS
from include.errors import ContractError, VigilError
from include.spark_jobs.check import ChunkFigures, check_chunks

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

TRANSACTIONS = contract("transactions")
IMPORTANCE = contract("importance")
HEADER = b"step,customer,age,gender,zipcodeOri,merchant,zipMerchant,category,amount,fraud\n"
GOOD = {
    "step": "3",
    "customer": "'C1'",
    "age": "'4'",
    "gender": "'M'",
    "zipcodeOri": "'28007'",
    "merchant": "'M1'",
    "zipMerchant": "'28007'",
    "category": "'es_food'",
    "amount": "4.55",
    "fraud": "0",
}
LONG = "x" * 65


@dataclass(frozen=True)
class Result:
    """What a check of chunks by name wrote and found."""

    figures: Mapping[str, ChunkFigures]
    events: list[dict[str, Any]]
    quarantine: list[dict[str, Any]]


def checked(
    spark: SparkSession, folder: Path, chunks: Mapping[str, bytes], kind: Any = TRANSACTIONS
) -> Result:
    lake = folder / "a lake"
    lake.mkdir(exist_ok=True)
    paths = {}
    for name, data in chunks.items():
        chunk_id = hashlib.sha256(name.encode() + data).hexdigest()
        (lake / chunk_id).write_bytes(data)
        paths[chunk_id] = str(lake / chunk_id)
    names = dict(zip(paths, chunks, strict=True))
    events, quarantine = lake / "events", lake / "quarantine"
    found = check_chunks(spark, kind, paths, str(events), str(quarantine))

    def written(path: Path) -> list[dict[str, Any]]:
        rows = ds.dataset(path, format="parquet", partitioning="hive").to_table().to_pylist()
        renamed = [row | {"chunk_id": names[row["chunk_id"]]} for row in rows]
        return sorted(renamed, key=lambda row: (row["chunk_id"], row["line"]))

    return Result(
        {names[chunk_id]: one for chunk_id, one in found.items()}, written(events), written(quarantine)
    )


def line(**changes: str) -> bytes:
    return ",".join((GOOD | changes).values()).encode() + b"\n"


REFUSED = [
    ("step", "", "missing_step"),
    ("step", "''", "missing_step"),
    ("step", "x", "bad_step"),
    ("step", "-1", "bad_step"),
    ("step", "1.0", "bad_step"),
    ("step", "١", "bad_step"),
    ("step", "3651", "step_out_of_range"),
    ("step", "9" * 40, "step_out_of_range"),
    ("customer", "' '", "missing_customer"),
    ("customer", LONG, "bad_customer"),
    ("age", LONG, "bad_age"),
    ("gender", "", "missing_gender"),
    ("gender", "'X'", "bad_gender"),
    ("gender", "'m'", "bad_gender"),
    ("zipcodeOri", LONG, "bad_zipcode_ori"),
    ("merchant", "", "missing_merchant"),
    ("merchant", LONG, "bad_merchant"),
    ("zipMerchant", LONG, "bad_zip_merchant"),
    ("category", "''", "missing_category"),
    ("category", LONG, "bad_category"),
    ("amount", "", "missing_amount"),
    ("amount", "-4.55", "negative_amount"),
    ("amount", "-0", "negative_amount"),
    ("amount", "-4.555", "negative_amount"),
    ("amount", "-", "bad_amount"),
    ("amount", "NaN", "bad_amount"),
    ("amount", "Infinity", "bad_amount"),
    ("amount", "1e3", "bad_amount"),
    ("amount", "+5", "bad_amount"),
    ("amount", ".5", "bad_amount"),
    ("amount", "5.", "bad_amount"),
    ("amount", "1 000", "bad_amount"),
    ("amount", "'1,000.00'", "bad_amount"),
    ("amount", "0x10", "bad_amount"),
    ("amount", "٤", "bad_amount"),
    ("amount", "2.005", "amount_precision"),
    ("amount", "2.500", "amount_precision"),
    ("amount", "1" + "0" * 8, "amount_out_of_range"),
    ("amount", "9" * 60 + ".99", "amount_out_of_range"),
    ("fraud", "", "missing_fraud"),
    ("fraud", "2", "bad_fraud"),
    ("fraud", "true", "bad_fraud"),
]
TAKEN = [
    ("step", "0", "step", 0),
    ("step", "007", "step", 7),
    ("step", "3650", "step", 3650),
    ("customer", "x" * 64, "customer", "x" * 64),
    ("customer", "' C1 '", "customer", "C1"),
    ("age", "", "age", None),
    ("age", "U", "age", "U"),
    ("gender", "F", "gender", "F"),
    ("gender", "'E'", "gender", "E"),
    ("gender", '"U"', "gender", "U"),
    ("zipcodeOri", "''", "zipcode_ori", None),
    ("zipMerchant", "28009", "zip_merchant", "28009"),
    ("merchant", "x" * 64, "merchant", "x" * 64),
    ("category", "'food, drink'", "category", "food, drink"),
    ("amount", "0", "amount_minor", 0),
    ("amount", "0.00", "amount_minor", 0),
    ("amount", "2", "amount_minor", 200),
    ("amount", "2.5", "amount_minor", 250),
    ("amount", "'2.05'", "amount_minor", 205),
    ("amount", "1.15", "amount_minor", 115),
    ("amount", "00012.30", "amount_minor", 1230),
    ("amount", "0" * 20 + "9" * 8 + ".99", "amount_minor", 9_999_999_999),
    ("fraud", "1", "fraud", True),
    ("fraud", "'0'", "fraud", False),
]


def test_each_reason_fires_where_it_must_and_nowhere_else(spark: SparkSession, tmp_path: Path) -> None:
    bad = HEADER + b"".join(line(**{column: text}) for column, text, _ in REFUSED)
    good = HEADER + b"".join(line(**{column: text}) for column, text, _, _ in TAKEN)
    result = checked(spark, tmp_path, {"bad": bad, "good": good})

    # the first line of data is line 2
    assert [row["reason"] for row in result.quarantine] == [reason for _, _, reason in REFUSED]
    assert [row["line"] for row in result.quarantine] == list(range(2, len(REFUSED) + 2))
    assert [row["raw"] + b"\n" for row in result.quarantine] == bad.splitlines(keepends=True)[1:]
    for row, (_, text, name, value) in zip(result.events, TAKEN, strict=True):
        assert row[name] == value, f"{name} of {text}"
    assert [row["line"] for row in result.events] == list(range(2, len(TAKEN) + 2))
    assert result.figures["bad"].reasons == Counter(reason for _, _, reason in REFUSED)
    assert result.figures["bad"].loaded == 0
    assert result.figures["good"].loaded == result.figures["good"].rows_in == len(TAKEN)


def test_every_reason_of_the_contracts_is_in_the_tables() -> None:
    assert {reason for _, _, reason in REFUSED} == set(TRANSACTIONS.reasons) - set(LINE_REASONS)
    assert {reason for _, reason in WEIGHTS_REFUSED} == set(IMPORTANCE.reasons) - set(LINE_REASONS)


@pytest.mark.parametrize("fault", ["lost", "doubled"])
def test_rows_that_are_lost_or_doubled_on_the_way_are_noticed(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    real = check_module.count_chunks

    def after_the_fault(spark: Any, kind: Any, chunks: Any, events: str, quarantine: str) -> Any:
        (file,) = Path(events).glob("event_day=2026-01-03/*.parquet")
        if fault == "lost":
            file.unlink()
        else:
            shutil.copy(file, file.with_name("again.parquet"))
        return real(spark, kind, chunks, events, quarantine)

    monkeypatch.setattr(check_module, "count_chunks", after_the_fault)
    chunk = HEADER + line(step="0") + line(step="x") + line(step="2")
    with pytest.raises(VigilError, match=f"has 3 lines of data, .* hold {2 if fault == 'lost' else 4} rows"):
        checked(spark, tmp_path, {"c": chunk})


def test_the_last_step_is_a_setting(spark: SparkSession, tmp_path: Path, configure: Any) -> None:
    configure(transactions_last_step=10)
    result = checked(spark, tmp_path, {"c": HEADER + line(step="10") + line(step="11")})
    assert [row["step"] for row in result.events] == [10]
    assert [row["reason"] for row in result.quarantine] == ["step_out_of_range"]


def test_of_many_faults_the_first_in_the_contract_counts(spark: SparkSession, tmp_path: Path) -> None:
    chunk = HEADER + line(step="x", gender="", amount="-1") + line(gender="", amount="-1")
    result = checked(spark, tmp_path, {"c": chunk})
    assert [row["reason"] for row in result.quarantine] == ["bad_step", "missing_gender"]


def test_a_banksim_line_becomes_this_event(spark: SparkSession, tmp_path: Path) -> None:
    chunk = HEADER + b"3,'C1093826151','4','M','28007','M348934600','28007','es_transportation',39.68,1\n"
    (event,) = checked(spark, tmp_path, {"c": chunk}).events
    # midnight in Asia/Kolkata; Spark writes the instant without naming UTC
    assert event.pop("event_time") == datetime(2026, 1, 3, 18, 30)
    assert event == {
        "step": 3,
        "customer": "C1093826151",
        "age": "4",
        "gender": "M",
        "zipcode_ori": "28007",
        "merchant": "M348934600",
        "zip_merchant": "28007",
        "category": "es_transportation",
        "amount_minor": 3968,
        "fraud": True,
        "event_day": "2026-01-04",
        "chunk_id": "c",
        "line": 2,
    }


def test_the_epoch_is_a_setting(spark: SparkSession, tmp_path: Path, configure: Any) -> None:
    configure(transactions_epoch="2024-02-28")
    result = checked(spark, tmp_path, {"c": HEADER + line(step="1") + line(step="2")})
    assert (result.figures["c"].first_day, result.figures["c"].last_day) == (
        date(2024, 2, 29),
        date(2024, 3, 1),
    )


def test_chunks_of_every_kind_in_one_pass(spark: SparkSession, tmp_path: Path) -> None:
    turned = b"fraud,amount,category,zipMerchant,merchant,zipcodeOri,gender,age,customer,step\n"
    chunks = {
        "empty": HEADER,
        "headerless": line(step="5"),
        "turned": turned + b"0,1.00,food,1,M,1,F,2,C,9\n",
        "gzip": gzip.compress(HEADER + line(step="7") + b"bad\n"),
        "all bad": HEADER + b"bad\n\n",
        "html": b"<html></html>\n",
        "cut": gzip.compress(HEADER + line())[:-9],
        "crlf": (HEADER + line(step="11")).replace(b"\n", b"\r\n"),
    }
    result = checked(spark, tmp_path, chunks)
    assert {name: one.unreadable for name, one in result.figures.items() if one.unreadable} == {
        "html": "bad_header",
        "cut": "bad_gzip",
    }
    assert {row["chunk_id"]: row["step"] for row in result.events} == {
        "headerless": 5,
        "turned": 9,
        "gzip": 7,
        "crlf": 11,
    }
    assert [(row["chunk_id"], row["line"], row["reason"]) for row in result.quarantine] == [
        ("all bad", 2, "wrong_field_count"),
        ("all bad", 3, "blank_line"),
        ("cut", 0, "bad_gzip"),
        ("gzip", 3, "wrong_field_count"),
        ("html", 0, "bad_header"),
    ]
    assert result.figures["empty"] == ChunkFigures()
    assert result.figures["all bad"].quarantined == 2


def test_chunks_of_json_in_every_form(spark: SparkSession, tmp_path: Path) -> None:
    def event(who: str) -> str:
        return json.dumps({"user_id": who, "timestamp": "2026-03-01T12:00:00Z", "action": "view"})

    chunks = {
        "array": f"[{event('a')},{event('b')},null,\n{event('c')}".encode(),
        "pretty": json.dumps([json.loads(event("a")), json.loads(event("b"))], indent=2).encode(),
        "lines": f"{event('a')}\n\n{json.dumps(event('b'))}\nnope\n".encode(),
        "csv": f"a,2026-03-01T12:00:00Z,view,,,\n{event('b')}\nbad\n".encode(),
        "gzip": gzip.compress(event("a").encode()),
        "html": b"<html></html>",
        "empty": b"[]",
    }
    result = checked(spark, tmp_path, chunks, contract("clickstream"))
    assert [(row["chunk_id"], row["line"], row["user_id"]) for row in result.events] == [
        ("array", 1, "a"),
        ("array", 2, "b"),
        ("array", 4, "c"),
        ("csv", 1, "a"),
        ("csv", 2, "b"),
        ("gzip", 1, "a"),
        ("lines", 1, "a"),
        ("lines", 3, "b"),
        ("pretty", 2, "a"),
        ("pretty", 7, "b"),
    ]
    assert [(row["chunk_id"], row["line"], row["reason"]) for row in result.quarantine] == [
        ("array", 3, "not_an_object"),
        ("array", 5, "cut_off"),
        ("csv", 3, "wrong_field_count"),
        ("html", 0, "bad_header"),
        ("lines", 2, "blank_line"),
        ("lines", 4, "bad_json"),
    ]
    assert result.figures["pretty"].rows_in == 2
    assert result.figures["empty"] == ChunkFigures()


def test_a_batch_without_a_good_row_can_be_counted(spark: SparkSession, tmp_path: Path) -> None:
    result = checked(spark, tmp_path, {"a": HEADER, "b": HEADER + b"bad\n"})
    assert result.events == []
    assert [one.rows_in for one in result.figures.values()] == [0, 1]


def test_a_second_attempt_on_the_same_path_leaves_what_one_leaves(
    spark: SparkSession, tmp_path: Path
) -> None:
    chunks = {"c": HEADER + line() + b"bad\n"}
    assert checked(spark, tmp_path, chunks) == checked(spark, tmp_path, chunks)


WEIGHTS_TAKEN = [
    ("'C1','M1',0.000001,'es_food',0", 1),
    ("'C1','M1',4.55,'es_food',1", 4_550_000),
    ("'C1','M1',0,,0", 0),
    ("'C1','M1',999999999999.999999,'es_food',0", 999_999_999_999_999_999),
]
WEIGHTS_REFUSED = [
    ("'','M1',1,'es_food',0", "missing_source"),
    (f"{LONG},'M1',1,'es_food',0", "bad_source"),
    ("'C1','',1,'es_food',0", "missing_target"),
    (f"'C1',{LONG},1,'es_food',0", "bad_target"),
    ("'C1','M1',,'es_food',0", "missing_weight"),
    ("'C1','M1',-1,'es_food',0", "negative_weight"),
    ("'C1','M1',1e-05,'es_food',0", "bad_weight"),
    ("'C1','M1',0.0000001,'es_food',0", "weight_precision"),
    ("'C1','M1',1000000000000,'es_food',0", "weight_out_of_range"),
    (f"'C1','M1',1,{LONG},0", "bad_type_trans"),
    ("'C1','M1',1,'es_food',", "missing_fraud"),
    ("'C1','M1',1,'es_food',no", "bad_fraud"),
]


def test_weights_are_exact_millionths(spark: SparkSession, tmp_path: Path) -> None:
    lines = [text for text, _ in [*WEIGHTS_TAKEN, *WEIGHTS_REFUSED]]
    chunk = "\n".join(["Source,Target,Weight,typeTrans,fraud", *lines]).encode()
    result = checked(spark, tmp_path, {"c": chunk}, IMPORTANCE)
    assert [row["weight_micro"] for row in result.events] == [weight for _, weight in WEIGHTS_TAKEN]
    assert {(row["source"], row["target"]) for row in result.events} == {("C1", "M1")}
    assert [row["reason"] for row in result.quarantine] == [reason for _, reason in WEIGHTS_REFUSED]
    assert (result.figures["c"].loaded, result.figures["c"].first_day) == (len(WEIGHTS_TAKEN), None)


def test_an_event_key_is_refused_rather_than_ignored(spark: SparkSession, tmp_path: Path) -> None:
    keyed = TRANSACTIONS.model_copy(update={"event_key": ("customer",)})
    with pytest.raises(ContractError, match="event keys"):
        check_chunks(spark, keyed, {}, str(tmp_path / "e"), str(tmp_path / "q"))
