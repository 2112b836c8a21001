"""What Spark leaves on its scratch disk, where check shuffles people's values."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = pytest.mark.spark


def test_nothing_that_was_shuffled_can_be_read_from_its_disk(spark: SparkSession, servers: Path) -> None:
    from pyspark.sql import functions as F

    canaries = [uuid4().hex for _ in range(50)]
    rows = spark.createDataFrame([(canary,) for canary in canaries], "value string")
    assert rows.repartition(3, "value").agg(F.countDistinct("value")).collect()[0][0] == len(canaries)
    shuffled = [path.read_bytes() for path in servers.glob("spark-*/local/**/shuffle_*.data")]
    assert sum(map(len, shuffled)) > len(canaries) * 32, "there is something to search"
    assert not [canary for canary in canaries if any(canary.encode() in text for text in shuffled)]
