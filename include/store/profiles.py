"""What each chunk's good rows are made of, by event day: beside the chunks in the ledger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from psycopg.types.json import Jsonb

from include.health.days import ChunkDay
from include.store.connection import Connection, execute


def record_days(conn: Connection, dataset: str, profiles: Mapping[str, Sequence[ChunkDay]]) -> None:
    """Keeps the profiles of {chunk id: days}, instead of those that an earlier check of them left."""
    rows = [
        {"chunk_id": chunk_id, "event_day": day.event_day.isoformat(), "rows": day.rows, "mix": day.mix}
        for chunk_id, days in profiles.items()
        for day in days
    ]
    execute(conn, "profiles/forget", dataset=dataset, chunk_ids=list(profiles))
    execute(conn, "profiles/record", dataset=dataset, days=Jsonb(rows))
