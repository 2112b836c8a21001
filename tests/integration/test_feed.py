"""Feeding onto a real S3: killed at any point and started again, numbered on, refused, from the web."""

from __future__ import annotations

import gzip
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest

import sources.feed as feed_module
from include.errors import FeedError
from include.lake import bucket as open_bucket
from include.settings import ROOT
from sources.feed import feed_file
from sources.manifest import Manifest

REPOSITORY = ROOT  # the settings of a test look for .env elsewhere
PREFIX = "transaction_chunks/"
HEADER = b"step,customer,age,gender,zipcodeOri,merchant,zipMerchant,category,amount,fraud\n"
pytestmark = pytest.mark.usefixtures("bucket")


def rows(count: int, tag: str = "C") -> list[bytes]:
    return [f"0,'{tag}{n}','2','F','28007','M1','28007','es_food',4.55,0\n".encode() for n in range(count)]


def source(folder: Path, count: int, tag: str = "C", name: str = "source.csv") -> str:
    path = folder / name
    path.write_bytes(HEADER + b"".join(rows(count, tag)))
    return str(path)


def on_s3(prefix: str = PREFIX) -> dict[str, bytes]:
    box = open_bucket()
    keys = [found.key for page in box.pages(prefix) for found in page.objects]
    return {key: b"".join(box.blocks(key)) for key in keys}


def versions() -> set[str]:
    return {found.version for page in open_bucket().pages("") for found in page.objects}


def expected(count: int, per_chunk: int, first: int = 0, tag: str = "C") -> dict[str, bytes]:
    data = rows(count, tag)
    starts = range(0, count, per_chunk)
    return {
        f"{PREFIX}chunk_{first + i}.csv": HEADER + b"".join(data[start : start + per_chunk])
        for i, start in enumerate(starts)
    }


def test_slices_with_the_header_on_each(tmp_path: Path) -> None:
    fed = feed_file("transactions", source(tmp_path, 25), rows=10, every=0, keep=tmp_path / "kept")
    assert on_s3() == expected(25, 10)
    assert (fed.keys, fed.rows, fed.put) == (sorted(expected(25, 10)), 25, 3)
    kept = {f"{PREFIX}{path.name}": path.read_bytes() for path in (tmp_path / "kept").iterdir()}
    assert kept == expected(25, 10)


EVENTS = [f'{{"user_id": "u{n}", "timestamp": {n}}}'.encode() for n in range(5)]


@pytest.mark.parametrize(
    ("data", "chunks"),
    [
        (
            b"\n".join(EVENTS),
            [EVENTS[0] + b"\n" + EVENTS[1] + b"\n", EVENTS[2] + b"\n" + EVENTS[3] + b"\n", EVENTS[4]],
        ),
        (
            b"[\n" + b",\n".join(EVENTS) + b"\n]\n",
            [b"[\n" + b",\n".join(EVENTS[at : at + 2]) + b"\n]\n" for at in (0, 2, 4)],
        ),
    ],
    ids=["JSON lines", "a JSON array"],
)
def test_slices_of_json(tmp_path: Path, data: bytes, chunks: list[bytes]) -> None:
    """Under names of JSON, by the rules of CSV: numbered on, once, never in other slices."""
    open_bucket().put("clickstream/chunk_3.json", b"someone else's")
    path = tmp_path / "clicks.jsonl"
    path.write_bytes(data)
    fed = feed_file("clickstream", str(path), rows=2, every=0)
    assert (fed.rows, fed.put) == (5, 3)
    assert fed.keys == [f"clickstream/chunk_{number}.json" for number in (4, 5, 6)]
    found = on_s3("clickstream/")
    assert [found[key] for key in fed.keys] == chunks
    assert feed_file("clickstream", str(path), rows=2, every=0).put == 0
    with pytest.raises(FeedError, match=r"in slices of 2 rows.*Feed it with ROWS=2"):
        feed_file("clickstream", str(path), rows=3, every=0)


def test_numbers_go_on_after_the_highest_there(tmp_path: Path) -> None:
    open_bucket().put(f"{PREFIX}chunk_9.csv", b"someone else's")
    open_bucket().put(f"{PREFIX}chunk_10.csv.gz", b"someone else's")
    open_bucket().put(f"{PREFIX}chunk_x.csv", b"someone else's")
    assert feed_file("transactions", source(tmp_path, 3), rows=2, every=0).keys == [
        f"{PREFIX}chunk_11.csv",
        f"{PREFIX}chunk_12.csv",
    ]
    assert feed_file("transactions", source(tmp_path, 1, "D"), rows=2, every=0).keys == [
        f"{PREFIX}chunk_13.csv"
    ]


