"""The Spark job of the stage detect: state -> what holds, its digest, and what nearly holds.

The digest of a rule is the SHA-256 over its rows as canonical JSON lines (keys sorted, no spaces, UTF-8, days
as YYYY-MM-DD, instants in UTC as YYYY-MM-DDTHH:MM:SS.ffffff+00:00, each line ended by a newline), sorted by
their bytes. The digest of a cut is the SHA-256 over one line per rule, sorted too: `rule version parameters
reference digest`, parameters as canonical JSON. Both are computed from the rows as written, outside of Spark,
so every engine that finds the same gives the same.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from functools import reduce
from typing import TYPE_CHECKING, Any, NamedTuple

from include.datasets.contract import ORIGIN
from include.errors import ContractError
from include.spark_jobs.rules.rule import Inputs, Judged, Parameters, Rule

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame

NEAR_MISSES = 5


class RuleVerdict(NamedTuple):
    """What one rule said at a cut, and with what it was asked; a line of the cut's digest."""

    rule: str
    version: int
    parameters: Mapping[str, Any]
    reference: str
    digest: str


@contextmanager
def judged_once(
    asked: Iterable[tuple[Rule[Any], Parameters]], inputs: Inputs, *, keep: bool
) -> Iterator[dict[str, Judged]]:
    """Each rule's candidates by rule id, kept until the end of the `with` if they are to be read twice.

    What holds and what nearly holds are both picked from them, so that the ranks and counts behind them are
    computed once. Candidates that are nothing but an input are not kept a second time.
    """
    judged = {}
    kept = []
    try:
        for rule, parameters in asked:
            one = rule.judge(inputs, parameters)
            if keep and all(one.candidates is not given for given in inputs.values()):
                one = one._replace(candidates=one.candidates.persist())
                kept.append(one.candidates)
            judged[rule.id] = one
        yield judged
    finally:
        for candidates in kept:
            candidates.unpersist()


def found_rows(rule: Rule[Any], judged: Judged) -> pa.Table:
    """What holds, sorted by entity: entity columns, first_day, last_day, evidence; they are few.

    They come to the client at once: Spark's way of writing a folder costs a shuffle and a commit more.
    """
    found = rule.holding(judged).toArrow()
    return found.sort_by([(name, "ascending") for name in rule.entity])


def nearest_misses(patterns: Sequence[Rule[Any]], judged: Mapping[str, Judged]) -> dict[str, list[Any]]:
    """Per rule the entities that miss exactly one condition by least: [{"entity": {…}, "lacks": …}, …]."""
    from pyspark.sql import functions as F

    def nearest(rule: Rule[Any]) -> DataFrame:
        misses = rule.missing_one(judged[rule.id]).orderBy("gap", *rule.entity).limit(NEAR_MISSES)
        entity = F.to_json(F.struct(*rule.entity)).alias("entity")
        return misses.select(F.lit(rule.id).alias("rule"), "gap", entity, "lacks")

    # All rules in one query: a Spark job less for each.
    frames = [nearest(rule) for rule in patterns]
    rows = reduce(lambda left, right: left.unionByName(right), frames).collect() if frames else []
    found: dict[str, list[Any]] = {rule.id: [] for rule in patterns}
    for row in sorted(rows, key=lambda row: (row["rule"], row["gap"], row["entity"])):
        found[row["rule"]].append({"entity": json.loads(row["entity"]), "lacks": row["lacks"]})
    return found


def canonical(value: Any) -> str:
    """JSON with sorted keys, without spaces; days and instants (UTC) in ISO 8601. Raises TypeError for what
    has no exact text."""

    def iso(other: object) -> str:
        if isinstance(other, datetime) and other.tzinfo:
            return other.astimezone(UTC).isoformat(timespec="microseconds")
        if type(other) is date:
            return other.isoformat()
        raise TypeError(
            f"{other!r} has no canonical text; digests hold text, integers, booleans, days and instants"
        )

    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=iso)


def rule_digest(rows: pa.Table) -> str:
    """The digest of an evaluation's rows, hex; where an event came in, chunk and line, is left out, since it
    depends on how the source was sliced. Raises ContractError for columns that are not exact, as floats."""
    import pyarrow as pa

    rows = rows.drop_columns([name for name in ORIGIN if name in rows.column_names])
    kinds = pa.types
    exact = (kinds.is_string, kinds.is_large_string, kinds.is_integer, kinds.is_boolean, kinds.is_date)
    for column in rows.schema:
        instant = kinds.is_timestamp(column.type) and column.type.tz is not None
        if not (instant or any(is_type(column.type) for is_type in exact)):
            raise ContractError(
                f"evaluation column {column.name} is {column.type}; valid are text, integers, booleans, "
                "days and instants with a zone"
            )
    return _sha256(canonical(row) for row in rows.to_pylist())


def cut_digest(verdicts: Iterable[RuleVerdict]) -> str:
    """The digest of a cut over its rules' verdicts, hex."""
    return _sha256(
        f"{v.rule} {v.version} {canonical(v.parameters)} {v.reference} {v.digest}" for v in verdicts
    )


def _sha256(lines: Iterable[str]) -> str:
    digest = hashlib.sha256()
    for line in sorted(line.encode() for line in lines):
        digest.update(line + b"\n")
    return digest.hexdigest()
