"""Check: the bytes of landed chunks -> good events by event day, and quarantined lines with their reasons.

Spark's own CSV and JSON readers know no physical lines, round decimals and mend what they should refuse, so
a Python step splits the lines (csv_lines, json_lines), and column expressions made from the contract give
each row its types and its verdict.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from importlib import import_module
from typing import TYPE_CHECKING

from include.datasets.contract import CHUNK_REASONS, CORRECTED, Contract
from include.errors import ConfigError, ContractError, VigilError
from include.spark_jobs.by_value import travels_by_value
from include.spark_jobs.pseudonyms import NO_KEYS, Keys, originals, personal, pseudonymised

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import Column, DataFrame, SparkSession

QUARANTINE = ("chunk_id", "line", "reason", "raw")

# The module that reads a contract's format: its parse(chunk_id, path, columns, ...) gives batches of parsed
# lines. With it travel those that it needs.
PARSERS = {
    "csv": ("include.spark_jobs.csv_lines",),
    "json": (
        "include.spark_jobs.json_lines",
        "include.spark_jobs.json_array",
        "include.spark_jobs.json_events",
        "include.spark_jobs.csv_lines",
    ),
}

# The module that looks at a chunk's beginning: its layout(path, columns) says how it is written, its
# column_order(path, columns) in which order.
LAYOUTS = {"csv": "include.spark_jobs.csv_layout", "json": "include.spark_jobs.json_layout"}


@dataclass
class ChunkFigures:
    """What check found in one chunk, in rows; first and last day of its good events, in the dataset's zone.

    `unreadable` is the reason code of a chunk that could not be read; its rows are then unknown.
    """

    loaded: int = 0
    reasons: dict[str, int] = field(default_factory=dict)
    first_day: date | None = None
    last_day: date | None = None
    unreadable: str | None = None

    @property
    def quarantined(self) -> int:
        """Rows that were quarantined."""
        return sum(self.reasons.values())

    @property
    def rows_in(self) -> int:
        """Physical lines but the header."""
        return self.loaded + self.quarantined


def parse_chunks(spark: SparkSession, contract: Contract, chunks: Mapping[str, str]) -> DataFrame:
    """{chunk id: path} -> a row per line: chunk_id, line, raw, reason and the texts `raw_<column>`."""
    listing = spark.createDataFrame(sorted(chunks.items()), "chunk_id string, path string")
    return listing.repartition(_tasks(chunks)).mapInArrow(_parser(contract), _parsed_schema(contract))


def judge(contract: Contract, parsed: DataFrame) -> DataFrame:
    """A row per line: the typed fields, chunk_id, line, raw and the final `reason`, NULL for good ones."""
    from pyspark.sql import functions as F

    typed = [f.cast(F.col(f"`raw_{f.raw}`")).cast(f.type).alias(f.name) for f in contract.fields]
    reason = F.coalesce(F.col("reason"), _field_reason(contract)).alias("reason")
    return parsed.select(*typed, "chunk_id", "line", "raw", reason)


def set_aside(judged: DataFrame, lines: DataFrame) -> DataFrame:
    """The rows of `judge`; those of these lines (chunk_id, line) get the reason `corrected`, good or bad."""
    from pyspark.sql import functions as F

    marks = F.broadcast(lines.select("chunk_id", "line", F.lit(True).alias("aside")))
    reason = F.when(F.col("aside"), CORRECTED).otherwise(F.col("reason"))
    marked = judged.join(marks, ["chunk_id", "line"], "left")
    return marked.withColumn("reason", reason).select(*judged.columns)


def check_chunks(
    spark: SparkSession,
    contract: Contract,
    chunks: Mapping[str, str],
    events_path: str,
    quarantine_path: str,
    corrected: Mapping[str, Sequence[int]] | None = None,
    *,
    keys: Keys | None = None,
    keep: Callable[[pa.Table], None] | None = None,
) -> dict[str, ChunkFigures]:
    """Writes the good events and the quarantined lines of {chunk id: path}; gives the figures of every chunk.

    Events: Parquet of contract.spark_schema(), by event_day where there is one, a file per day, sorted by
    chunk and line. Quarantine: chunk_id, line (0: the whole chunk), reason, raw (the line's first 65,536
    bytes). `corrected`: lines by chunk whose corrections count in their place. Personal fields are written
    as pseudonyms by these `keys`, and `keep` is given their originals. Raises ContractError for a contract
    that needs what check cannot do yet, ConfigError for personal fields without keys, VigilError if what was
    written holds fewer or more rows of a chunk than it has lines.
    """
    from pyspark.sql import functions as F

    if contract.event_key:
        raise ContractError(f"dataset {contract.name}: check cannot tell repeated event keys yet; use None")
    hidden = personal(contract)
    if hidden and keys is None:
        raise ConfigError(f"{contract.name} has personal fields ({', '.join(hidden)}), and {NO_KEYS}")
    judged = judge(contract, parse_chunks(spark, contract, chunks))
    if corrected:
        pairs = [(chunk, line) for chunk, lines in corrected.items() for line in lines]
        judged = set_aside(judged, spark.createDataFrame(pairs, "chunk_id string, line int"))
    judged = judged.persist()
    try:
        columns = contract.spark_schema().fieldNames()
        good = judged.where(F.col("reason").isNull()).select(*columns)
        if hidden and keys is not None:
            if keep is not None:
                keep(originals(contract, good, keys).toArrow())
            good = pseudonymised(contract, good, keys)
        bad = judged.where(F.col("reason").isNotNull()).select(*QUARANTINE)
        if contract.kind == "events":
            by_day = good.repartition("event_day").sortWithinPartitions("event_day", "chunk_id", "line")
            by_day.write.mode("overwrite").partitionBy("event_day").parquet(events_path)
        else:
            good.sortWithinPartitions("chunk_id", "line").write.mode("overwrite").parquet(events_path)
        bad.coalesce(1).sortWithinPartitions("chunk_id", "line").write.mode("overwrite").parquet(
            quarantine_path
        )
        lines = _parsed_lines(contract, judged)
    finally:
        judged.unpersist()
    figures = count_chunks(spark, contract, chunks, events_path, quarantine_path)
    for chunk, found in figures.items():
        expected = lines.get(chunk, 0)
        if not found.unreadable and found.rows_in != expected:
            raise VigilError(
                f"chunk {chunk} of {contract.name} has {expected} lines of data, but {events_path} "
                f"and {quarantine_path} hold {found.rows_in} rows of it; nothing is published, so check again"
            )
    return figures


def _parsed_lines(contract: Contract, judged: DataFrame) -> dict[str, int]:
    """{chunk id: its lines of data}: of CSV from the line numbers, which have no gap between first and last;
    the elements of JSON have gaps between them, but no two have the same number."""
    from pyspark.sql import functions as F

    gapless = F.max("line") - F.min("line") + 1
    lines = gapless if contract.parser == "csv" else F.count_distinct("line")
    return {row.chunk_id: row.lines for row in judged.groupBy("chunk_id").agg(lines.alias("lines")).collect()}


def count_chunks(
    spark: SparkSession, contract: Contract, chunks: Iterable[str], events_path: str, quarantine_path: str
) -> dict[str, ChunkFigures]:
    """The figures of every chunk, counted in what was written: they are true of what readers will find."""
    from pyspark.sql import functions as F

    events = spark.read.schema(contract.spark_schema()).parquet(events_path)
    day = F.col("event_day") if contract.kind == "events" else F.lit(None).cast("date")
    loaded = events.select("chunk_id", day.alias("day"), F.lit(None).cast("string").alias("reason"))
    quarantine = spark.read.schema("chunk_id string, line int, reason string, raw binary").parquet(
        quarantine_path
    )
    others = quarantine.select("chunk_id", F.lit(None).cast("date").alias("day"), "reason")
    counted = loaded.unionAll(others).groupBy("chunk_id", "reason")
    rows = counted.agg(
        F.count("*").alias("n"), F.min("day").alias("first"), F.max("day").alias("last")
    ).collect()
    figures = {chunk: ChunkFigures() for chunk in chunks}
    for row in sorted(rows, key=lambda row: (row.chunk_id, row.reason or "")):
        found = figures[row.chunk_id]
        if row.reason is None:
            found.loaded, found.first_day, found.last_day = row.n, row["first"], row["last"]
        elif row.reason in CHUNK_REASONS:
            found.unreadable = row.reason
        else:
            found.reasons[row.reason] = row.n
    return figures


def layout_of(contract: Contract, path: str) -> str:
    """How a readable chunk is written, in words."""
    words: str = import_module(LAYOUTS[contract.parser]).layout(path, contract.columns)
    return words


def column_order(contract: Contract, path: str) -> list[str]:
    """The contract's columns in the order in which the lines of a readable chunk have them."""
    names: list[str] = import_module(LAYOUTS[contract.parser]).column_order(path, contract.columns)
    return names


