"""Every broken row that the generators plant earns the reason that it is planted for."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from include.datasets import contract
from include.spark_jobs.check import judge, parse_chunks
from sources.bad_rows import BAD_LINES, HEADER, bad_line
from sources.behaviours import SHAPES, generate, make

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = pytest.mark.usefixtures("settings")


def test_each_bad_line_has_its_reason(spark: SparkSession, tmp_path: Path) -> None:
    planted = [(reason, turn) for reason, lines in BAD_LINES.items() for turn in range(len(lines))]
    chunk = tmp_path / "chunk"
    chunk.write_bytes(b"\n".join([HEADER, *(bad_line(reason, turn, 59) for reason, turn in planted)]) + b"\n")
    about = contract("transactions")
    rows = judge(about, parse_chunks(spark, about, {"a" * 64: str(chunk)})).select("line", "reason").collect()
    assert [row.reason for row in sorted(rows)] == [reason for reason, _ in planted]


@pytest.mark.parametrize("dataset", SHAPES)
def test_generated_events_are_read_as_they_were_made(
    spark: SparkSession, tmp_path: Path, dataset: str
) -> None:
    """Good rows become the very events, whatever mess they are written in; the others have their reasons."""
    truth, events = generate(dataset, tmp_path), make(dataset).events
    about = contract(dataset)
    chunks = {f"{number:064d}": str(path) for number, path in enumerate(truth.files)}
    judged = judge(about, parse_chunks(spark, about, chunks)).select("reason", *events.column_names).toArrow()
    rows = judged.to_pylist()
    assert Counter(row["reason"] for row in rows if row["reason"]) == truth.bad
    read = Counter(tuple(row.values())[1:] for row in rows if not row["reason"])
    assert read == Counter(tuple(row.values()) for row in events.to_pylist())
