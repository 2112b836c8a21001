"""Landing against a real Postgres, and two S3 servers that differ (rclone's and moto's)."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

import include.stages.land as land_module
from include.errors import LandError, Superseded
from include.lake import Bucket, lake
from include.lake import bucket as open_bucket
from include.stages.land import ends_here, land
from include.stages.pending import pending
from include.store.chunks import ChunkVerdict, chunks_of, record_aggregated, record_checked, redrive
from include.store.connection import fetch_all, transaction
from include.store.runs import finish_run
from tests.integration.ledger import objects_in_ledger, open_test_run

PREFIX = "transaction_chunks/"
DATASET = "transactions"


@pytest.fixture(scope="module")
def moto_server() -> Iterator[str]:
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(params=["rclone", "moto"])
def box(request: pytest.FixtureRequest, database: str, configure: Any) -> Bucket:
    """An empty bucket on each server; objects settle at once, so that no test has to wait."""
    if request.param == "rclone":
        request.getfixturevalue("bucket")
    else:
        endpoint = request.getfixturevalue("moto_server")
        configure(
            s3_endpoint=endpoint, s3_access_key="key", s3_secret_key="secret", bucket=f"b-{uuid4().hex}"
        )
        open_bucket().client.create_bucket(Bucket=open_bucket().name)
    configure(settle_seconds=0)
    return open_bucket()


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def lands(**bounds: int) -> dict[str, Any]:
    return land(open_test_run(**bounds))


def test_lands_bytes_under_their_hash_in_order(box: Bucket) -> None:
    for number in (1, 2, 10):
        box.put(f"{PREFIX}chunk_{number}.csv", f"step\n{number}\n".encode())
    run = open_test_run()
    figures = land(run)
    assert [c["key"] for c in figures["chunks"]] == [f"{PREFIX}chunk_{n}.csv" for n in (1, 2, 10)]
    assert figures["landed"] == 3 and not figures["more"] and figures["adopted"] == []
    for number, chunk in zip((1, 2, 10), figures["chunks"], strict=True):
        data = f"step\n{number}\n".encode()
        assert chunk["chunk_id"] == sha(data) and chunk["bytes"] == len(data)
        assert Path(lake().path(lake().chunk_path(DATASET, sha(data)))).read_bytes() == data
    with transaction() as conn:
        assert [c.first_key for c in chunks_of(conn, run, "landed")] == [c["key"] for c in figures["chunks"]]
    assert len(pending(DATASET)) == 0
    assert land(run) == figures, "a published stage gives its figures again"


def test_more_than_a_page_of_objects(database: str, bucket: str, configure: Any) -> None:
    configure(settle_seconds=0)
    box = open_bucket()
    for number in range(1003):
        box.put(f"{PREFIX}chunk_{number}.csv", b"%d" % number)
    assert len(pending(DATASET)) == 1003


@pytest.mark.parametrize(
    "key",
    [
        "_SUCCESS",
        "_chunk_1.csv",
        ".chunk_1.csv",
        "chunk_1.txt",
        "chunk_1.csv.partial",
        "deeper/chunk_1.csv",
        "chunk_1.csv/part-0/x",
        "chunk_1.csv/_part-0",
        "_tmp.csv/part-0",
        "chunk_1.csv/notes.csv",
        "chunk.csvx",
    ],
)
def test_ignores_other_names(box: Bucket, key: str) -> None:
    box.put(f"{PREFIX}keep.csv.gz", b"1")
    box.put(f"{PREFIX.rstrip('/')}_other/chunk_1.csv", b"2")
    box.put(PREFIX + key, b"3")
    assert [o.key for o in pending(DATASET).objects] == [f"{PREFIX}keep.csv.gz"]


def test_the_same_bytes_again_only_count(box: Bucket) -> None:
    box.put(f"{PREFIX}a.csv", b"same")
    box.put(f"{PREFIX}b.csv", b"same")
    first = lands()
    assert (first["landed"], first["duplicate"], len(first["chunks"])) == (1, 1, 1)
    box.put(f"{PREFIX}c.csv", b"same")
    second = lands()
    assert (second["landed"], second["duplicate"], second["chunks"]) == (0, 1, [])
    with transaction() as conn:
        assert fetch_all(conn, "chunks/known", dataset=DATASET, chunk_ids=[sha(b"same")])
        row = conn.execute("select deliveries, first_key, tries from chunks").fetchall()
    assert row == [{"deliveries": 3, "first_key": f"{PREFIX}a.csv", "tries": 1}]


def assert_leads_on(incident: dict[str, Any], fingerprint: str) -> None:
    """Its fingerprint begins like that, and its body says where to read on."""
    assert incident["fingerprint"].startswith(fingerprint)
    assert (Path(__file__).parents[2] / incident["body"]["runbook"]).exists()
    assert "/dags/test/runs/" in incident["body"]["airflow_run"]


def later_version(box: Bucket, key: str, data: bytes) -> None:
    """Puts the object again so that its listed version differs, whatever the server's resolution of time."""
    before = box.head(key)
    for _ in range(1000):
        box.put(key, data)
        if box.head(key) != before:
            return
    raise AssertionError("the server gives one version to many writes")


