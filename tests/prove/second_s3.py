"""Landing from and exporting to moto's S3 server, whose files Spark cannot see: the same comes out."""

from __future__ import annotations

import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from include.lake import bucket
from include.settings import get_settings
from include.stages.export import as_csv
from include.store.connection import transaction
from include.store.exports import ExportFile, file_rows
from stack.process import bound, free_port, running
from tests.flow import run_flow
from tests.prove.balance import check_balance, episodes, expect
from tests.prove.chunks import Chunks, chunks, publish_weights, rows, weights
from tests.world import Servers, shared_servers, world

LINES, SLICE, RUNS = 19_600, 2_500, 2  # eight chunks


def prove() -> Iterator[str]:
    """Digests and exports by server."""
    made = chunks(rows(LINES), size=SLICE)
    embedded = shared_servers()
    ours = _through(embedded, made)
    with moto(embedded.folder) as endpoint:
        theirs = _through(replace(embedded, s3=(endpoint, "key", "secret")), made)
    expect("digest", theirs[0], ours[0])
    expect("episodes", theirs[1], ours[1])
    expect("exported files, their times of detection aside", theirs[2], ours[2])
    yield f"digest through rclone and through moto: {theirs[0]}"
    size = sum(map(len, theirs[2].values()))
    yield f"files exported: {len(theirs[2])}, {size} bytes, equal but for detectionTime"


@contextmanager
def moto(folder: Path) -> Iterator[str]:
    """A moto server, which keeps objects in its memory: its endpoint."""
    port = free_port()

    def ready() -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    command = bound([sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)], signal.SIGTERM)
    with running("moto", command, log=folder / "moto.log", ready=ready):
        yield f"http://127.0.0.1:{port}"


def _through(on: Servers, made: Chunks) -> tuple[str, list[object], dict[str, bytes]]:
    """The digest, the episodes, and every exported file with its times of detection taken out."""
    with world(on, profile="sample", bucket="vigil-second-s3"):
        publish_weights(weights(rows(LINES)))
        made.put()
        for number in range(RUNS):
            figures = run_flow("transactions", number, max_chunks=len(made.files) // RUNS)
        check_balance(made, "sample")
        with transaction() as conn:
            files = [
                ExportFile(**row)
                for row in conn.execute("select run_id, number, key from exports").fetchall()
            ]
            rendered = {file.key: as_csv(file_rows(conn, file)) for file in files}
        found = {
            one.key: b"".join(bucket().blocks(one.key))
            for page in bucket().pages(get_settings().export_prefix)
            for one in page.objects
        }
        expect("exported bytes", {key: found[key] for key in rendered}, rendered)
        timeless = {key: _without_time(data) for key, data in found.items()}
        return figures["detect"]["digest"], list(episodes()), timeless


def _without_time(data: bytes) -> bytes:
    """The file without its second column."""
    lines = [line.split(b",") for line in data.splitlines()]
    return b"\n".join(b",".join([cells[0], *cells[2:]]) for cells in lines)
