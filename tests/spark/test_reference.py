"""A version of importance: exact sums and counts per pair, of the chunks asked for alone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow.parquet as pq

from include.datasets import contract
from include.spark_jobs.reference import build_reference

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def test_weights_are_summed_and_counted_by_pair(spark: SparkSession, tmp_path: Path) -> None:
    kind = contract("importance")
    rows = [
        ("C1", "M1", 1_500_000, "x", False, "mine", 2),
        ("C1", "M1", 1, "y", True, "mine", 3),
        ("C1", "M1", 7, "y", True, "another", 2),
        ("C1", "M2", 0, None, False, "mine", 4),
        ("C0", "M1", 3, "x", False, "mine", 5),
    ]
    events, out = str(tmp_path / "events"), tmp_path / "out"
    spark.createDataFrame(rows, kind.spark_schema()).write.parquet(events)
    assert build_reference(spark, kind, events, ["mine"], str(out)) == 3
    (file,) = out.glob("*.parquet")
    assert pq.read_table(file).to_pylist() == [
        {"customer": "C0", "merchant": "M1", "weight_sum_micro": 3, "weight_count": 1},
        {"customer": "C1", "merchant": "M1", "weight_sum_micro": 1_500_001, "weight_count": 2},
        {"customer": "C1", "merchant": "M2", "weight_sum_micro": 0, "weight_count": 1},
    ]