def _field_reason(contract: Contract) -> Column:
    from pyspark.sql import functions as F

    chain: Column | None = None
    for item in contract.fields:
        raw = F.col(f"`raw_{item.raw}`")
        tests = [(reject.when(raw), reject.reason) for reject in item.rejects]
        if not item.optional:
            tests.append((item.cast(raw).isNull(), f"bad_{item.name}"))
        for condition, reason in tests:
            chain = F.when(condition, reason) if chain is None else chain.when(condition, reason)
    assert chain is not None
    return chain


def _parsed_schema(contract: Contract) -> str:
    texts = [f"`raw_{name}` string" for name in contract.columns]
    return ", ".join(["chunk_id string", "line int", "raw binary", "reason string", *texts])


def _tasks(chunks: Mapping[str, str]) -> int:
    # a task per chunk up to a bound: chunks differ in size, and a task costs milliseconds
    return max(1, min(len(chunks), 64))


def _parser(contract: Contract) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    modules = [import_module(name) for name in PARSERS[contract.parser]]
    travels_by_value(*modules)
    read, columns = modules[0].parse, contract.columns
    names = (contract.aliases, contract.wrappers) if contract.parser == "json" else ()

    def parse(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            for row in batch.to_pylist():
                yield from read(row["chunk_id"], row["path"], columns, *names)

    return parse