def test_the_same_name_with_the_same_bytes_is_a_duplicate(box: Bucket) -> None:
    box.put(f"{PREFIX}a.csv", b"same")
    lands()
    later_version(box, f"{PREFIX}a.csv", b"same")
    assert lands()["duplicate"] == 1
    assert [o["replaces"] for o in objects_in_ledger()] == [False, False]


def test_a_replaced_object_is_a_new_chunk(box: Bucket) -> None:
    box.put(f"{PREFIX}a.csv", b"old")
    lands()
    later_version(box, f"{PREFIX}a.csv", b"new!")
    figures = lands()
    assert [c["chunk_id"] for c in figures["chunks"]] == [sha(b"new!")]
    assert [(o["chunk_id"], o["replaces"]) for o in objects_in_ledger()] == [
        (sha(b"old"), False),
        (sha(b"new!"), True),
    ]


def test_empty_and_too_large_objects_are_settled_unread(box: Bucket, configure: Any) -> None:
    configure(max_object_bytes=10)
    box.put(f"{PREFIX}empty.csv", b"")
    box.put(f"{PREFIX}large.csv", b"x" * 11)
    box.put(f"{PREFIX}fits.csv", b"x" * 10)
    figures = lands(max_chunks=1)
    assert (figures["empty"], figures["too_large"], figures["landed"]) == (1, 1, 1)
    with transaction() as conn:
        incidents = conn.execute("select * from incidents").fetchall()
    assert [i["kind"] for i in incidents] == ["refused_object"] and "large.csv" in incidents[0]["title"]
    assert_leads_on(incidents[0], "refused_object:transactions:transaction_chunks/large.csv:")
    assert len(pending(DATASET)) == 0 and lands()["too_large"] == 0


def test_a_young_object_is_still_being_written(box: Bucket, configure: Any) -> None:
    configure(settle_seconds=3600)
    box.put(f"{PREFIX}a.csv", b"half")
    assert len(pending(DATASET)) == 0 and pending(DATASET).unsettled == 1
    figures = lands()
    assert (figures["landed"], figures["unsettled"], objects_in_ledger()) == (0, 1, [])
    configure(settle_seconds=0)
    assert lands()["landed"] == 1


@pytest.mark.parametrize(("age", "settled"), [(-3, True), (0, False), (1.9, False), (2.0, True), (9e6, True)])
def test_age_is_told_by_the_servers_clock(
    box: Bucket, configure: Any, monkeypatch: pytest.MonkeyPatch, age: float, settled: bool
) -> None:
    configure(settle_seconds=2)
    box.put(f"{PREFIX}a.csv", b"data")
    pages = Bucket.pages

    def shifted(self: Bucket, prefix: str) -> Iterator[Any]:
        for page in pages(self, prefix):
            yield replace(page, server_time=page.objects[0].last_modified + timedelta(seconds=age))

    monkeypatch.setattr(Bucket, "pages", shifted)
    assert len(pending(DATASET)) == settled


