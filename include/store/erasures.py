"""Erasures: where a subject's data may lie, and the receipts of what was erased, which never change."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection
from typing import Any

from psycopg.types.json import Jsonb
from pydantic import BaseModel, ConfigDict

from include.store.chunks import Status
from include.store.connection import Connection, execute, fetch_all, fetch_one


class Holder(BaseModel):
    """A chunk, and the paths in the lake where values of its rows may lie; `gone`: those taken away."""

    model_config = ConfigDict(frozen=True)

    dataset: str
    chunk_id: str
    first_key: str
    status: Status
    bytes_path: str
    events_path: str | None
    quarantine_path: str | None
    gone: frozenset[str]

    @property
    def parts_gone(self) -> bool:
        """Whether its events or quarantined lines were taken away, while its bytes are there."""
        return self.bytes_path not in self.gone and bool(self.gone)


class Receipt(BaseModel):
    """What was erased for a subject, which is named by its pseudonyms alone.

    Paths in the lake are gone for every reader. `left`: what this platform cannot delete, in words.
    """

    model_config = ConfigDict(frozen=True)

    erasure_id: int
    by: str
    reason: str
    kind: str
    pseudonyms: list[str]
    vault_rows: int
    chunks: list[str]
    bytes_removed: list[str]
    quarantine_removed: list[str]
    earlier: list[int]
    left: list[str]

    @property
    def found_nothing(self) -> bool:
        """Whether there was nothing (left) to erase."""
        return not (self.vault_rows or self.bytes_removed or self.quarantine_removed)

    @property
    def sha256(self) -> str:
        """Of its canonical JSON: whoever has the receipt can tell whether it is this one."""
        text = json.dumps(self.model_dump(), sort_keys=True, ensure_ascii=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


def holders(conn: Connection, datasets: Collection[str]) -> list[Holder]:
    """Every chunk of these datasets, in the order of landing."""
    rows = fetch_all(conn, "erasures/chunks", datasets=sorted(datasets))
    return [Holder.model_validate(row) for row in rows]


def quarantine_folders(conn: Connection, datasets: Collection[str]) -> list[str]:
    """Every folder of quarantined lines of these datasets that a check is through with."""
    rows = fetch_all(conn, "erasures/quarantine", datasets=sorted(datasets))
    return [row["path"] for row in rows]


def earlier_erasures(conn: Connection, pseudonyms: Collection[str]) -> dict[int, list[str]]:
    """The pseudonyms of every erasure that concerned one of these, by its number."""
    rows = fetch_all(conn, "erasures/earlier", pseudonyms=sorted(pseudonyms))
    return {row["erasure_id"]: row["pseudonyms"] for row in rows}


def next_erasure(conn: Connection) -> int:
    """The number of the receipt to come."""
    row = fetch_one(conn, "erasures/next_id")
    assert row is not None
    number: int = row["erasure_id"]
    return number


def record_erasure(conn: Connection, receipt: Receipt) -> None:
    """Keeps the receipt."""
    content: dict[str, Any] = receipt.model_dump()
    execute(
        conn,
        "erasures/record",
        erasure_id=receipt.erasure_id,
        erased_by=receipt.by,
        reason=receipt.reason,
        kind=receipt.kind,
        pseudonyms=receipt.pseudonyms,
        receipt=Jsonb(content),
        sha256=receipt.sha256,
    )
