"""S3 that refuses a fifth of its requests with 503, and drops answers of work done: all comes through."""

from __future__ import annotations

import http.client
import random
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from include.lake import bucket
from include.settings import get_settings
from include.store.connection import transaction
from tests.flow import run_flow
from tests.prove.balance import check_balance, episodes, expect
from tests.prove.chunks import Chunks, chunks, publish_weights, rows, weights
from tests.world import Servers, shared_servers, world

LINES, SLICE, RUNS = 19_600, 1_000, 5
REFUSED, LOST = 0.20, 0.10

# The dangerous case: detections are written, and the platform does not hear of it.
LOST_EXPORT = "lost PUT of an export"


def prove() -> Iterator[str]:
    """Requests by what became of them, and what is the same as with a server that does its work."""
    made = chunks(rows(LINES), size=SLICE)
    well = _through(shared_servers(), made)
    with faulty(shared_servers().s3[0]) as (endpoint, counts):
        ill = _through(replace(shared_servers(), s3=(endpoint, *shared_servers().s3[1:])), made)
    for what, one, other in zip(("digest", "episodes", "exported rows"), ill, well, strict=True):
        expect(what, one, other)
    share = counts["refused"] / counts.total()
    exports = counts[LOST_EXPORT]
    others = sum(number for fate, number in counts.items() if fate.startswith("lost")) - exports
    if not (0.15 < share < 0.25 and others > 5 and exports):
        raise AssertionError(f"these faults prove nothing: {dict(counts)}")
    yield f"requests: {dict(sorted(counts.items()))}"
    yield f"digest, {len(ill[1])} episodes and {ill[2]} exported rows: those of a server without faults"


@contextmanager
def faulty(upstream: str) -> Iterator[tuple[str, Counter[str]]]:
    """A proxy of an S3 server: its endpoint, and how many requests it let through, refused, and lost the
    answers of, by command.

    The same seed gives the same faults to the same sequence of requests; but the answer to the first PUT of
    each exported object that is not refused is lost whatever the dice say: it is written, and written again.
    """
    dice, lock = random.Random(5), threading.Lock()
    counts: Counter[str] = Counter()
    written: set[str] = set()
    server_address = urlsplit(upstream).netloc

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            with lock:
                fate = self._fate(dice.random())
                counts[fate] += 1
            if fate == "refused":
                self._reply(503, [], b"<Error><Code>SlowDown</Code></Error>")
                return
            status, headers, content = self._forward(body)
            if fate == "through":
                self._reply(status, headers, content)
            else:
                self.close_connection = True

        def _fate(self, rolled: float) -> str:
            if rolled < REFUSED:
                return "refused"
            path = urlsplit(self.path).path
            export = self.command == "PUT" and f"/{get_settings().export_prefix}" in path
            first = export and path not in written
            if first:
                written.add(path)
            if first or rolled < REFUSED + LOST:
                return LOST_EXPORT if export else f"lost {self.command}"
            return "through"

        do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = _answer

        def _forward(self, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
            connection = http.client.HTTPConnection(server_address, timeout=60)
            try:
                connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
                for name, value in self.headers.items():
                    connection.putheader(name, value)
                connection.endheaders(body)
                answer = connection.getresponse()
                return answer.status, answer.getheaders(), answer.read()
            finally:
                connection.close()

        def _reply(self, status: int, headers: list[tuple[str, str]], content: bytes) -> None:
            self.send_response_only(status)
            hop = {"content-length", "transfer-encoding", "connection"}
            length = next(
                (value for name, value in headers if name.lower() == "content-length"), len(content)
            )
            for name, value in headers:
                if name.lower() not in hop:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(length if self.command == "HEAD" else len(content)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing: the proof's output is not this server's log."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", counts
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _through(on: Servers, made: Chunks) -> tuple[str, list[object], int]:
    """The digest, the episodes, and the number of exported rows, each in exactly one file."""
    with world(on, profile="sample", s3_tries=8):
        publish_weights(weights(rows(LINES)))
        made.put()
        for number in range(RUNS):
            figures = run_flow("transactions", number, max_chunks=len(made.files) // RUNS)
        check_balance(made, "sample")
        exported: Counter[bytes] = Counter()
        for page in bucket().pages(get_settings().export_prefix):
            for one in page.objects:
                if "detection_" in one.key:
                    exported.update(b"".join(bucket().blocks(one.key)).splitlines()[1:])
        with transaction() as conn:
            opened = conn.execute(
                "select count(*) as n from detections where export_number is not null"
            ).fetchone()
        expect("exported rows", {"n": exported.total()}, opened)
        return figures["detect"]["digest"], list(episodes()), exported.total()
