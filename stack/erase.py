"""`make erase`: what there is in the clear of one person goes from vault, lake and quarantine."""

from __future__ import annotations

import json
from typing import Annotated

import typer
from rich.console import Console

from include.stages.erase import erase as take_away


def erase(
    subject: Annotated[
        str, typer.Option(envvar="SUBJECT", help="the value as reveal shows it, or any of its pseudonyms")
    ],
    kind: Annotated[str, typer.Option(help="phone, ip, device or place")],
    by: Annotated[str, typer.Option(help="who does it")] = "",
    reason: Annotated[str, typer.Option(help="why; it is kept, so do not name the person")] = "",
) -> None:
    """Erase a person's originals; print the receipt, which names nobody."""
    receipt = take_away(subject, kind=kind, by=by, reason=reason)
    told = Console(stderr=True, highlight=False, soft_wrap=True)
    if receipt.found_nothing:
        before = ", ".join(map(str, receipt.earlier))
        told.print("Nothing was left to erase" + (f"; see receipt {before}" if before else ""))
    else:
        told.print(
            f"Erased: {receipt.vault_rows} originals in the vault, the bytes of {len(receipt.bytes_removed)} "
            f"chunks, {len(receipt.quarantine_removed)} files of quarantined rows. Not deleted: see `left`"
        )
    text = json.dumps(receipt.model_dump() | {"sha256": receipt.sha256}, indent=2, ensure_ascii=False)
    typer.echo(text)
