"""`make redrive`: sends held and unreadable chunks through the flow again, when their cause is mended."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

from include.datasets import contract
from include.store import chunks
from include.store.connection import transaction


def redrive(
    dataset: Annotated[str, typer.Option(help="the dataset of the chunks")] = "transactions",
    chunk: Annotated[
        str, typer.Option(help="a chunk's id, or its first digits; empty: all that are held")
    ] = "",
) -> None:
    """Send held and unreadable chunks through again; the next run takes them."""
    contract(dataset)
    with transaction() as conn:
        ids = chunks.redrive(conn, dataset, chunk)
    for chunk_id in ids:
        typer.echo(chunk_id)
    Console(stderr=True).print(f"{len(ids)} chunks of {dataset} go through again")
