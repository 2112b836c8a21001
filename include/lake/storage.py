"""The lake: the platform's own storage, in a folder or on S3.

Heavy clients are imported where they are used, since DAG parsing reaches this module.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from include.errors import ConfigError
from include.lake.s3 import Bucket, s3_client, s3_keys
from include.settings import get_settings

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.dataset as ds
    import pyarrow.fs as pafs

_S3_SCHEMES = ("s3a://", "s3://")


@dataclass(frozen=True)
class Content:
    """Bytes kept under their hash: `sha256` in hex, `bytes` their number, `path` where in the lake."""

    sha256: str
    bytes: int
    path: str


@dataclass(frozen=True)
class LakeFile:
    """A file as listed: its path in the lake, its size, and when it was last written (UTC)."""

    path: str
    bytes: int
    modified: datetime


@dataclass(frozen=True)
class Lake:
    """The platform's own storage under `root`: an absolute folder, or an s3a:// URL on a cluster.

    Every `path` that a method takes, and every path in the ledger, is relative to the root.
    """

    root: str

    @property
    def is_local(self) -> bool:
        """Whether the root is a folder of this machine."""
        return not self.root.startswith(_S3_SCHEMES)

    def path(self, path: str) -> str:
        """The full path or URL, as Spark takes it. Raises ConfigError if it would lead out of the lake."""
        if not path or path.startswith("/") or "://" in path or ".." in path.split("/"):
            raise ConfigError(f"{path!r} is not a path inside the lake; give one relative to {self.root}")
        return f"{self.root}/{path}"

    def chunk_path(self, dataset: str, chunk_id: str) -> str:
        """Where a chunk's bytes are, exactly as they came."""
        return f"chunks/{dataset}/{chunk_id[:2]}/{chunk_id}"

    def store_chunk(self, dataset: str, blocks: Iterable[bytes], aside: str) -> Content:
        """Keeps the blocks under the hash of their bytes, reading them once.

        They are written aside first (in the folder `aside`, the attempt's own; on S3 in a local temporary
        file), and appear at their place whole or not at all: two writers of the same bytes do no harm.
        """
        folder = Path(self.path(aside)) if self.is_local else None
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder, prefix="chunk-", delete=False) as file:
            try:
                digest, size = _copy(blocks, file)
                path = self.chunk_path(dataset, digest)
                self._move_in(file, path)
            finally:
                Path(file.name).unlink(missing_ok=True)
        return Content(digest, size, path)

    def _move_in(self, file: IO[bytes], path: str) -> None:
        file.flush()
        if self.is_local:
            os.fsync(file.fileno())
            aside, target = Path(file.name), Path(self.path(path))
            aside.chmod(0o644)  # Spark may run as another user
            target.parent.mkdir(parents=True, exist_ok=True)
            aside.replace(target)
            _sync_folder(target.parent)
            return
        box, key = self._object(path)
        box.client.upload_file(file.name, box.name, key)

    def _object(self, path: str) -> tuple[Bucket, str]:
        name, _, key = self.path(path).split("://")[-1].partition("/")
        return Bucket(name, s3_client()), key

    def filesystem(self) -> pafs.FileSystem:
        """PyArrow's file system of the lake; a path in it is `path()` without the scheme."""
        import pyarrow.fs as pafs

        if self.is_local:
            return pafs.LocalFileSystem()
        options: dict[str, Any] = {"region": get_settings().s3_region}
        key, secret = s3_keys()
        if key:
            options |= {"access_key": key, "secret_key": secret}
        if endpoint := get_settings().s3_endpoint:
            scheme, _, host = endpoint.rstrip("/").rpartition("://")
            options |= {"scheme": scheme or "https", "endpoint_override": host}
        return pafs.S3FileSystem(**options)

    def read_parquet(
        self, path: str, *, columns: list[str] | None = None, where: pc.Expression | None = None
    ) -> pa.Table:
        """All rows of the Parquet files under a folder, or those for which `where` is true.

        Sub-folders `key=value` become columns of text.
        """
        return self._parquet(path).to_table(columns=columns, filter=where)

    def first_rows(self, path: str, rows: int) -> pa.Table:
        """The first rows of the Parquet files under a folder; little more is read than those."""
        return self._parquet(path).head(rows, batch_size=rows)

    def _parquet(self, path: str) -> ds.Dataset:
        import pyarrow.dataset as ds

        folder = self.path(path).split("://")[-1]
        return ds.dataset(folder, filesystem=self.filesystem(), format="parquet", partitioning="hive")

    def write_parquet(self, path: str, table: pa.Table) -> None:
        """Writes the rows as the one Parquet file of a folder."""
        import pyarrow.parquet as pq

        where, filesystem = self.path(path).split("://")[-1], self.filesystem()
        filesystem.create_dir(where, recursive=True)
        pq.write_table(table, f"{where}/part-0.parquet", filesystem=filesystem)

    def files(self, path: str) -> Iterator[LakeFile]:
        """The file at the path, or every file under it, in no order; nothing if there is nothing.

        What appears or goes while it lists may be left out.
        """
        if not self.is_local:
            box, key = self._object(path)
            start = key.removesuffix(path)
            for page in box.pages(key):
                for found in page.objects:
                    if found.key == key or found.key.startswith(f"{key}/"):
                        yield LakeFile(found.key.removeprefix(start), found.bytes, found.last_modified)
            return
        top = Path(self.path(path))
        within = (Path(folder, name) for folder, _, names in os.walk(top) for name in names)
        for file in [top] if top.is_file() else within:
            try:
                about = file.stat()
            except FileNotFoundError:
                continue
            modified = datetime.fromtimestamp(about.st_mtime, UTC)
            yield LakeFile(file.relative_to(self.root).as_posix(), about.st_size, modified)

    def exists(self, path: str) -> bool:
        """Whether there is a file at the path, or one under it."""
        return next(self.files(path), None) is not None

    def remove(self, path: str) -> None:
        """Deletes the file at the path or everything under it; nothing there is fine."""
        if not self.is_local:
            box, key = self._object(path)
            start = key.removesuffix(path)
            box.remove([f"{start}{file.path}" for file in self.files(path)])
            return
        target = Path(self.path(path))
        if target.is_dir():
            shutil.rmtree(target)
        else:
            target.unlink(missing_ok=True)

    def remove_empty(self, path: str, before: datetime) -> None:
        """Deletes the empty folders under the path that have not changed since then; S3 has none."""
        if not self.is_local:
            return
        for name, _, _ in os.walk(self.path(path), topdown=False):
            folder = Path(name)
            if folder.stat().st_mtime < before.timestamp() and not any(folder.iterdir()):
                folder.rmdir()


def lake() -> Lake:
    """The lake of the settings."""
    root = get_settings().lake_root.removeprefix("file://")
    return Lake(root if root.startswith(_S3_SCHEMES) else str(Path(root).absolute()))


def _copy(blocks: Iterable[bytes], file: IO[bytes]) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    for block in blocks:
        digest.update(block)
        size += len(block)
        file.write(block)
    return digest.hexdigest(), size


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
