"""`make feed`: puts a file onto S3 in slices, as a producer would, and can be killed and started again."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer
from rich.console import Console
from rich.progress import Progress

from include.datasets import contract
from include.datasets.contract import Contract
from include.errors import FeedError
from include.settings import get_settings
from sources.download import Advance, download, is_address
from sources.manifest import Manifest, next_number, numbering
from sources.put import put_chunk
from sources.slices import SUFFIXES, Scan, scan, slices


@dataclass(frozen=True)
class Fed:
    """What came of it: all `keys` of the source's chunks, its data `rows`, how many chunks were `put` now."""

    keys: list[str]
    rows: int
    put: int


def _quiet(done: int, total: int | None) -> None:
    """For callers that show nothing."""


def feed_file(
    dataset: str,
    file: str,
    *,
    rows: int = 10_000,
    every: float = 1.0,
    keep: Path | None = None,
    downloaded: Advance = _quiet,
    advance: Callable[[int, int], None] = _quiet,
) -> Fed:
    """Puts the file's data rows on S3, `rows` to a chunk and one chunk every `every` seconds.

    Chunks are `<prefix>chunk_<i>.csv`, or .json of JSON lines and arrays, numbered on from the highest that
    is there. Reference data goes as one object, whole. A manifest in the bucket knows the source by the
    SHA-256 of its decompressed bytes: feeding it again goes on where it stopped, or changes nothing. `keep`:
    a folder that gets a copy of every chunk.
    `advance(chunks done, chunks in all)` is told on the way. Raises FeedError as `scan` and `download` do,
    for slices that landing would refuse or take for one, when the source was fed in slices of another size,
    and when something else has the name of a chunk.
    """
    about = contract(dataset)
    if rows < 1:
        raise FeedError(f"ROWS={rows}: a chunk needs at least one row")
    with _local(file, downloaded) as path:
        whole = about.kind == "reference"
        found = scan(path, about.columns, None if whole else rows, about.parser)
        per_slice = found.rows if whole else rows
        manifest = _manifest(about, found, per_slice, Path(urlsplit(file).path).name)
        numbers = range(manifest.first, manifest.first + manifest.slices)
        keys = [f"{about.prefix}chunk_{number}{SUFFIXES[found.form]}" for number in numbers]
        before = manifest.done
        due = time.monotonic()
        for position, data in enumerate(slices(path, found.header, per_slice, found.form)):
            _keep(keep, keys[position], data)
            if position < before:
                continue
            time.sleep(max(0.0, due - time.monotonic()))
            due = max(due, time.monotonic() - every) + every
            put_chunk(keys[position], data)
            manifest = manifest.model_copy(update={"done": position + 1})
            manifest.save()
            advance(manifest.done, manifest.slices)
    return Fed(keys, found.rows, manifest.done - before)


def feed(
    file: Annotated[
        str, typer.Option(help="a local file, http(s) URL or Google Drive share link; may be .gz")
    ],
    dataset: Annotated[str, typer.Option(help="the dataset that it holds")] = "transactions",
    rows: Annotated[int, typer.Option(min=1, help="data rows per chunk")] = 10_000,
    every: Annotated[float, typer.Option(min=0, help="seconds between chunks; 0: as fast as they go")] = 1.0,
    keep: Annotated[Path | None, typer.Option(help="folder for a copy of every chunk")] = None,
) -> None:
    """Feed a file as chunks; a feed that was stopped goes on where it was."""
    with _clear_s3_errors(), Progress(transient=True) as progress:
        fetching = progress.add_task("fetching", total=None, visible=is_address(file))
        feeding = progress.add_task(f"feeding {dataset}", total=None)
        fed = feed_file(
            dataset,
            file,
            rows=rows,
            every=every,
            keep=keep,
            downloaded=lambda done, total: progress.update(fetching, completed=done, total=total),
            advance=lambda done, total: progress.update(feeding, completed=done, total=total),
        )
    place = f"s3://{get_settings().bucket}/{fed.keys[0]} to {fed.keys[-1].rpartition('/')[2]}"
    if fed.put:
        text = f"{fed.rows:,} rows are on S3 in {len(fed.keys)} chunks, {fed.put} of them put now: {place}"
    else:
        text = f"This source was fed before, in {len(fed.keys)} chunks, and nothing was changed: {place}"
    Console().print(text, highlight=False, soft_wrap=True)


@contextmanager
def _clear_s3_errors() -> Iterator[None]:
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except (BotoCoreError, ClientError) as error:
        where = get_settings().s3_endpoint or "the AWS credentials' S3"
        raise FeedError(
            f"bucket {get_settings().bucket!r} at {where} cannot be used: {error} Start the stack with "
            "`make up`, or see VIGIL_S3_ENDPOINT in .env; the feed goes on where it stopped"
        ) from error


@contextmanager
def _local(file: str, downloaded: Advance) -> Iterator[Path]:
    if not is_address(file):
        yield Path(file).expanduser()
        return
    with tempfile.TemporaryDirectory(prefix="vigil-feed-") as folder:
        target = Path(folder) / "source"
        download(file, target, downloaded)
        try:
            yield target
        except FeedError as error:
            raise FeedError(str(error).replace(str(target), file)) from error


def _manifest(about: Contract, found: Scan, rows: int, source: str) -> Manifest:
    with numbering():
        manifest = Manifest.find(about.name, found.sha256)
        if manifest is None:
            _refuse_large(found.largest)
            _refuse_equal(found.equal, rows)
            manifest = Manifest(
                dataset=about.name,
                source=source,
                sha256=found.sha256,
                rows=rows,
                slices=ceil(found.rows / rows),
                first=next_number(about.name, about.prefix),
            )
            manifest.save()
    if manifest.rows != rows:
        state = "is fed" if manifest.finished else f"is fed up to chunk {manifest.done} of {manifest.slices}"
        raise FeedError(
            f"this source {state} in slices of {manifest.rows} rows; in slices of {rows} its events would "
            f"count twice. Feed it with ROWS={manifest.rows}, or into another bucket (VIGIL_BUCKET)"
        )
    return manifest


def _keep(folder: Path | None, key: str, data: bytes) -> None:
    if folder is None:
        return
    folder.mkdir(parents=True, exist_ok=True)
    (folder / key.rpartition("/")[2]).write_bytes(data)


def _refuse_large(size: int) -> None:
    limit = get_settings().max_object_bytes
    if size > limit:
        raise FeedError(
            f"a chunk would have {size:,} bytes, and landing refuses more than {limit:,}: choose fewer ROWS, "
            "or raise VIGIL_MAX_OBJECT_BYTES"
        )


def _refuse_equal(equal: tuple[int, int] | None, rows: int) -> None:
    if equal:
        first, second = (number + 1 for number in equal)
        raise FeedError(
            f"in slices of {rows} rows, slice {second} has the same bytes as slice {first}, and landing "
            "would take it for a second delivery of it: choose another ROWS"
        )
