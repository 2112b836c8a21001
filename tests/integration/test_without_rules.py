"""A dataset that nobody has written a rule for goes through every stage all the same."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from include.spark_jobs.rules import rules
from include.store.connection import transaction
from tests.flow import put, run_flow

DATASET = "ibm_clickstream"


@pytest.fixture(autouse=True)
def services(database: str, bucket: str, spark_remote: str, configure: Callable[..., Any]) -> None:
    configure(settle_seconds=0)


def clicks(day: int) -> bytes:
    lines = [
        f'{n % 40},"2026-03-{day:02}T12:{n % 60:02}:00","{action}","Wine","Drinks",30.99,123.96,4,1,0\n'
        for n, action in enumerate(["browsing", "add_to_cart", "checkout", "login"] * 50)
    ]
    return "".join([*lines, "nope\n"]).encode()


def test_its_chunks_are_checked_published_and_evaluated_to_nothing() -> None:
    assert not rules(DATASET), "this needs a dataset without rules"
    put(DATASET, "a.csv", clicks(1))
    first = run_flow(DATASET)
    assert first["check"]["rows"] == {"in": 201, "loaded": 200, "quarantined": 1, "duplicate": 0, "held": 0}
    assert (first["aggregate"]["cut"], first["detect"]["rules"]) == ("2026-03-02", {})
    put(DATASET, "b.json", b'[{"user_id": 1}]')
    put(DATASET, "c.csv", clicks(2))
    second = run_flow(DATASET)
    assert [one["reason"] for one in second["check"]["unreadable"]] == ["bad_header"]
    assert second["aggregate"]["cut"] == "2026-03-03"
    assert second["detect"]["digest"] == first["detect"]["digest"]
    with transaction() as conn:
        found = conn.execute("select status, count(*) as n from chunks group by status").fetchall()
        assert conn.execute("select count(*) as n from detections").fetchone() == {"n": 0}
    assert {row["status"]: row["n"] for row in found} == {"aggregated": 2, "unreadable": 1}


def test_json_lands_by_its_names_and_is_judged_by_its_suite() -> None:
    event = {"timestamp": "2026-03-01T12:00:00Z", "action": "view"}
    array = [event | {"user_id": n % 50, "action": ("view", "buy")[n % 2]} for n in range(150)]
    one_kind = [event | {"user_id": n % 50} for n in range(150)]
    lines = "".join(json.dumps(one | {"amount": n}) + "\n" for n, one in enumerate(array))
    put("clickstream", "a.json", json.dumps(array).encode())
    put("clickstream", "b.jsonl", lines.encode())
    put("clickstream", "c.ndjson", json.dumps(one_kind).encode())
    put("clickstream", "notes.txt", b"not data")
    check = run_flow("clickstream")["check"]
    assert check["rows"] == {"in": 450, "loaded": 300, "quarantined": 0, "duplicate": 0, "held": 150}
    assert [one["key"] for one in check["held"]] == ["clickstream/c.ndjson"]
    assert "action: observed 1." in check["held"][0]["reason"]