@pytest.mark.parametrize("change", ["replaced", "deleted", "grown"])
def test_what_changes_while_it_is_read_is_released(
    box: Bucket, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    key = f"{PREFIX}a.csv"
    box.put(key, b"first")
    blocks = Bucket.blocks

    def meddle(self: Bucket, name: str) -> Iterator[bytes]:
        yield from blocks(self, name)
        if change == "deleted":
            box.client.delete_object(Bucket=box.name, Key=key)
        else:
            box.put(key, b"other" if change == "replaced" else b"first and more")

    monkeypatch.setattr(Bucket, "blocks", meddle)
    figures = lands()
    assert (figures["landed"], figures["unsettled"], objects_in_ledger()) == (0, 1, [])
    monkeypatch.undo()


def test_an_object_that_vanished_before_it_was_read_is_released(
    box: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    box.put(f"{PREFIX}gone.csv", b"gone")
    box.put(f"{PREFIX}here.csv", b"here")
    claim = land_module.claim

    def and_vanish(*arguments: Any) -> Any:
        claims = claim(*arguments)
        box.client.delete_object(Bucket=box.name, Key=f"{PREFIX}gone.csv")
        return claims

    monkeypatch.setattr(land_module, "claim", and_vanish)
    figures = lands()
    assert [c["key"] for c in figures["chunks"]] == [f"{PREFIX}here.csv"]
    assert [o["key"] for o in objects_in_ledger()] == [f"{PREFIX}here.csv"]


def test_a_folder_lands_once_its_marker_is_there(box: Bucket, configure: Any) -> None:
    configure(folder_settle_seconds=3600)
    for part in range(3):
        box.put(f"{PREFIX}chunk_0.csv/part-{part}", b"part %d" % part)
    assert len(pending(DATASET)) == 0 and pending(DATASET).unsettled == 3
    box.put(f"{PREFIX}chunk_0.csv/_SUCCESS", b"")
    assert lands()["landed"] == 3


def test_a_folder_without_marker_lands_once_no_part_came_for_a_while(box: Bucket, configure: Any) -> None:
    box.put(f"{PREFIX}chunk_0.csv/part-0", b"part")
    configure(folder_settle_seconds=3600)
    assert len(pending(DATASET)) == 0
    configure(folder_settle_seconds=0)
    assert len(pending(DATASET)) == 1


def test_bounds(box: Bucket) -> None:
    for number in range(5):
        box.put(f"{PREFIX}chunk_{number}.csv", b"%d" % number * 10)
    first = lands(max_chunks=2)
    assert ([c["key"][-5:] for c in first["chunks"]], first["more"]) == (["0.csv", "1.csv"], True)
    second = lands(max_bytes=29)
    assert (second["landed"], second["more"]) == (2, True)
    third = lands(max_bytes=1)
    assert (third["landed"], third["more"]) == (1, False), "a single larger object goes alone"


def test_a_dry_run_claims_and_records_nothing(box: Bucket) -> None:
    box.put(f"{PREFIX}known.csv", b"known")
    lands()
    box.put(f"{PREFIX}again.csv", b"known")
    box.put(f"{PREFIX}new.csv", b"new")
    before = objects_in_ledger()
    figures = lands(dry_run=True)
    assert [c["chunk_id"] for c in figures["chunks"]] == [sha(b"new")]
    assert (figures["landed"], figures["duplicate"]) == (1, 1)
    assert objects_in_ledger() == before and len(pending(DATASET)) == 2
    assert Path(lake().path(lake().chunk_path(DATASET, sha(b"new")))).read_bytes() == b"new"


class Killed(BaseException):
    """Stands for a kill: nothing catches it."""


def kill_at(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    def killed(*_: Any, **__: Any) -> None:
        raise Killed

    monkeypatch.setattr(land_module, name, killed)


@pytest.mark.parametrize("where", ["claim", "_read_all", "_publish", "settle", "_figures"])
def test_killed_and_tried_again(box: Bucket, monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    box.put(f"{PREFIX}a.csv", b"a")
    box.put(f"{PREFIX}b.csv", b"b")
    run = open_test_run()
    with monkeypatch.context() as patch:
        kill_at(patch, where)
        with pytest.raises(Killed):
            land(run)
    figures = land(run)
    assert [c["chunk_id"] for c in figures["chunks"]] == [sha(b"a"), sha(b"b")]
    assert [o["outcome"] for o in objects_in_ledger()] == ["landed", "landed"]


@pytest.mark.parametrize("where", ["_read_all", "_publish"])
def test_claims_of_a_failed_run_are_taken_over(
    box: Bucket, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    box.put(f"{PREFIX}a.csv", b"a")
    dead = open_test_run(dag_run_id="dead")
    with monkeypatch.context() as patch:
        kill_at(patch, where)
        with pytest.raises(Killed):
            land(dead)
    assert len(pending(DATASET)) == 0 and lands()["landed"] == 0, "its run may still be at work"
    with transaction() as conn:
        finish_run(conn, dag_id="test", dag_run_id="dead", succeeded=False)
    assert len(pending(DATASET)) == 1
    assert lands()["landed"] == 1


@pytest.mark.parametrize(
    ("bounds", "taken"),
    [
        ({"max_bytes": 29}, 2),
        ({"max_bytes": 30}, 3),
        ({"max_bytes": 40}, 4),
        ({"max_bytes": 1}, 1),
        ({"max_chunks": 2}, 2),
    ],
)
def test_claims_of_failed_runs_count_for_the_bounds_like_new_objects(
    box: Bucket, monkeypatch: pytest.MonkeyPatch, bounds: dict[str, int], taken: int
) -> None:
    for number in range(3):
        box.put(f"{PREFIX}chunk_{number}.csv", b"%d" % number * 10)
    dead = open_test_run()
    with monkeypatch.context() as patch:
        kill_at(patch, "_read_all")
        with pytest.raises(Killed):
            land(dead)
    fail(dead)
    box.put(f"{PREFIX}chunk_3.csv", b"3" * 10)

    heir = open_test_run(**bounds)
    with monkeypatch.context() as patch:
        kill_at(patch, "_read_all")
        with pytest.raises(Killed):
            land(heir)
    figures = land(heir)  # what it claimed before counts once

    assert [c["key"][-5] for c in figures["chunks"]] == [str(number) for number in range(taken)]
    assert figures["more"] is (taken < 4)


def fail(run: int) -> None:
    with transaction() as conn:
        conn.execute("update runs set status = 'failed' where run_id = %s", [run])


def test_chunks_of_failed_runs_are_adopted_first_and_held_after_three_tries(box: Bucket) -> None:
    box.put(f"{PREFIX}a.csv", b"a")
    runs = [open_test_run(max_chunks=1)]
    assert land(runs[0])["landed"] == 1
    box.put(f"{PREFIX}b.csv", b"b")
    for _ in range(2):
        fail(runs[-1])
        assert pending(DATASET).leftovers == 1
        runs.append(open_test_run(max_chunks=1))
        figures = land(runs[-1])
        assert (figures["adopted"], figures["landed"], figures["more"]) == ([sha(b"a")], 0, True)
        assert [c["chunk_id"] for c in figures["chunks"]] == [sha(b"a")]
    with transaction() as conn, pytest.raises(Superseded):
        record_checked(conn, runs[0], [ChunkVerdict(sha(b"a"), "unreadable")])
    fail(runs[-1])
    figures = lands(max_chunks=1)
    assert (figures["adopted"], figures["landed"]) == ([], 1)
    with transaction() as conn:
        held = conn.execute("select chunk_id, tries, reason from chunks where status = 'held'").fetchall()
        incidents = conn.execute("select * from incidents").fetchall()
    assert [(h["chunk_id"], h["tries"]) for h in held] == [(sha(b"a"), 3)] and "3 runs" in held[0]["reason"]
    assert [i["kind"] for i in incidents] == ["held"]
    assert_leads_on(incidents[0], f"held:transactions:{sha(b'a')}:{runs[-1]}")


def test_a_silent_run_loses_its_chunks_when_its_lease_is_over(box: Bucket) -> None:
    box.put(f"{PREFIX}a.csv", b"a")
    silent = open_test_run()
    land(silent)
    assert lands()["adopted"] == []
    with transaction() as conn:
        conn.execute("update runs set lease_until = now() - interval '1 second' where run_id = %s", [silent])
    assert lands()["adopted"] == [sha(b"a")]


def test_adopted_checked_chunks_keep_what_check_found(box: Bucket) -> None:
    box.put(f"{PREFIX}a.csv", b"a")
    run = open_test_run()
    land(run)
    with transaction() as conn:
        record_checked(
            conn,
            run,
            [ChunkVerdict(sha(b"a"), "checked", None, 3, 2, 1, 0, 0, events_path="events/x")],
        )
    fail(run)
    heir = open_test_run()
    land(heir)
    with transaction() as conn:
        assert [c.events_path for c in chunks_of(conn, heir, "checked")] == ["events/x"]
        assert record_aggregated(conn, heir, DATASET, [sha(b"a")]) == 1
    assert pending(DATASET).leftovers == 0


def test_a_run_that_lands_nothing_ends_there_until_something_was_published(box: Bucket) -> None:
    assert ends_here(DATASET, lands())
    box.put(f"{PREFIX}a.csv", b"a")
    run = open_test_run()
    assert not ends_here(DATASET, land(run))
    assert ends_here(DATASET, lands())
    with transaction() as conn:
        record_checked(conn, run, [ChunkVerdict(sha(b"a"), "checked", None, 1, 1, 0, 0, 0)])
        record_aggregated(conn, run, DATASET, [sha(b"a")])
    assert not ends_here(DATASET, lands())
    assert ends_here("importance", land(open_test_run(dataset="importance")))


def test_held_chunks_can_be_driven_through_again(box: Bucket) -> None:
    for body in (b"held", b"unreadable", b"good"):
        box.put(f"{PREFIX}{body.decode()}.csv", body)
    run = open_test_run()
    land(run)
    verdicts = [
        ChunkVerdict(sha(b"held"), "held", "mix", 3, 0, 1, 0, 2, events_path="events/x"),
        ChunkVerdict(sha(b"unreadable"), "unreadable", "bad_header"),
        ChunkVerdict(sha(b"good"), "checked", None, 3, 3, 0, 0, 0),
    ]
    with transaction() as conn:
        record_checked(conn, run, verdicts)
        record_aggregated(conn, run, DATASET, [sha(b"good")])
        assert redrive(conn, DATASET) == [], "its run is still at work"
        assert len(pending(DATASET)) == 0
    fail(run)
    with transaction() as conn:
        assert redrive(conn, "importance") == []
        assert redrive(conn, DATASET, sha(b"held")[:12]) == [sha(b"held")]
        assert redrive(conn, DATASET) == [sha(b"unreadable")]
    again = open_test_run()
    assert set(land(again)["adopted"]) == {sha(b"held"), sha(b"unreadable")}
    with transaction() as conn:
        waiting = chunks_of(conn, again, "landed")
    assert [(c.rows_in, c.reason, c.tries, c.events_path) for c in waiting] == [(None, None, 1, None)] * 2


def answering(monkeypatch: pytest.MonkeyPatch, key: str, code: str, status: int) -> None:
    """From now on the server gives this error to whoever reads the key; these servers know no rights."""
    from botocore.exceptions import ClientError

    blocks = Bucket.blocks

    def answer(self: Bucket, asked: str) -> Iterator[bytes]:
        if asked == key:
            said: Any = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
            raise ClientError(said, "GetObject")
        return blocks(self, asked)

    monkeypatch.setattr(Bucket, "blocks", answer)


@pytest.mark.parametrize("code", ["AccessDenied", "InvalidObjectState"])
def test_an_object_that_the_server_refuses_is_settled_and_the_others_land(
    box: Bucket, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    box.put(f"{PREFIX}a.csv", b"a")
    box.put(f"{PREFIX}b.csv", b"b")
    with monkeypatch.context() as patch:
        answering(patch, f"{PREFIX}a.csv", code, 403)
        figures = lands()
    assert (figures["refused"], figures["landed"], figures["unsettled"]) == (1, 1, 0)
    assert {o["key"][-5]: o["outcome"] for o in objects_in_ledger()} == {"a": "refused", "b": "landed"}
    with transaction() as conn:
        (incident,) = conn.execute("select * from incidents").fetchall()
    assert (incident["kind"], incident["body"]["code"]) == ("refused_object", code)
    assert_leads_on(incident, f"refused_object:transactions:{PREFIX}a.csv:")
    assert incident["body"]["rerun"] == "make feed DATASET=transactions FILE=a.csv"
    assert len(pending(DATASET)) == 0, "this version is settled"
    later_version(box, f"{PREFIX}a.csv", b"a")
    again = lands()
    assert (again["refused"], again["landed"]) == (0, 1)


@pytest.mark.parametrize(
    ("code", "status"), [("InternalError", 500), ("SlowDown", 503), ("InvalidAccessKeyId", 403)]
)
def test_an_error_that_is_not_the_objects_own_fails_clearly(
    box: Bucket, monkeypatch: pytest.MonkeyPatch, code: str, status: int
) -> None:
    box.put(f"{PREFIX}a.csv", b"a")
    answering(monkeypatch, f"{PREFIX}a.csv", code, status)
    with pytest.raises(LandError, match=r"a\.csv is listed, but cannot be read"):
        lands()
    assert [o["outcome"] for o in objects_in_ledger()] == ["claimed"]


@given(seed=st.integers(0, 10_000))
@hypothesis_settings(max_examples=4)
def test_any_order_and_repetition_of_deliveries_balances(box: Bucket, seed: int) -> None:
    """Whatever arrives in whatever order, twice, runs failing: equal bytes are one chunk, once."""
    dice, tag = random.Random(seed), uuid4().hex
    bodies = [f"{tag} {n}".encode() for n in range(dice.randint(1, 6))]
    deliveries = [*bodies, *dice.choices(bodies, k=dice.randint(0, 6))]
    dice.shuffle(deliveries)
    outcomes = {"landed": 0, "duplicate": 0}
    for number, data in enumerate(deliveries):
        box.put(f"{PREFIX}{tag}_{number}.csv", data)
        if dice.random() < 0.4:
            run = open_test_run(max_chunks=dice.randint(1, 3))
            figures = land(run)
            for outcome in outcomes:
                outcomes[outcome] += figures[outcome]
            fail(run)
    while len(pending(DATASET).objects):
        figures = land(open_test_run())
        for outcome in outcomes:
            outcomes[outcome] += figures[outcome]
    assert outcomes == {"landed": len(bodies), "duplicate": len(deliveries) - len(bodies)}
    with transaction() as conn:
        rows = conn.execute("select chunk_id, deliveries from chunks").fetchall()
    counted = {row["chunk_id"]: row["deliveries"] for row in rows}
    assert {sha(b): deliveries.count(b) for b in bodies}.items() <= counted.items()
