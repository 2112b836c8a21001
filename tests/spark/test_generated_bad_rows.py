"""Every broken line that the generator plants earns the reason that it is planted for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from include.datasets import contract
from include.spark_jobs.check import judge, parse_chunks
from sources.bad_rows import BAD_LINES, HEADER, bad_line

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