def test_a_finished_source_changes_nothing_under_any_name_or_packing(tmp_path: Path) -> None:
    feed_file("transactions", source(tmp_path, 5), rows=2, every=0)
    before = versions()
    packed = tmp_path / "other.gz"
    packed.write_bytes(gzip.compress(Path(source(tmp_path, 5)).read_bytes()))
    assert feed_file("transactions", str(packed), rows=2, every=0).put == 0
    assert versions() == before


def test_other_slices_of_the_same_source_are_refused(tmp_path: Path) -> None:
    feed_file("transactions", source(tmp_path, 5), rows=2, every=0)
    before = versions()
    with pytest.raises(FeedError, match=r"in slices of 2 rows.*Feed it with ROWS=2"):
        feed_file("transactions", source(tmp_path, 5), rows=3, every=0)
    assert versions() == before


@pytest.mark.parametrize("moment", ["before put", "after put", "before save", "after save"])
@pytest.mark.parametrize("at", [1, 2, 4])
def test_killed_at_any_point_it_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str, at: int
) -> None:
    calls = 0
    holder, name = (feed_module, "put_chunk") if "put" in moment else (Manifest, "save")
    real: Any = getattr(holder, name)

    def deadly(*arguments: Any) -> None:
        nonlocal calls
        calls += 1
        if calls == at and moment.startswith("before"):
            raise KeyboardInterrupt
        real(*arguments)
        if calls == at:
            raise KeyboardInterrupt

    file = source(tmp_path, 9)
    with monkeypatch.context() as patch:
        patch.setattr(holder, name, deadly)
        with pytest.raises(KeyboardInterrupt):
            feed_file("transactions", file, rows=2, every=0)
    half = {found.key: found.version for page in open_bucket().pages(PREFIX) for found in page.objects}
    # Another source in between must not take the numbers that are promised.
    promised = bool(on_s3("manifests/"))
    feed_file("transactions", source(tmp_path, 1, "other", "other.csv"), rows=2, every=0)
    fed = feed_file("transactions", file, rows=2, every=0)
    mine = {key: data for key, data in on_s3().items() if key in fed.keys}
    assert mine == expected(9, 2, first=0 if promised else 1)
    now = {found.key: found.version for page in open_bucket().pages(PREFIX) for found in page.objects}
    assert half.items() <= now.items(), "what was there is not written again"


def test_what_has_a_chunks_name_already_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another program has put as many bytes where the second chunk goes."""
    theirs = b"x" * len(expected(4, 2)[f"{PREFIX}chunk_1.csv"])
    real = feed_module.put_chunk

    def too_late(key: str, data: bytes) -> None:
        if key.endswith("chunk_1.csv"):
            open_bucket().put(key, theirs)
        real(key, data)

    monkeypatch.setattr(feed_module, "put_chunk", too_late)
    with pytest.raises(FeedError, match=r"transaction_chunks/chunk_1\.csv has other content"):
        feed_file("transactions", source(tmp_path, 4), rows=2, every=0)
    assert on_s3() == expected(4, 2) | {f"{PREFIX}chunk_1.csv": theirs}


def test_of_two_feeds_in_different_slices_one_begins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second starts while the first waits for its turn: it has the lock before the first has looked."""
    file = source(tmp_path, 12)
    real = feed_module.numbering
    turns = iter([True])

    @contextmanager
    def overtaken() -> Iterator[None]:
        if next(turns, False):
            feed_file("transactions", file, rows=3, every=0)
        with real():
            yield

    monkeypatch.setattr(feed_module, "numbering", overtaken)
    with pytest.raises(FeedError, match=r"in slices of 3 rows.*Feed it with ROWS=3"):
        feed_file("transactions", file, rows=4, every=0)
    assert on_s3() == expected(12, 3)


def test_equal_slices_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "source.csv"
    path.write_bytes(HEADER + b"".join([*rows(2), *rows(2, "D"), *rows(2)]))
    with pytest.raises(
        FeedError, match=r"slices of 2 rows, slice 3 has the same bytes as slice 1.*another ROWS"
    ):
        feed_file("transactions", str(path), rows=2, every=0)
    assert on_s3("") == {}
    assert feed_file("transactions", str(path), rows=3, every=0).put == 2


