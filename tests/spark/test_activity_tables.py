"""The tables of user_activity through the whole flow: every line with its source, and what repeats once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from psycopg.sql import SQL, Identifier

from include.lake import lake
from include.settings import Settings
from include.spark_jobs.pseudonyms import pseudonym
from include.stages.erase import erase
from include.store.connection import transaction
from tests.flow import put, run_flow
from tests.personal import OLD, ONE_KEY

pytestmark = pytest.mark.spark

DAY = date(2026, 3, 1)
DEVICES = ("phone-of-ann", "tablet-of-ann", "phone-of-bob")
PLACES = ("198.51.100.7", "198.51.100.8")


@pytest.fixture(autouse=True)
def services(database: str, bucket: str, spark_remote: str, configure: Callable[..., Settings]) -> None:
    configure(settle_seconds=0, pseudonym_keys=ONE_KEY)


def seen(user: str, time: str, device: str, place: str, **more: Any) -> dict[str, Any]:
    return {"user_id": user, "timestamp": time, "device_id": device, "ip_location": place, **more}


ANN = seen(
    "ann", "2026-03-01T10:00:00Z", DEVICES[0], PLACES[0], country="de", latitude="52.5", longitude="13.4"
)
# The same again, as another producer writes it; and what differs from it in one field.
AGAIN = ANN | {"timestamp": "2026-03-01T11:00:00+01:00", "country": "DE", "latitude": 52.500000, "extra": 1}
FAILED = ANN | {"success": False}
ELSEWHERE = ANN | {"ip_location": PLACES[1]}
BOB = seen("bob", "2026-03-01T10:00:00Z", DEVICES[2], PLACES[0], success="yes")
NEXT_DAY = seen("ann", "2026-03-02T00:00:00Z", DEVICES[1], PLACES[0])
CHUNKS = {"a.json": [ANN, FAILED, ANN], "b.json": [AGAIN, BOB, ELSEWHERE, NEXT_DAY]}


def written(rows: list[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def feed(chunks: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    for name, rows in chunks.items():
        put("user_activity", name, written(rows))
    return run_flow("user_activity")


def table(name: str) -> list[dict[str, Any]]:
    with transaction() as conn:
        return conn.execute(SQL("select * from {}").format(Identifier(name))).fetchall()


def hidden(kind: str, value: str) -> str:
    return pseudonym(OLD.encode(), kind, value)


def test_each_line_leads_to_its_source_and_what_repeats_is_one_clean_row() -> None:
    figures = feed(CHUNKS)
    assert figures["check"]["rows"]["loaded"] == 7
    rows = table("raw_user_activity")
    assert len(rows) == 7
    sources = {hashlib.sha256(written(lines)).hexdigest(): lines for lines in CHUNKS.values()}
    for row in rows:
        said = sources[row["chunk_id"]][row["line"] - 1]
        assert (row["user_id"], row["day"].isoformat()) == (said["user_id"], said["timestamp"][:10])
        assert row["device_id"] == hidden("device", said["device_id"])
        assert row["ip_location"] == hidden("place", said["ip_location"])
        outcome = {None: "not told", False: "failed", "yes": "succeeded"}[said.get("success")]
        micro = 52_500_000 if "latitude" in said else None
        assert (row["outcome"], row["latitude_micro"]) == (outcome, micro)
    assert len({(row["chunk_id"], row["line"]) for row in rows}) == 7
    check_clean(rows)


def check_clean(raw: list[dict[str, Any]]) -> None:
    """What is equal in every field is one row."""
    rows = [row for row in table("clean_user_activity") if row["day"] == DAY]
    ann, bob = hidden("device", DEVICES[0]), hidden("device", DEVICES[2])
    here, there = (hidden("place", place) for place in PLACES)
    columns = ("user_id", "device_id", "ip_location", "country", "outcome", "failed", "told")
    assert sorted(tuple(row[name] for name in columns) for row in rows) == sorted(
        [
            ("ann", ann, here, "DE", "not told", False, 3),
            ("ann", ann, here, "DE", "failed", True, 1),
            ("ann", ann, there, "DE", "not told", False, 1),
            ("bob", bob, here, None, "succeeded", False, 1),
        ]
    )
    assert sorted(row["number"] for row in rows if row["user_id"] == "ann") == [1, 2, 3]
    assert sum(row["told"] for row in rows) == len([row for row in raw if row["day"] == DAY])


def test_an_erasure_leaves_rows_that_nobody_can_turn_back() -> None:
    feed(CHUNKS)
    before = {name: table(name) for name in ("raw_user_activity", "clean_user_activity")}
    receipt = erase(DEVICES[0], kind="device", by="omar", reason="ticket 4712")
    assert {name: table(name) for name in before} == before
    assert receipt.pseudonyms == [hidden("device", DEVICES[0])]
    assert not any(lake().exists(path) for path in receipt.bytes_removed)
    with transaction() as conn:
        left = conn.execute("select count(*) as n from vault where pseudonym = any(%s)", [receipt.pseudonyms])
        assert left.fetchone() == {"n": 0}
    assert not [value for value in (*DEVICES, *PLACES) if value in str(before)]
