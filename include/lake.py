"""Storage: the lake, which is the platform's own, and the S3 bucket that it lands from and exports to.

Heavy clients are imported where they are used, since DAG parsing reaches this module.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from include.errors import ConfigError
from include.settings import get_settings

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.fs as pafs

BLOCK = 1 << 20
_S3_SCHEMES = ("s3a://", "s3://")


@dataclass(frozen=True)
class Content:
    """Bytes kept under their hash: `sha256` in hex, `bytes` their number, `path` where in the lake."""

    sha256: str
    bytes: int
    path: str


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
            os.chmod(file.name, 0o644)  # noqa: PTH101 - Spark may run as another user
            target = Path(self.path(path))
            target.parent.mkdir(parents=True, exist_ok=True)
            Path(file.name).replace(target)
            _sync_folder(target.parent)
            return
        name, _, key = self.path(path).split("://")[-1].partition("/")
        _client().upload_file(file.name, name, key)

    def filesystem(self) -> pafs.FileSystem:
        """PyArrow's file system of the lake; a path in it is `path()` without the scheme."""
        import pyarrow.fs as pafs

        if self.is_local:
            return pafs.LocalFileSystem()
        options: dict[str, Any] = {"region": get_settings().s3_region}
        key, secret = _s3_keys()
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
        import pyarrow.dataset as ds

        folder = self.path(path).split("://")[-1]
        data = ds.dataset(folder, filesystem=self.filesystem(), format="parquet", partitioning="hive")
        return data.to_table(columns=columns, filter=where)

    def write_parquet(self, path: str, table: pa.Table) -> None:
        """Writes the rows as the one Parquet file of a folder."""
        import pyarrow.parquet as pq

        where, filesystem = self.path(path).split("://")[-1], self.filesystem()
        filesystem.create_dir(where, recursive=True)
        pq.write_table(table, f"{where}/part-0.parquet", filesystem=filesystem)


def lake() -> Lake:
    """The lake of the settings."""
    root = get_settings().lake_root.removeprefix("file://")
    return Lake(root if root.startswith(_S3_SCHEMES) else str(Path(root).absolute()))


@dataclass(frozen=True)
class S3Object:
    """One version of an object as listed: `version` tells apart any two that were written under one key.

    `last_modified` is the server's, UTC.
    """

    key: str
    version: str
    bytes: int
    last_modified: datetime

    @staticmethod
    def listed(entry: dict[str, Any]) -> S3Object:
        """From an entry of a listing."""
        tag, size, moment = entry["ETag"].strip('"'), entry["Size"], entry["LastModified"].astimezone(UTC)
        return S3Object(entry["Key"], f"{tag}:{size}:{moment.isoformat()}", size, moment)

    @staticmethod
    def known(key: str, version: str) -> S3Object:
        """From what the ledger keeps."""
        _, size, moment = version.split(":", 2)
        return S3Object(key, version, int(size), datetime.fromisoformat(moment))


@dataclass(frozen=True)
class Page:
    """A part of a listing, and the server's own clock (UTC, whole seconds) when it answered."""

    objects: tuple[S3Object, ...]
    server_time: datetime


@dataclass(frozen=True)
class Bucket:
    """The bucket that the platform lands from and exports to."""

    name: str
    client: Any

    def pages(self, prefix: str) -> Iterator[Page]:
        """Everything under the prefix, a page of up to 1,000 at a time, in the order of keys."""
        for answer in self.client.get_paginator("list_objects_v2").paginate(Bucket=self.name, Prefix=prefix):
            headers = answer["ResponseMetadata"]["HTTPHeaders"]
            now = parsedate_to_datetime(headers["date"]) if "date" in headers else datetime.now(UTC)
            yield Page(tuple(map(S3Object.listed, answer.get("Contents", []))), now.astimezone(UTC))

    def head(self, key: str) -> S3Object | None:
        """The object's version now, or None if there is no such object.

        From a listing: a HEAD tells its time in whole seconds only, so two writes within one look alike.
        """
        answer = self.client.list_objects_v2(Bucket=self.name, Prefix=key, MaxKeys=1)
        for entry in answer.get("Contents", []):
            if entry["Key"] == key:
                return S3Object.listed(entry)
        return None

    def blocks(self, key: str) -> Iterator[bytes]:
        """The object's bytes, streamed. Raises ClientError, with code NoSuchKey if it is gone."""
        with closing(self.client.get_object(Bucket=self.name, Key=key)["Body"]) as body:
            yield from body.iter_chunks(BLOCK)

    def put(self, key: str, data: bytes) -> None:
        """Writes one object whole."""
        self.client.put_object(Bucket=self.name, Key=key, Body=data)


def bucket() -> Bucket:
    """The bucket of the settings."""
    return Bucket(get_settings().bucket, _client())


def _s3_keys() -> tuple[str | None, str | None]:
    settings = get_settings()
    key, secret = settings.s3_access_key, settings.s3_secret_key
    return (key.get_secret_value(), secret.get_secret_value()) if key and secret else (None, None)


def _client() -> Any:
    settings = get_settings()
    # The process is part of the cache's key because a client does not survive a fork.
    return _client_of(os.getpid(), settings.s3_tries, settings.s3_endpoint, settings.s3_region, *_s3_keys())


@lru_cache(maxsize=4)
def _client_of(
    process: int, tries: int, endpoint: str | None, region: str, key: str | None, secret: str | None
) -> Any:
    import boto3
    from botocore.config import Config

    # Checksums beyond the required ones are unknown to many S3 servers other than AWS.
    config = Config(
        connect_timeout=5,
        read_timeout=60,
        retries={"mode": "standard", "total_max_attempts": tries},
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        s3={"addressing_style": "path"} if endpoint else None,
    )
    return boto3.session.Session().client(
        "s3",
        endpoint_url=endpoint or None,
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        region_name=region,
        config=config,
    )


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
