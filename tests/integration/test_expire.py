"""Expire on a real ledger, lake and S3: what is old goes, marked first; what is still needed stays."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from include.lake import Lake, lake
from include.lake import bucket as s3
from include.settings import Settings, get_settings
from include.stages.collect import collect
from include.stages.expire import expire
from include.stages.load import load
from include.store.attempts import publish_attempt, start_attempt
from include.store.connection import transaction
from include.store.removals import taken_away
from include.store.retention import named_paths
from tests.ageing import days_pass
from tests.integration.ledger import open_test_run
from tests.ledger import CUT, child, detected, new_run

pytestmark = pytest.mark.usefixtures("database")

Configure = Callable[..., Settings]
LEASE = 1.0 / 24


@pytest.fixture(autouse=True)
def all_for_ever(configure: Configure) -> None:
    """A test sets the days of what it is about."""
    kinds = ("chunks", "events", "quarantine", "state", "exports", "docs")
    configure(**{f"retention_{kind}_days": 0 for kind in kinds})


def write(path: str) -> str:
    file = Path(lake().path(path))
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"four")
    return path


def a_chunk(status: str = "aggregated", *, dry_run: bool = False) -> dict[str, str]:
    """A checked chunk as land and check leave it; gives its paths in the lake by kind."""
    run_id = open_test_run(dry_run=dry_run)
    chunk_id = f"{run_id:064}"
    with transaction() as conn:
        attempt = start_attempt(conn, run_id, "check")
    paths = {kind: f"{kind}/transactions/{attempt.folder}" for kind in ("events", "quarantine")}
    for path in paths.values():
        write(f"{path}/part-0")
    figures = {f"{kind}_path": path for kind, path in paths.items()}
    with transaction() as conn:
        publish_attempt(conn, attempt, figures, output=None, operations=[])
        conn.execute(
            "insert into chunks (dataset, chunk_id, bytes, first_key, status, run_id, rows_in, rows_loaded,"
            " rows_quarantined, rows_duplicate, rows_held, events_path, quarantine_path, seq, checked_at,"
            " aggregated_at)"
            " values ('transactions', %(id)s, 4, 'chunk.csv', %(status)s, %(run)s, 2, 1, 1, 0, 0, %(events)s,"
            " %(quarantine)s, %(seq)s, now(), %(aggregated)s)",
            {"id": chunk_id, "status": status, "run": run_id, **paths}
            | (
                {"seq": run_id, "aggregated": "now"}
                if status == "aggregated"
                else {"seq": None, "aggregated": None}
            ),
        )
    return paths | {"chunks": write(lake().chunk_path("transactions", chunk_id))}


def gone(path: str) -> bool:
    """Whether readers are told that it is gone."""
    with transaction() as conn:
        return bool(taken_away(conn, [path]))


KINDS = ("chunks", "events", "quarantine")


@pytest.mark.parametrize("kind", KINDS)
def test_old_files_are_marked_and_a_lease_later_deleted(kind: str, configure: Configure) -> None:
    paths = a_chunk()
    configure(**{f"retention_{kind}_days": 30})
    days_pass(29.9)
    assert expire() == {"deleted": {}, "marked": {}}
    days_pass(0.2)
    amount = {kind: {"paths": 1, "files": 1, "bytes": 4}}
    assert expire(dry_run=True) == {"deleted": {}, "marked": amount}
    assert not gone(paths[kind])
    assert expire() == {"deleted": {}, "marked": amount}
    assert gone(paths[kind])
    assert lake().exists(paths[kind]), "whoever reads it now may finish"
    days_pass(LEASE * 0.9)
    assert expire() == {"deleted": {}, "marked": {}}
    days_pass(LEASE * 0.2)
    assert expire(dry_run=True) == {"deleted": amount, "marked": {}}
    assert lake().exists(paths[kind])
    assert expire() == {"deleted": amount, "marked": {}}
    assert {name: lake().exists(path) for name, path in paths.items()} == {
        name: name != kind for name in KINDS
    }
    assert expire() == {"deleted": {}, "marked": {}}
    with transaction() as conn:
        row = conn.execute(
            "select setting, files, bytes from removals where removed_at is not null"
        ).fetchone()
        named = set(named_paths(conn))
    assert row == {"setting": f"VIGIL_RETENTION_{kind.upper()}_DAYS", "files": 1, "bytes": 4}
    assert named == {path for name, path in paths.items() if name != kind}


# status -> the kinds that go however old they are
STATUSES = {
    "aggregated": {"chunks", "events", "quarantine"},
    "checked": set(),
    "held": {"events"},
    "unreadable": {"events"},
    "landed": {"events", "quarantine"},
}


@pytest.mark.parametrize("status", STATUSES)
def test_what_a_chunk_still_needs_stays(status: str, configure: Configure) -> None:
    """A chunk that is landed again after a redrive has other folders to come; these are nobody's."""
    paths = a_chunk(status)
    configure(retention_chunks_days=1, retention_events_days=1, retention_quarantine_days=1)
    days_pass(400)
    assert set(expire()["marked"]) == STATUSES[status]
    assert {kind for kind, path in paths.items() if gone(path)} == STATUSES[status]


def test_a_dry_runs_folders_are_left_to_collect(configure: Configure) -> None:
    run_id = open_test_run(dry_run=True)
    with transaction() as conn:
        attempt = start_attempt(conn, run_id, "check")
        figures = {"events_path": write(f"events/transactions/{attempt.folder}"), "quarantine_path": None}
        publish_attempt(conn, attempt, figures, output=None, operations=[])
    configure(retention_events_days=1)
    days_pass(3)
    assert expire() == {"deleted": {}, "marked": {}}


