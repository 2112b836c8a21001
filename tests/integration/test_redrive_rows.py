"""Corrected rows on a real Postgres and lake: each once, whatever is repeated, killed or done at once."""

from __future__ import annotations

import csv
import gzip
import os
import shutil
import signal
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from threading import Barrier, Event
from typing import Any

import pytest

from include.datasets import contract
from include.errors import ConfigError
from include.lake import bucket, lake
from include.settings import get_settings
from include.spark_jobs import json_lines
from include.stages import redrive as redriving
from include.stages.corrections import Place
from include.stages.quarantine import COLUMNS, contents, write_rows
from include.stages.redrive import Redriven, redrive, redrive_chunks, redrive_rows
from include.store.chunks import adoptable
from include.store.connection import transaction
from include.store.figures import dataset_figures
from include.store.removals import mark
from include.store.report import quarantine_reasons
from tests.integration.ledger import open_test_run
from tests.quarantine import STEPS, corrections, quarantined, sha

pytestmark = pytest.mark.usefixtures("database")

DATASET = "transactions"


def correct(rows: Mapping[Place, str], **asked: Any) -> Redriven:
    return redrive_rows(DATASET, corrections(rows), "fixed.csv", **asked)


def landed(chunk_id: str, *, header: bool = False) -> list[bytes]:
    """The lines of a chunk of the lake, with its header or without."""
    data = Path(lake().path(lake().chunk_path(DATASET, chunk_id))).read_bytes()
    return gzip.decompress(data).splitlines()[0 if header else 1 :]


def ledger() -> dict[Place, Place]:
    """Every row that was corrected, and what it became."""
    with transaction() as conn:
        rows = conn.execute("select * from corrections").fetchall()
    return {(row["chunk_id"], row["line"]): (row["into_chunk"], row["into_line"]) for row in rows}


def waiting() -> list[dict[str, Any]]:
    """Chunks that the next run takes."""
    run_id = open_test_run()
    with transaction() as conn:
        found = [(one.chunk_id, one.tries, one.first_key) for one in adoptable(conn, DATASET, run_id)]
    return [{"chunk_id": chunk, "tries": tries, "key": key} for chunk, tries, key in found]


def written(folder: Path, **filters: str) -> list[dict[str, str]]:
    out = folder / "out" / "rows.csv"
    count, gone = write_rows(DATASET, out, **filters)
    with out.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert (count, gone) == (len(rows), [])
    return rows


def test_corrected_rows_land_as_one_chunk_for_the_next_run() -> None:
    a, b = quarantined("a", STEPS), quarantined("b", {7: ("bad_step", b"z")})
    done = correct({(b, 7): "3,'C3'", (a, 4): "2,'C2'"})
    (chunk,) = done.chunks
    assert (done.corrected, done.before, done.unchanged) == (2, {}, 0)
    assert waiting() == [{"chunk_id": chunk, "tries": 0, "key": f"corrections/{chunk[:12]}/fixed.csv"}]
    places = sorted([(b, 7), (a, 4)])
    assert ledger() == {place: (chunk, line) for line, place in enumerate(places, start=2)}
    assert landed(chunk) == [b"3,'C3'" if place == (b, 7) else b"2,'C2'" for place in places]


def test_the_originals_stay_and_the_ledger_says_how_many_were_corrected(tmp_path: Path) -> None:
    a = quarantined("a", STEPS)
    with transaction() as conn:
        before = conn.execute("select * from chunks").fetchall()
    correct({(a, 4): "2,'C2'"})
    with transaction() as conn:
        assert conn.execute("select * from chunks where chunk_id = %s", [a]).fetchall() == before
        figures = dataset_figures(conn)[DATASET]
        assert (figures.rows.quarantined, figures.corrected) == (3, 1)
        assert quarantine_reasons(conn, DATASET) == {"bad_step": 2, "blank_line": 1}
    counts = [(row.reason, row.rows, row.corrected) for row in contents(DATASET).rows]
    assert counts == [("bad_step", 2, 1), ("blank_line", 1, 0)]
    assert [row["line"] for row in written(tmp_path)] == ["2", "5"]


