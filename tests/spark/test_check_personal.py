"""Check of a dataset with personal fields: pseudonyms in the events, the originals beside them."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.dataset as ds
import pytest

from include.errors import ConfigError
from include.spark_jobs.check import check_chunks, judge, parse_chunks
from include.spark_jobs.pseudonyms import Keys, parse_keys, pseudonym, pseudonymised
from tests.personal import CALLS, HEADER, NEW, OLD, TWO_KEYS, line

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

PHONE, OTHER, IP, TOWN = "+989121234567", "تلفن", "192.0.2.7", "a note"
CHUNKS = {
    "a" * 64: HEADER + line(0, PHONE, IP, TOWN) + line(1, PHONE) + line(1, OTHER, IP) + line(0, "", IP),
    "b" * 64: HEADER + line(2, PHONE, IP),
}


def keys() -> Keys:
    found = parse_keys(TWO_KEYS)
    assert found is not None
    return found


def old(kind: str, value: str) -> str:
    return pseudonym(OLD.encode(), kind, value)


def new(kind: str, value: str) -> str:
    return pseudonym(NEW.encode(), kind, value)


def on_disk(folder: Path) -> dict[str, str]:
    paths = {}
    for chunk_id, data in CHUNKS.items():
        (folder / chunk_id).write_bytes(data)
        paths[chunk_id] = str(folder / chunk_id)
    return paths


def test_events_have_pseudonyms_and_the_originals_are_handed_over(
    spark: SparkSession, tmp_path: Path
) -> None:
    events, kept = tmp_path / "events", []
    args: Any = (spark, CALLS, on_disk(tmp_path), str(events), str(tmp_path / "quarantine"))
    figures = check_chunks(*args, keys=keys(), keep=kept.append)

    rows = ds.dataset(events, format="parquet", partitioning="hive").to_table().to_pylist()
    rows.sort(key=lambda row: (row["chunk_id"], row["line"]))
    assert [(row["phone"], row["ip"], row["note"]) for row in rows] == [
        (old("phone", PHONE), old("ip", IP), TOWN),
        (new("phone", PHONE), None, None),
        (new("phone", OTHER), new("ip", IP), None),
        (new("phone", PHONE), new("ip", IP), None),
    ]
    assert [one.loaded for one in figures.values()] == [3, 1]
    written = b"".join(file.read_bytes() for file in events.rglob("*") if file.is_file())
    assert not [text for text in (PHONE, OTHER, IP) if text.encode() in written]

    (table,) = kept
    first = date(1970, 1, 1)
    second = date(2026, 1, 2)
    assert {tuple(row.values()) for row in table.to_pylist()} == {
        ("phone", PHONE, first, date(2026, 1, 1)),
        ("ip", IP, first, date(2026, 1, 1)),
        ("phone", PHONE, second, date(2026, 1, 2)),
        ("phone", OTHER, second, date(2026, 1, 2)),
        ("ip", IP, second, date(2026, 1, 2)),
    }
    assert table.num_rows == 5
    assert isinstance(table, pa.Table)

    # as in a dry run, without anybody to keep them
    assert check_chunks(*args, keys=keys()) == figures


def test_no_plan_shows_a_key_or_a_value(
    spark: SparkSession, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    judged = judge(CALLS, parse_chunks(spark, CALLS, on_disk(tmp_path)))
    pseudonymised(CALLS, judged.select(*CALLS.spark_schema().fieldNames()), keys()).explain(True)
    plan = capsys.readouterr().out
    assert "replace(" in plan, "the step itself is in it"
    assert not [text for text in (OLD, NEW, PHONE) if text in plan]


def test_without_keys_nothing_is_written(spark: SparkSession, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"calls has .*\(phone, ip\), and VIGIL_PSEUDONYM_KEYS is empty"):
        check_chunks(spark, CALLS, {}, str(tmp_path / "e"), str(tmp_path / "q"))
    assert not (tmp_path / "e").exists()
