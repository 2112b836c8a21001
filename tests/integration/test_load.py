"""Load on a real Postgres and S3: both layouts, nothing overwritten, a retry writes the same bytes."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from include.errors import VigilError
from include.lake import Bucket, Page
from include.lake import bucket as s3
from include.settings import Settings
from include.stages import export
from include.stages.load import load
from include.store.connection import transaction
from tests.ledger import CUT, DAYS, child, dei_needed, detected, new_run

pytestmark = pytest.mark.usefixtures("database", "bucket")

Configure = Callable[..., Settings]
HEADER = ["YStartTime", "detectionTime", "patternId", "actionType", "customerName", "merchantId"]
NOTHING: dict[str, list[Any]] = {"child": [], "dei_needed": [], "upgrade": []}
TABLES = ("detections", "detection_history", "exports", "evaluations")


def keys(prefix: str = "output_detections/") -> list[str]:
    return [found.key for page in s3().pages(prefix) for found in page.objects]


def content(key: str) -> bytes:
    return b"".join(s3().blocks(key))


def rows(key: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content(key).decode())))


def stored() -> dict[str, list[Any]]:
    with transaction() as conn:
        return {name: conn.execute(f"select * from {name} order by 1, 2").fetchall() for name in TABLES}


def test_a_run_exports_what_it_opened() -> None:
    started = datetime(2026, 2, 1, 20, 30, 15, 1234, tzinfo=UTC)
    run = new_run(started_at=started)
    detected(run, NOTHING | {"child": [child("C2"), child("C1")], "dei_needed": [dei_needed("M7")]})
    figures = load(run.run_id)
    key = "output_detections/2026-02-02T02-00-15.001234/detection_0.csv"
    assert figures["opened"] == {"child": 2, "dei_needed": 1, "upgrade": 0}
    assert (figures["files"], figures["superseded"]) == ([key], [])
    assert keys() == [key, "output_detections/current.csv"]
    header, *lines = rows(key)
    assert header == HEADER
    with transaction() as conn:
        found = conn.execute("select distinct recorded_at from detections").fetchall()
    assert len(found) == 1, "one time for the whole load"
    times = {(line[0], datetime.fromisoformat(line[1])) for line in lines}
    assert times == {("2026-02-02 02:00:15.001234+05:30", found[0]["recorded_at"])}
    assert all(line[1].endswith("+05:30") for line in lines)
    assert [line[2:] for line in lines] == [
        ["PatId2", "CHILD", "C1", "M1"],
        ["PatId2", "CHILD", "C2", "M1"],
        ["PatId3", "DEI-NEEDED", "", "M7"],
    ]
    assert content("output_detections/current.csv") == content(key)


@pytest.mark.parametrize(("count", "sizes"), [(49, [49]), (50, [50]), (51, [50, 1]), (101, [50, 50, 1])])
def test_at_most_fifty_rows_a_file(count: int, sizes: list[int]) -> None:
    run = new_run()
    detected(run, {"child": [child(f"C{i:03}") for i in range(count)]})
    files = load(run.run_id)["files"]
    assert [len(rows(key)) - 1 for key in files] == sizes
    names = [line[4] for key in files for line in rows(key)[1:]]
    assert names == sorted(f"C{i:03}" for i in range(count))
    assert len(rows("output_detections/current.csv")) == 1 + count


def test_each_detection_is_exported_once() -> None:
    cuts = [(CUT, "A"), (CUT + timedelta(1), "AB"), (CUT + timedelta(2), "B"), (CUT + timedelta(2), "AB")]
    files = []
    for seq, (cut, names) in enumerate(cuts):
        run = new_run()
        detected(run, {"child": [child(name) for name in names]}, cut=cut, through_seq=seq)
        figures = load(run.run_id)
        files.append([line[4] for key in figures["files"] for line in rows(key)[1:]])
    assert figures["reopened"] == {"child": 1}
    assert files == [["A"], ["B"], [], []]
    assert [line[4] for line in rows("output_detections/current.csv")[1:]] == ["A", "B"]


def test_current_has_only_what_is_open() -> None:
    for seq, names in enumerate(("ABC", "C")):
        run = new_run()
        found = {"child": [child(name) for name in names]}
        detected(run, found, cut=CUT + timedelta(seq), through_seq=seq)
        load(run.run_id)
    assert [line[4] for line in rows("output_detections/current.csv")[1:]] == ["C"]


def test_flat_numbers_go_on_after_the_store_and_after_s3(configure: Configure) -> None:
    configure(export_layout="flat", export_rows=1)
    s3().put("output_detections/detection_7.csv", b"another program's")
    s3().put("output_detections/detection_12.csv.bak", b"not a file of ours")
    s3().put("output_detections/detection_20260101123000.csv", b"a time, not a number")
    for seq, names in enumerate(("AB", "ABC")):
        run = new_run()
        detected(run, {"child": [child(name) for name in names]}, through_seq=seq)
        load(run.run_id)
    assert content("output_detections/detection_7.csv") == b"another program's"
    found = {key: rows(f"output_detections/detection_{key}.csv")[1][4] for key in (8, 9, 10)}
    assert found == {8: "A", 9: "B", 10: "C"}
    s3().client.delete_object(Bucket=s3().name, Key="output_detections/detection_10.csv")
    run = new_run()
    detected(run, {"child": [child(name) for name in "ABCD"]}, through_seq=5)
    assert load(run.run_id)["files"] == ["output_detections/detection_11.csv"], "the store remembers 10"


def test_flat_keeps_experiments_apart(configure: Configure) -> None:
    configure(export_layout="flat")
    for profile in ("default", "sample", "default~0a1b2c3d"):
        run = new_run(profile=profile)
        detected(run, {"child": [child(profile)]})
        load(run.run_id)
    experiment = "output_detections/profiles/default~0a1b2c3d"
    assert keys() == [
        "output_detections/current.csv",
        "output_detections/detection_0.csv",
        f"{experiment}/current.csv",
        f"{experiment}/detection_0.csv",
        "output_detections/profiles/sample/current.csv",
        "output_detections/profiles/sample/detection_0.csv",
    ]
    assert rows("output_detections/current.csv")[1][4] == "default"
    assert rows(f"{experiment}/current.csv")[1][4] == "default~0a1b2c3d"


def test_runs_of_any_profile_have_their_folder() -> None:
    run = new_run(profile="default~0a1b2c3d", started_at=datetime(2026, 2, 1, tzinfo=UTC))
    detected(run, {"child": [child("A")]})
    assert load(run.run_id)["files"] == ["output_detections/2026-02-01T05-30-00.000000/detection_0.csv"]
    assert keys("output_detections/profiles/") == ["output_detections/profiles/default~0a1b2c3d/current.csv"]


class Killed(BaseException):
    """What a kill looks like from inside: nothing after it runs."""


def die(*_: object) -> None:
    raise Killed


@pytest.mark.parametrize("layout", ["runs", "flat"])
@pytest.mark.parametrize("when", ["before the first upload", "after an upload, before its mark"])
def test_killed_between_commit_and_upload(
    configure: Configure, monkeypatch: pytest.MonkeyPatch, layout: str, when: str
) -> None:
    configure(export_layout=layout, export_rows=1)
    run = new_run()
    detected(run, {"child": [child(name) for name in "ABC"]})
    with monkeypatch.context() as patch:
        patch.setattr(export, "_put_new" if when.startswith("before") else "mark_uploaded", die)
        with pytest.raises(Killed):
            load(run.run_id)
    left = {key: content(key) for key in keys()}
    assert len(left) == (0 if when.startswith("before") else 1)
    before = stored()
    files = load(run.run_id)["files"]
    assert keys() == sorted([*files, "output_detections/current.csv"])
    assert [rows(key)[1][4] for key in files] == ["A", "B", "C"]
    assert all(content(key) == data for key, data in left.items()), "the same bytes"
    after = stored()
    assert after["detections"] == before["detections"]
    assert all(row["uploaded_at"] for row in after["exports"])


def test_a_run_uploads_what_a_dead_one_left(monkeypatch: pytest.MonkeyPatch) -> None:
    dead, run = new_run(), new_run()
    detected(dead, {"child": [child("A")]})
    with monkeypatch.context() as patch:
        patch.setattr("include.stages.load.upload", lambda run_id: None)
        (key,) = load(dead.run_id)["files"]
    assert keys() == []
    detected(run, {"child": [child("A")]}, through_seq=2)
    load(run.run_id)
    assert rows(key)[1][4] == "A"


def test_a_repeated_load_changes_nothing() -> None:
    run = new_run()
    detected(run, {"child": [child("A")]})
    figures = load(run.run_id)
    before, objects = stored(), {key: content(key) for key in keys()}
    assert load(run.run_id) == figures
    assert stored() == before
    assert {key: content(key) for key in keys()} == objects


def test_a_taken_key_is_left_alone_and_another_number_found(monkeypatch: pytest.MonkeyPatch) -> None:
    run = new_run()
    detected(run, {"child": [child("A")]})
    with monkeypatch.context() as patch:
        patch.setattr("include.stages.load.upload", lambda run_id: None)
        (key,) = load(run.run_id)["files"]
    s3().put(key, b"somebody was faster")
    with monkeypatch.context() as patch:
        patch.setattr(export, "mark_uploaded", die)
        with pytest.raises(Killed):
            load(run.run_id)
    load(run.run_id)
    assert content(key) == b"somebody was faster"
    assert keys() == [key, key.replace("_0", "_1"), "output_detections/current.csv"]
    assert rows(key.replace("_0", "_1"))[1][4] == "A"
    assert stored()["detections"][0]["export_number"] == 1


def test_a_file_that_appears_after_the_look_is_not_overwritten(
    configure: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        configure(s3_endpoint=f"http://{host}:{port}", s3_access_key="key", s3_secret_key="secret")
        s3().client.create_bucket(Bucket=s3().name)
        s3().put("taken.csv", b"somebody was faster")
        looks: list[str] = []
        look = Bucket.pages

        def late(target: Bucket, prefix: str) -> Iterator[Page]:
            looks.append(prefix)
            return iter(()) if len(looks) == 1 else look(target, prefix)

        monkeypatch.setattr(Bucket, "pages", late)
        assert export._put_new("taken.csv", b"ours") is False
        assert looks == ["taken.csv", "taken.csv"], "the server refused, so it was looked again"
        assert content("taken.csv") == b"somebody was faster"
        assert export._put_new("free.csv", b"ours") is True
        assert content("free.csv") == b"ours"
    finally:
        server.stop()


def test_a_dry_run_tells_and_changes_nothing() -> None:
    run = new_run()
    detected(run, {"child": [child("A"), child("B")]})
    load(run.run_id)
    before, objects = stored(), {key: content(key) for key in keys()}
    dry = new_run(dry_run=True)
    detected(dry, {"child": [child("B"), child("C")]}, cut=CUT + timedelta(1), through_seq=1)
    figures = load(dry.run_id)
    changes = [figures[name]["child"] for name in ("opened", "refreshed", "ended", "retracted", "reopened")]
    assert changes == [1, 1, 1, 0, 0]
    assert figures["files"] == []
    assert stored() == before
    assert {key: content(key) for key in keys()} == objects


def test_no_data_at_all() -> None:
    run = new_run()
    detected(run, {})
    assert load(run.run_id)["files"] == []
    assert rows("output_detections/current.csv") == [HEADER]


def test_detect_must_have_been_published() -> None:
    with pytest.raises(VigilError, match="its detect stage has not been published"):
        load(new_run().run_id)


def test_rows_that_the_ledger_does_not_know_are_refused() -> None:
    run = new_run()
    detected(run, {"child": [child("A")]})
    with transaction() as conn:
        conn.execute("update evaluations set holds = 2")
    with pytest.raises(VigilError, match="has 1 rows; the ledger says that 2 hold"):
        load(run.run_id)
    assert stored()["detections"] == []


def test_names_that_need_quoting() -> None:
    run = new_run()
    name = 'C"1",\nüß'
    detected(run, {"child": [child(name, merchant="M,1")]})
    (key,) = load(run.run_id)["files"]
    assert rows(key)[1][4:] == [name, "M,1"]


def test_evidence_is_kept_as_found() -> None:
    run = new_run()
    detected(run, {"child": [child("A", transactions=83)]})
    load(run.run_id)
    (row,) = stored()["detections"]
    assert row["evidence"] == {"transactions": 83, "amount_minor": 166000}
    assert row["entity"] == {"customer": "A", "merchant": "M1"}
    assert (row["first_day"], row["last_day"]) == tuple(DAYS.values())
    assert row["parameters"] == run.scope.parameters["child"]