def test_the_same_and_overlapping_files_correct_each_row_once() -> None:
    a = quarantined("a", STEPS)
    first = correct({(a, 2): "1,'C1'"})
    assert correct({(a, 2): "1,'C1'"}) == Redriven([], 0, {first.chunks[0]: 1}, 0)
    assert correct({(a, 2): "9,'C9'"}).chunks == [], "another correction of the same row is none"
    second = correct({(a, 2): "1,'C1'", (a, 4): "2,'C2'"})
    assert (second.corrected, second.before) == (1, {first.chunks[0]: 1})
    assert [landed(chunk) for chunk in first.chunks + second.chunks] == [[b"1,'C1'"], [b"2,'C2'"]]
    assert len(waiting()) == 2


def test_equal_corrections_of_different_rows_are_different_events() -> None:
    a = quarantined("a", STEPS)
    chunks = [correct({(a, line): "1,'C1'"}).chunks for line in (2, 4)]
    assert chunks[0] != chunks[1]
    assert [one["chunk_id"] for one in waiting()] == sorted(
        chunks[0] + chunks[1], key=lambda c: c in chunks[1]
    )


def test_rows_of_files_with_another_order_of_columns_are_chunks_of_their_own() -> None:
    usual = contract(DATASET).columns
    a, b = quarantined("a", STEPS), quarantined("b", STEPS, columns=usual[::-1])
    done = correct({(a, 2): "1", (b, 2): "2", (a, 4): "3"})
    assert {tuple(landed(chunk)) for chunk in done.chunks} == {(b"1", b"3"), (b"2",)}
    headers = {tuple(landed(chunk)): landed(chunk, header=True)[0].decode() for chunk in done.chunks}
    assert headers == {(b"1", b"3"): ",".join(usual), (b"2",): ",".join(usual[::-1])}
    assert done.corrected == len(ledger()) == 3
    assert {one["chunk_id"] for one in waiting()} == set(done.chunks)


def test_a_row_whose_file_is_gone_is_not_corrected_blindly() -> None:
    a = quarantined("a", STEPS)
    shutil.rmtree(Path(lake().root) / "chunks")
    with pytest.raises(ConfigError, match=rf"the bytes of chunk {a} are not in the lake any more"):
        correct({(a, 2): "1,'C1'"})
    assert ledger() == {}


def test_rows_that_nobody_changed_stay_unless_they_are_asked_for(tmp_path: Path) -> None:
    a = quarantined("a", {2: ("bad_step", b"x"), 3: ("bad_encoding", b"1,caf\xe9"), 5: ("bad_step", b"q\rr")})
    rows = {(row["chunk_id"], int(row["line"])): row["raw"] for row in written(tmp_path)}
    assert rows == {(a, 2): "x", (a, 3): "1,caf�", (a, 5): "q\rr"}
    assert correct(rows) == Redriven([], 0, {}, 3)
    done = correct(rows | {(a, 2): "1"}, as_is=True)
    assert done.corrected == 3
    data = Path(lake().path(lake().chunk_path(DATASET, done.chunks[0]))).read_bytes()
    assert gzip.decompress(data).split(b"\n")[1:] == [b"1", b"1,caf\xe9", b"q\rr", b""], "byte for byte"


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ("1\n2", "line 3: raw has a line break; a row is one line"),
        ("1\r2", "line 3: raw has a line break"),
        ("  ", "line 3: raw is empty; leave a row that is not to be corrected out of the file"),
        ("2,caf�", "line 3: raw still has the mark"),
    ],
)
def test_a_correction_is_one_whole_line_of_text(raw: str, message: str) -> None:
    a = quarantined("a", {3: ("bad_encoding", b"1,caf\xe9")})
    with pytest.raises(ConfigError, match=message):
        correct({(a, 3): raw})
    assert ledger() == {}
    assert correct({(a, 3): "1,café"}).corrected == 1


def test_a_line_of_which_only_the_beginning_is_kept_cannot_go_through_as_it_is() -> None:
    a = quarantined("a", {3: ("line_too_long", b"1,cut")})
    with pytest.raises(ConfigError, match="line 3: only its beginning is kept"):
        correct({(a, 3): "1,cut"}, as_is=True)


