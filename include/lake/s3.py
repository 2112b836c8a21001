"""The bucket that the platform lands from and exports to, and the client that every S3 is asked with.

Heavy clients are imported where they are used, since DAG parsing reaches this module.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Any

from include.errors import VigilError
from include.settings import get_settings

BLOCK = 1 << 20
# What S3 deletes with one request at most.
MOST_DELETED = 1000


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

    def remove(self, keys: Sequence[str]) -> None:
        """Deletes objects; those that are gone already are fine. Raises VigilError if S3 keeps one."""
        for first in range(0, len(keys), MOST_DELETED):
            named = [{"Key": key} for key in keys[first : first + MOST_DELETED]]
            answer = self.client.delete_objects(Bucket=self.name, Delete={"Objects": named, "Quiet": True})
            if errors := answer.get("Errors"):
                raise VigilError(f"{self.name}: {len(errors)} objects cannot be deleted, as {errors[0]}")


def bucket() -> Bucket:
    """The bucket of the settings."""
    return Bucket(get_settings().bucket, s3_client())


def s3_keys() -> tuple[str | None, str | None]:
    """Key and secret of the settings; None and None leave them to boto3's own chain."""
    settings = get_settings()
    key, secret = settings.s3_access_key, settings.s3_secret_key
    return (key.get_secret_value(), secret.get_secret_value()) if key and secret else (None, None)


def s3_client() -> Any:
    """The client of the settings, one for each process."""
    settings = get_settings()
    # The process is part of the cache's key because a client does not survive a fork.
    return _client_of(os.getpid(), settings.s3_tries, settings.s3_endpoint, settings.s3_region, *s3_keys())


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