def test_kill_9_and_again(tmp_path: Path) -> None:
    file = source(tmp_path, 120)
    call = "feed_file('transactions', sys.argv[1], rows=1, every=0)"
    script = f"import sys; from sources.feed import feed_file; {call}"
    kills = 0
    for chunks in (10, 40):
        process = subprocess.Popen([sys.executable, "-c", script, file], cwd=REPOSITORY, env=dict(os.environ))
        while process.poll() is None and len(versions()) < chunks:
            pass
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            kills += 1
        process.wait()
    assert kills == 2
    feed_file("transactions", file, rows=1, every=0)
    assert on_s3() == expected(120, 1)


def test_importance_goes_whole(tmp_path: Path) -> None:
    path = tmp_path / "importance.csv"
    path.write_bytes(b"Source,Target,Weight,typeTrans,fraud\n" + b"'C1','M1',4.55,'es_food',0\n" * 50)
    fed = feed_file("importance", str(path), rows=10, every=0)
    assert on_s3("reference/importance/") == {"reference/importance/chunk_0.csv": path.read_bytes()}
    assert (fed.rows, fed.put) == (50, 1)
    assert feed_file("importance", str(path), rows=20, every=0).put == 0, "ROWS means nothing here"


def test_chunks_that_landing_would_refuse(tmp_path: Path, configure: Any) -> None:
    configure(max_object_bytes=len(HEADER) + 2 * len(rows(1)[0]))
    with pytest.raises(FeedError, match="choose fewer ROWS"):
        feed_file("transactions", source(tmp_path, 9), rows=3, every=0)
    assert on_s3("") == {}
    assert feed_file("transactions", source(tmp_path, 9), rows=2, every=0).put == 5


class Site(BaseHTTPRequestHandler):
    """A web server: /data, /data.gz, /moved, /page, /broken, /twice (breaks off once)."""

    data: ClassVar[bytes] = HEADER + b"".join(rows(5))
    broken: ClassVar[int] = 0

    def do_GET(self) -> None:
        body, kind, status = self.data, "text/csv", 200
        path = self.path.partition("?")[0]
        if path == "/moved":
            self.send_response(302)
            self.send_header("Location", "/data")
            self.end_headers()
            return
        if path == "/data.gz":
            body = gzip.compress(self.data)
        elif path == "/page":
            body, kind = b"<!DOCTYPE html><title>Sign in</title>", "text/html; charset=utf-8"
        elif path == "/disguised":
            body, kind = b"<!DOCTYPE html><title>Sign in</title>", "application/octet-stream"
        elif path == "/gone":
            status = 410
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if path == "/twice" and not Site.broken:
            Site.broken += 1
            body = body[:20]
        self.wfile.write(body)
        self.close_connection = True

    def log_message(self, *_: Any) -> None:
        """Keeps the tests' output quiet."""


@pytest.fixture
def site() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    Site.broken = 0
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("path", ["/data", "/data.gz", "/moved", "/twice", "/data?token=secret"])
def test_feeds_from_the_web(site: str, path: str) -> None:
    told: list[tuple[int, int | None]] = []
    feed_file("transactions", site + path, rows=10, every=0, downloaded=lambda *now: told.append(now))
    assert on_s3() == expected(5, 10)
    assert told[-1][0] == told[-1][1]
    assert b"secret" not in b"".join(on_s3("manifests/").values())


@pytest.mark.parametrize(
    ("path", "message"),
    [("/page", "web page instead of data"), ("/disguised", "is a web page"), ("/gone", "answers 410")],
)
def test_the_web_gives_no_data(site: str, path: str, message: str) -> None:
    with pytest.raises(FeedError, match=f"{path}.* {message}"):
        feed_file("transactions", site + path, every=0)
    assert on_s3("") == {}


def test_nobody_answers() -> None:
    with pytest.raises(FeedError, match="cannot be fetched"):
        feed_file("transactions", "http://127.0.0.1:9/data", every=0)


def test_says_that_s3_is_out_of_reach(tmp_path: Path, configure: Any) -> None:
    configure(bucket="no-such-bucket")
    with pytest.raises(FeedError, match=r"'no-such-bucket' at http://.* cannot be used.*make up"):
        feed_module.feed(source(tmp_path, 2))


def test_one_chunk_every_so_often(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [100.0]
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        clock[0] += seconds + 0.25  # a put that takes a quarter of a second

    monkeypatch.setattr(feed_module.time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(feed_module.time, "sleep", sleep)
    feed_file("transactions", source(tmp_path, 4), rows=1, every=2.0)
    assert slept == [0.0, 1.75, 1.75, 1.75]
