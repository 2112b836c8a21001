"""The lake in a folder and on S3: content under its hash, whole or not at all; Parquet read back."""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet
import pytest

from include.errors import ConfigError
from include.lake import Lake, lake
from include.lake import bucket as s3


@pytest.fixture(params=["folder", "s3a"])
def store(request: pytest.FixtureRequest, configure: Any, tmp_path: Path) -> Lake:
    if request.param == "folder":
        configure(lake=tmp_path / "a lake")
    else:
        name = request.getfixturevalue("bucket")
        configure(lake=f"s3a://{name}/lake/")
    return lake()


def read(store: Lake, path: str) -> bytes:
    if store.is_local:
        return Path(store.path(path)).read_bytes()
    return b"".join(s3().blocks(f"lake/{path}"))


def write(store: Lake, path: str, data: bytes) -> None:
    if store.is_local:
        Path(store.path(path)).parent.mkdir(parents=True, exist_ok=True)
        Path(store.path(path)).write_bytes(data)
    else:
        s3().put(f"lake/{path}", data)


def test_bytes_are_kept_under_their_hash(store: Lake) -> None:
    data = [b"one\n", b"", b"two\n" * 300_000]
    content = store.store_chunk("transactions", iter(data), "incoming/transactions/run=1/attempt=1")
    digest = hashlib.sha256(b"".join(data)).hexdigest()
    assert (content.sha256, content.bytes) == (digest, len(b"".join(data)))
    assert (
        content.path
        == f"chunks/transactions/{digest[:2]}/{digest}"
        == store.chunk_path("transactions", digest)
    )
    assert read(store, content.path) == b"".join(data)
    assert store.store_chunk("transactions", data, "incoming/transactions/run=2/attempt=1") == content


def test_a_stream_that_breaks_off_leaves_nothing(store: Lake) -> None:
    def broken() -> Iterator[bytes]:
        yield b"half"
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        store.store_chunk("transactions", broken(), "incoming/transactions/run=1/attempt=1")
    half = store.chunk_path("transactions", hashlib.sha256(b"half").hexdigest())
    if store.is_local:
        assert [path for path in Path(store.root).rglob("*") if path.is_file()] == []
    else:
        assert s3().head(f"lake/{half}") is None


def test_parquet_folders_are_read_with_their_partitions(store: Lake) -> None:
    rows = io.BytesIO()
    pyarrow.parquet.write_table(pa.table({"line": [1, 2]}), rows)
    for day in ("2026-01-01", "2026-01-02"):
        write(store, f"events/transactions/event_day={day}/part-0.parquet", rows.getvalue())
    write(store, "events/transactions/_SUCCESS", b"")
    table = store.read_parquet("events/transactions", columns=["line", "event_day"])
    assert sorted(table.to_pylist(), key=str) == [
        {"line": line, "event_day": day} for line in (1, 2) for day in ("2026-01-01", "2026-01-02")
    ]


def test_files_are_listed_and_deleted_under_a_path_and_nothing_beside_it(store: Lake) -> None:
    paths = [
        "events/a/run=1/attempt=1/part-0",
        "events/a/run=1/attempt=10/part-0",
        "events/a/run=1/attempt=1/x/y",
    ]
    for path in paths:
        write(store, path, b"four")
    assert {file.path for file in store.files("events")} == set(paths)
    below = list(store.files("events/a/run=1/attempt=1"))
    assert sorted((file.path, file.bytes) for file in below) == [(paths[0], 4), (paths[2], 4)]
    assert all(abs(datetime.now(UTC) - file.modified) < timedelta(minutes=1) for file in below)
    assert [file.path for file in store.files(paths[0])] == [paths[0]]
    store.remove("events/a/run=1/attempt=1")
    assert {file.path for file in store.files("events")} == {paths[1]}
    store.remove(paths[1])
    store.remove(paths[1])
    assert not store.exists("events")
    assert list(store.files("nowhere")) == []


def test_more_objects_are_deleted_than_one_request_takes(configure: Any, bucket: str) -> None:
    configure(lake=f"s3a://{bucket}/lake")
    for number in range(1005):
        s3().put(f"lake/events/{number}", b"")
    s3().put("beside", b"")
    lake().remove("events")
    assert [found.key for page in s3().pages("") for found in page.objects] == ["beside"]


def test_empty_folders_go_once_they_are_old(configure: Any, tmp_path: Path) -> None:
    configure(lake=tmp_path)
    old, young = tmp_path / "incoming/a/run=1/attempt=1", tmp_path / "incoming/a/run=2/attempt=1"
    full = tmp_path / "incoming/a/run=3/attempt=1"
    for folder in (old, young, full):
        folder.mkdir(parents=True)
    (full / "chunk-x").touch()
    for folder in (old, old.parent, full, full.parent):
        os.utime(folder, (1, 1))
    lake().remove_empty("incoming", datetime(2000, 1, 1, tzinfo=UTC))
    assert (old.exists(), young.exists(), full.exists()) == (False, True, True)


@pytest.mark.parametrize("path", ["", "/etc/passwd", "../x", "a/../../x", "s3a://bucket/x"])
def test_paths_stay_inside(store: Lake, path: str) -> None:
    with pytest.raises(ConfigError, match="not a path inside the lake"):
        store.path(path)


def test_a_relative_root_and_a_file_url_are_made_absolute(
    configure: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    configure(lake="some/lake")
    assert lake().path("x") == f"{tmp_path}/some/lake/x"
    configure(lake=f"file://{tmp_path}/other")
    assert lake().path("x") == f"{tmp_path}/other/x"