def test_what_is_not_in_quarantine_is_named_and_nothing_is_corrected() -> None:
    a = quarantined("a", STEPS)
    chunks = {
        status: quarantined(status, STEPS, status=status) for status in ("landed", "checked", "unreadable")
    }
    gone, going = quarantined("gone", STEPS), quarantined("going", STEPS)
    with transaction() as conn:
        (path, marked) = conn.execute(
            "select quarantine_path from chunks where chunk_id in (%s, %s) order by chunk_id = %s",
            [gone, going, going],
        ).fetchall()
        mark(conn, "lake", [marked["quarantine_path"]], "VIGIL_RETENTION_QUARANTINE_DAYS")
    shutil.rmtree(lake().path(path["quarantine_path"]))
    for place, why in (
        ((sha("nowhere"), 2), "there is no such chunk"),
        ((a, 3), "that line of it was not quarantined"),
        ((chunks["landed"], 2), "the chunk is landed and on its way: wait until it is through"),
        ((chunks["checked"], 2), "the chunk is checked and on its way: wait until it is through"),
        ((chunks["unreadable"], 2), "unreadable as a whole: mend the file and land it again"),
        ((gone, 2), "its quarantined rows are not in the lake any more: see VIGIL_RETENTION_QUARANTINE_DAYS"),
        (
            (going, 2),
            "its quarantined rows are not in the lake any more: see VIGIL_RETENTION_QUARANTINE_DAYS",
        ),
    ):
        with pytest.raises(ConfigError, match=rf"chunk {place[0]}, line {place[1]} \(.*{why}\)"):
            correct({(a, 2): "1,'C1'", place: "1,'C1'"})
    with pytest.raises(ConfigError, match=r"line 104 \(.*; and 2 more\. Nothing was corrected"):
        correct({(a, line): "1,'C1'" for line in range(100, 107)})
    assert ledger() == {}
    assert waiting() == [
        {"chunk_id": chunks[s], "tries": 1, "key": f"chunks/{s}.csv"} for s in ("landed", "checked")
    ]


def test_a_row_that_was_corrected_needs_its_original_no_more() -> None:
    a = quarantined("a", STEPS)
    first = correct({(a, 2): "1,'C1'"})
    shutil.rmtree(Path(lake().root) / "quarantine")
    assert correct({(a, 2): "1,'C1'"}).before == {first.chunks[0]: 1}


def test_reference_data_has_no_rows_to_correct() -> None:
    chunk = quarantined("w", {2: ("bad_weight", b"x")}, dataset="importance")
    with pytest.raises(ConfigError, match="importance is reference data: a file is one version"):
        redrive_rows("importance", corrections({(chunk, 2): "y"}), "fixed.csv")


def test_a_chunk_of_corrections_belongs_to_a_run_that_is_over_if_there_is_one() -> None:
    a, b = quarantined("a", STEPS), quarantined("b", STEPS)
    with transaction() as conn:
        conn.execute("update runs set status = 'running' where run_id = (select max(run_id) from runs)")
    (chunk,) = correct({(a, 2): "1,'C1'", (b, 2): "1,'C1'"}).chunks
    assert [one["chunk_id"] for one in waiting()] == [chunk]
    (of_b,) = correct({(b, 4): "1,'C1'"}).chunks
    assert len(waiting()) == 1, "the run of b is still at work"
    with transaction() as conn:
        conn.execute("update runs set status = 'failed' where status = 'running'")
    assert of_b in [one["chunk_id"] for one in waiting()]


@pytest.mark.parametrize("moment", ["as_chunk", "land_corrections", "log"])
def test_a_redrive_that_is_killed_and_repeated_leaves_what_one_leaves(moment: str) -> None:
    """Killed before the lake has the rows, before the ledger has them, and when all is done."""
    a = quarantined("a", STEPS)
    rows = {(a, 2): "1,'C1'", (a, 4): "2,'C2'"}
    process = get_context("forkserver").Process(target=_killed, args=(dict(os.environ), moment, rows))
    process.start()
    process.join(120)
    assert process.exitcode == -signal.SIGKILL
    done = correct(rows)
    if moment == "log":
        assert (done.corrected, list(done.before.values())) == (0, [2])
    else:
        assert (done.corrected, done.before) == (2, {})
    (chunk,) = {into for into, _ in ledger().values()}
    assert ledger() == {(a, 2): (chunk, 2), (a, 4): (chunk, 3)}
    assert [one["chunk_id"] for one in waiting()] == [chunk]
    assert landed(chunk) == [b"1,'C1'", b"2,'C2'"]


def _killed(environment: dict[str, str], moment: str, rows: Mapping[Place, str]) -> None:
    os.environ.clear()
    os.environ.update(environment)
    get_settings.cache_clear()

    class Deadly:
        def __call__(self, *args: object) -> None:
            os.kill(os.getpid(), signal.SIGKILL)

        info = __call__

    setattr(redriving, moment, Deadly())
    correct(rows)


