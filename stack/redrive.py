"""`make redrive`: sends held and unreadable chunks, or corrected rows, through the flow again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from include.errors import ConfigError
from include.stages.redrive import redrive_chunks, redrive_rows


def redrive(
    dataset: Annotated[str, typer.Option(help="the dataset of the chunks")] = "transactions",
    chunk: Annotated[
        str, typer.Option(help="a chunk's id, or its first digits; empty: all that are held or unreadable")
    ] = "",
    file: Annotated[
        Path | None, typer.Option(help="rows that `make quarantine` wrote, with the column raw corrected")
    ] = None,
    as_is: Annotated[
        bool, typer.Option("--as-is", help="rows of the file that nobody changed go through again too")
    ] = False,
) -> None:
    """Send held and unreadable chunks, or the corrected rows of a file, through again."""
    said = Console(stderr=True, highlight=False, soft_wrap=True)
    if file is None:
        ids = redrive_chunks(dataset, chunk)
        said.print(f"{len(ids)} chunks of {dataset} go through again: the next run takes them")
    else:
        done = redrive_rows(dataset, _read(file, chunk), file.name, as_is=as_is)
        ids = done.chunks
        fate = (
            f"and go through in {len(ids)} chunks: the next run takes them" if ids else "so none goes through"
        )
        said.print(f"{done.corrected} rows of {dataset} were corrected, {fate}")
        if done.unchanged:
            said.print(f"{done.unchanged} rows are as they were, and stay in quarantine")
        for into, rows in done.before.items():
            said.print(f"{rows} rows had been corrected before, in chunk {into}, and were left so")
    for chunk_id in ids:
        typer.echo(chunk_id)


def _read(file: Path, chunk: str) -> bytes:
    if chunk:
        raise ConfigError("either CHUNK or FILE, not both: the file names the chunks of its rows")
    try:
        return file.expanduser().read_bytes()
    except OSError as error:
        raise ConfigError(f"{file} cannot be read: {error.strerror or error}") from error
