"""Digests of evaluations: what is in them, what is not, and what cannot be."""

from __future__ import annotations

from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest

from include.errors import ContractError
from include.spark_jobs.detect import canonical, rule_digest

NOON = datetime(2026, 3, 5, 12, tzinfo=UTC)


def rows(*said: dict[str, Any]) -> pa.Table:
    return pa.Table.from_pylist(list(said))


def test_it_is_of_the_rows_as_canonical_lines_in_their_order_by_bytes() -> None:
    lines = (
        '{"at":"2026-03-05T12:00:00.000000+00:00","day":"2026-03-05","n":2,"who":null}\n'
        '{"at":"2026-03-05T12:00:00.000001+00:00","day":"2026-03-05","n":1,"who":"é"}\n'
    )
    day = date(2026, 3, 5)
    late = {"who": "é", "n": 1, "day": day, "at": NOON.replace(microsecond=1)}
    assert rule_digest(rows(late, {"who": None, "n": 2, "day": day, "at": NOON})) == (
        sha256(lines.encode()).hexdigest()
    )


def test_an_instant_is_the_same_in_every_zone() -> None:
    assert canonical(NOON.astimezone(ZoneInfo("Asia/Tehran"))) == canonical(NOON)
    with pytest.raises(TypeError, match="no canonical text"):
        canonical(NOON.replace(tzinfo=None))


def test_where_an_event_came_in_is_left_out() -> None:
    one = {"who": "a", "chunk_id": "0" * 64, "line": 2}
    elsewhere = one | {"chunk_id": "1" * 64, "line": 7}
    assert rule_digest(rows(one)) == rule_digest(rows(elsewhere))
    assert rule_digest(rows(one)) != rule_digest(rows(one | {"who": "b"}))
    assert rule_digest(rows(one)) != rule_digest(rows(one, elsewhere))


@pytest.mark.parametrize("value", [0.5, NOON.replace(tzinfo=None), b"x"])
def test_what_has_no_exact_text_is_refused(value: object) -> None:
    with pytest.raises(
        ContractError, match=r"column odd is .*; valid are text, integers, booleans, days and"
    ):
        rule_digest(rows({"odd": value}))
