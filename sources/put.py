"""Puts chunks onto S3 as producers do, each once, whatever is put again."""

from __future__ import annotations

from include.errors import FeedError
from include.lake import bucket


def put_chunk(key: str, data: bytes) -> None:
    """Writes the chunk, unless it is there. Raises FeedError if something else is.

    S3 itself refuses when another program was faster; a server that ignores the condition leaves only the
    look before.
    """
    from botocore.exceptions import ClientError

    target = bucket()
    if target.head(key) is None:
        try:
            target.client.put_object(Bucket=target.name, Key=key, Body=data, IfNoneMatch="*")
            return
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] not in (409, 412):
                raise
    # Its own bytes: it was put before its feed could note so.
    if b"".join(target.blocks(key)) != data:
        raise FeedError(
            f"s3://{target.name}/{key} has other content than this source's chunk of that name, and nothing "
            "was overwritten: move that object away, and feed again"
        )