def test_a_kill_at_any_moment_leaves_no_row_that_names_a_missing_file(
    configure: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    chunks = [a_chunk() for _ in range(3)]
    configure(retention_events_days=1, run_lease_seconds=1)
    days_pass(2)

    def consistent() -> None:
        with transaction() as conn:
            assert [path for path in named_paths(conn) if not lake().exists(path)] == []

    def killed(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    for where in (
        "include.stages.expire.mark",
        "include.stages.expire._remove",
        "include.stages.expire.done",
    ):
        with monkeypatch.context() as patch:
            patch.setattr(where, killed)
            with pytest.raises(KeyboardInterrupt):
                expire()
                days_pass(1)
                expire()
        consistent()
    deletions = iter([Lake.remove, killed])
    with monkeypatch.context() as patch:
        patch.setattr(Lake, "remove", lambda *arguments: next(deletions)(*arguments))
        with pytest.raises(KeyboardInterrupt):
            expire()
    consistent()
    expire()
    consistent()
    assert [lake().exists(chunk["events"]) for chunk in chunks] == [False] * 3
    assert all(lake().exists(chunk["quarantine"]) for chunk in chunks)


def test_bytes_that_come_again_after_their_time_are_collected(configure: Configure) -> None:
    path = a_chunk()["chunks"]
    kept = a_chunk("checked")["chunks"]
    configure(retention_chunks_days=1, run_lease_seconds=1)
    days_pass(10)
    expire()
    assert collect() == {}, "marked only: that is for expire to delete"
    days_pass(1)
    expire()
    write(path)  # as land does with another delivery
    assert collect() == {}
    days_pass(8)
    assert set(collect()) == {"chunks"}
    assert (lake().exists(path), lake().exists(kept)) == (False, True)


def test_evaluations_go_but_never_the_newest_loaded_one_of_a_cut(bucket: str, configure: Configure) -> None:
    def evaluated(cut: date, seq: int, *, loaded: bool = True) -> str:
        run = new_run()
        detected(run, {"child": [child(f"C{seq}")]}, cut=cut, through_seq=seq)
        if loaded:
            load(run.run_id)
        with transaction() as conn:
            row = conn.execute(
                "select path, dag_run_id from evaluations join runs using (run_id) where run_id = %s",
                (run.run_id,),
            ).fetchone()
            conn.execute("update runs set status = 'succeeded' where run_id = %s", (run.run_id,))
        assert row
        return str(row["path"])

    first = [evaluated(CUT, 1), evaluated(CUT, 2, loaded=False), evaluated(CUT, 2), evaluated(CUT, 2)]
    second = [evaluated(CUT + timedelta(1), 2), evaluated(CUT + timedelta(1), 3, loaded=False)]
    configure(retention_state_days=30)
    days_pass(31)
    young = [evaluated(CUT + timedelta(1), 4), evaluated(CUT + timedelta(1), 5)]
    assert expire()["marked"]["evaluations"]["paths"] == 4
    assert [gone(path) for path in first] == [True, False, True, False], "the second may yet be loaded"
    assert [gone(path) for path in second] == [True, True]
    assert [gone(path) for path in young] == [False, False]


def test_exported_files_go_and_their_numbers_are_not_given_again(bucket: str, configure: Configure) -> None:
    configure(export_layout="flat", retention_exports_days=30, run_lease_seconds=1)

    def exported(customer: str) -> list[str]:
        run = new_run()
        detected(run, {"child": [child(customer)]}, through_seq=run.run_id)
        files: list[str] = load(run.run_id)["files"]
        return files

    assert exported("A") == ["output_detections/detection_0.csv"]
    s3().put("output_detections/somebody_else.csv", b"x")
    days_pass(31)
    assert exported("B") == ["output_detections/detection_1.csv"]
    assert expire()["marked"]["exports"]["paths"] == 1
    days_pass(1)
    assert expire()["deleted"]["exports"]["files"] == 1
    assert [found.key for page in s3().pages("output_detections/") for found in page.objects] == [
        "output_detections/current.csv",
        "output_detections/detection_1.csv",
        "output_detections/somebody_else.csv",
    ]
    assert exported("C") == ["output_detections/detection_2.csv"]
    assert s3().head("output_detections/detection_0.csv") is None, "and no later load writes it again"


def test_pages_of_data_docs_go_and_leave_the_front_page(configure: Configure) -> None:
    from include.quality.data_docs import ChunkPage, DataDocs
    from include.quality.suite import load_suite

    docs = DataDocs(get_settings().home / "docs")
    page = ChunkPage("0" * 64, "chunk.csv", "checked", {"loaded": 1})
    docs.write("transactions", load_suite("transactions"), 1, 1, [page])
    days_pass(31)
    docs.write("transactions", load_suite("transactions"), 2, 1, [page])
    configure(retention_docs_days=30)
    assert set(expire(dry_run=True)["deleted"]) == {"docs"}
    assert (docs.folder / "validations/transactions/run-1").is_dir()
    assert expire()["deleted"]["docs"]["files"] == 3
    assert not (docs.folder / "validations/transactions/run-1").exists()
    front = (docs.folder / "index.html").read_text()
    assert ("run-2/" in front, "run-1/" in front) == (True, False)
    assert expire() == {"deleted": {}, "marked": {}}