def test_redrives_at_once_correct_each_row_once() -> None:
    bad = {line: ("bad_step", b"x%d" % line) for line in range(2, 10)}
    chunks = [quarantined(name, bad) for name in "abc"]
    files = [
        {(chunk, line): f"{line},'C{line}'" for chunk in chunks for line in lines}
        for lines in (range(2, 8), range(4, 10), range(2, 10), range(2, 8))
    ]
    together = Barrier(len(files))

    def one(rows: Mapping[Place, str]) -> Redriven:
        together.wait()
        return correct(rows)

    with ThreadPoolExecutor(len(files)) as pool:
        done = list(pool.map(one, files))
    assert sum(one.corrected for one in done) == 24
    assert sum(one.corrected + sum(one.before.values()) for one in done) == sum(map(len, files))
    lines = [line for one in done for chunk in one.chunks for line in landed(chunk)]
    assert sorted(lines) == sorted(b"%d,'C%d'" % (line, line) for line in range(2, 10) for _ in chunks)
    assert len(ledger()) == 24
    assert {one["chunk_id"] for one in waiting()} == {chunk for one in done for chunk in one.chunks}


def test_a_chunk_is_not_driven_through_while_rows_of_it_are_corrected(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    a = quarantined("a", STEPS, status="held")
    inside, go, as_chunk = Event(), Event(), redriving.as_chunk

    def slowly(columns: Sequence[str], rows: Mapping[Place, bytes]) -> bytes:
        inside.set()
        assert go.wait(60)
        return as_chunk(columns, rows)

    monkeypatch.setattr(redriving, "as_chunk", slowly)
    with ThreadPoolExecutor(2) as pool:
        corrected = pool.submit(correct, {(a, 2): "1,'C1'"})
        assert inside.wait(60)
        driven = pool.submit(redrive_chunks, DATASET)
        with pytest.raises(TimeoutError):
            driven.result(timeout=1)
        go.set()
        assert corrected.result().corrected == 1
        assert driven.result() == [a]
    with pytest.raises(ConfigError, match="the chunk is landed and on its way"):
        correct({(a, 4): "1,'C1'"})


def test_a_chunk_that_waits_for_another_check_has_nothing_in_quarantine() -> None:
    a = quarantined("a", STEPS, status="held")
    correct({(a, 2): "1,'C1'"})
    redrive_chunks(DATASET, a[:12])
    with transaction() as conn:
        figures = dataset_figures(conn)[DATASET]
        assert (figures.rows.quarantined, figures.corrected) == (0, 0)
        assert quarantine_reasons(conn, DATASET) == {}
    assert contents(DATASET).rows == []


def test_the_contents_are_filtered_and_say_what_was_stopped(tmp_path: Path) -> None:
    a, b = quarantined("a", STEPS), quarantined("b", {7: ("bad_step", b"z")}, status="held")
    u = quarantined("u", {}, status="unreadable")
    found = contents(DATASET, reason="bad_step")
    assert [(row.chunk_id, row.rows) for row in found.rows] == [(a, 2), (b, 1)]
    assert [(one.chunk_id, one.status, one.reason, one.held, one.over) for one in found.stopped] == [
        (b, "held", "mix", 9, True),
        (u, "unreadable", "bad_header", None, True),
    ]
    assert [row.reason for row in contents(DATASET, chunk=a[:9]).rows] == ["bad_step", "blank_line"]
    assert contents(DATASET, chunk=u).rows == []
    assert [row["line"] for row in written(tmp_path, chunk=a[:9], reason="bad_step")] == ["2", "4"]
    rows = written(tmp_path)
    assert rows == sorted(rows, key=lambda row: (row["chunk_id"] != a, int(row["line"])))
    assert list(rows[0]) == list(COLUMNS)
    with pytest.raises(ConfigError, match=r"has no reason 'bad'; there are line_too_long, .*, corrected"):
        contents(DATASET, reason="bad")
    with pytest.raises(ConfigError, match="no chunk of transactions whose id begins with 'nope' has"):
        contents(DATASET, chunk="nope")


def test_rows_that_have_expired_are_told_and_the_others_written(tmp_path: Path) -> None:
    gone, kept = quarantined("a", STEPS), quarantined("b", {7: ("bad_step", b"z")})
    shutil.rmtree(next(Path(lake().root).glob("quarantine/*/*")))
    assert write_rows(DATASET, tmp_path / "rows.csv") == (1, [gone])
    assert kept in (tmp_path / "rows.csv").read_text()


def test_chunks_checked_before_reasons_were_kept_count_as_unknown() -> None:
    a = quarantined("a", STEPS)
    with transaction() as conn:
        conn.execute("update chunks set reasons = null")
        assert quarantine_reasons(conn, DATASET) == {"unknown": 3}
    correct({(a, 2): "1,'C1'"})
    assert [(row.reason, row.rows, row.corrected) for row in contents(DATASET).rows] == [("unknown", 3, 1)]


@pytest.mark.usefixtures("bucket")
class TestTheFormsWay:
    """`redrive` as the DAG calls it."""

    def test_a_file_on_s3(self) -> None:
        a = quarantined("a", STEPS)
        bucket().put("fixes/monday.csv", corrections({(a, 2): "1,'C1'"}))
        done = redrive(dataset=DATASET, key="fixes/monday.csv")
        assert done.corrected == 1
        assert [one["key"] for one in waiting()] == [f"corrections/{done.chunks[0][:12]}/monday.csv"]
        with transaction() as conn:
            (row,) = conn.execute("select source, reason from corrections").fetchall()
        assert row == {"source": "fixes/monday.csv", "reason": "bad_step"}

    def test_chunks(self) -> None:
        held, other = (quarantined(name, STEPS, status="held") for name in "ab")
        assert redrive(dataset=DATASET, chunk=held[:10]).chunks == [held]
        with pytest.raises(
            ConfigError, match=rf"begins with '{held[:10]}'.*; there are {other[:12]} \(chunks/b"
        ):
            redrive(dataset=DATASET, chunk=held[:10])
        assert redrive(dataset=DATASET).chunks == [other]
        assert redrive(dataset=DATASET).chunks == [], "nothing is left, and that is no error"

    @pytest.mark.parametrize(
        ("asked", "message"),
        [
            ({"dataset": "nothing"}, "there is no dataset 'nothing'; there are"),
            ({"chunk": "ab", "key": "x.csv"}, "either a chunk or a file of corrections, not both"),
            ({"key": "x.csv"}, "there is no s3://.*/x.csv"),
            (
                {"key": "transaction_chunks/x.csv"},
                "would land as data of transactions: keep corrections outside",
            ),
        ],
    )
    def test_what_cannot_be_is_refused(self, asked: dict[str, str], message: str) -> None:
        with pytest.raises(ConfigError, match=message):
            redrive(**({"dataset": DATASET} | asked))

    def test_a_file_that_is_too_large(self, configure: Callable[..., Any]) -> None:
        configure(max_object_bytes=10)
        bucket().put("x.csv", b"chunk_id,line,raw\n")
        with pytest.raises(ConfigError, match=r"x\.csv has 18 bytes, more than VIGIL_MAX_OBJECT_BYTES"):
            redrive(dataset=DATASET, key="x.csv")


def test_rows_of_json_are_corrected_as_objects_or_as_lines_of_csv(tmp_path: Path) -> None:
    columns = contract("clickstream").columns
    objects = {
        2: ("bad_json", b'{\n  "user_id": nope\n}'),
        5: ("missing_action", b'{"user_id":"a"}'),
        9: ("bad_json", b'{"user_id":'),
    }
    array = quarantined("array", objects, dataset="clickstream", data=b"[" + objects[2][1] + b"\n]")
    table = quarantined("table", {3: ("bad_json", b'{"')}, dataset="clickstream", columns=columns[::-1])
    good = '{\n  "user_id": "a",\n  "timestamp": 1772366400, "action": "view"}'
    out = tmp_path / "fixed.csv"
    with out.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(COLUMNS)
        rows.writerow((array, 2, "", good))
        rows.writerow((array, 5, "", "a,2026-03-01T12:00:00Z,view,,,"))
        rows.writerow((array, 9, "", '{"user_id":'))
        rows.writerow((table, 3, "", ",,,view,2026-03-01T12:00:00Z,a"))
    done = redrive_rows("clickstream", out.read_bytes(), "fixed.csv", as_is=True)
    assert done.corrected == 4
    found = {}
    for chunk in done.chunks:
        path = lake().path(lake().chunk_path("clickstream", chunk))
        for batch in json_lines.parse(chunk, path, columns, {}, ()):
            for row in batch.to_pylist():
                found[chunk, row["line"]] = row["reason"] or (row["raw_user_id"], row["raw_action"])
    into = ledger()
    assert {place: found[into[place]] for place in into} == {
        (array, 2): ("a", "view"),
        (array, 5): ("a", "view"),
        (array, 9): "bad_json",
        (table, 3): ("a", "view"),
    }
