"""What a contract makes of bytes or of single texts, without the lake: parsed here, judged by Spark."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from include.datasets.contract import Contract, Field
from include.spark_jobs import csv_lines, json_lines
from include.spark_jobs.check import judge
from include.spark_jobs.json_events import Events

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def read(spark: SparkSession, kind: Contract, data: bytes) -> list[dict[str, Any]]:
    """The rows of a chunk of these bytes, in order: its fields, `line`, `raw` and `reason`."""
    if kind.parser == "json":
        events = Events(kind.columns, kind.aliases, kind.wrappers)
        batches = json_lines.parse_blocks("c", [data], kind.columns, events)
    else:
        batches = csv_lines.parse_blocks("c", [data], kind.columns)
    return _judged(spark, kind, pa.Table.from_batches(batches))


def texts(spark: SparkSession, fields: Sequence[Field], raws: Iterable[str]) -> list[dict[str, Any]]:
    """What these fields, all read from one column, make of each text: their values, and the `reason`.

    Personal ones are taken as if they were not, since only events may have them.
    """
    (column,) = {field.raw for field in fields}
    kind = Contract(
        name="texts",
        owner="tests",
        doc="Texts.",
        zone="UTC",
        prefix_setting="importance_prefix",
        parser="csv",
        kind="reference" if len(fields) == 1 else "events",
        columns=(column,),
        fields=tuple(field.model_copy(update={"personal": None}) for field in fields),
    )
    rows = [
        {"chunk_id": "c", "line": line, "raw": b"", "reason": None, f"raw_{column}": raw}
        for line, raw in enumerate(raws)
    ]
    return _judged(spark, kind, pa.Table.from_pylist(rows, schema=csv_lines.schema(kind.columns)))


def _judged(spark: SparkSession, kind: Contract, parsed: pa.Table) -> list[dict[str, Any]]:
    from pyspark.sql import functions as F

    judged = judge(kind, spark.createDataFrame(parsed))
    # the fields of a bad row mean nothing, and may be no dates that Python knows
    good = [F.when(F.col("reason").isNull(), F.col(one.name)).alias(one.name) for one in kind.fields]
    rows = judged.select(*good, "line", "raw", "reason").orderBy("line").collect()
    return [row.asDict() for row in rows]
