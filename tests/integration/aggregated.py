"""Chunks as check and aggregate leave them in the ledger, without the work of either."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from itertools import count

from include.health.days import ChunkDay
from include.store.chunks import ChunkVerdict, Delivery, land_chunks, record_aggregated, record_checked
from include.store.connection import transaction
from include.store.profiles import record_days
from tests.integration.ledger import open_test_run

_numbers = count(1)

Mix = Mapping[str, Mapping[str, int]]


def aggregated(
    days: Mapping[date, int],
    *,
    at: datetime,
    quarantined: int = 0,
    mix: Mix | None = None,
    status: str = "aggregated",
    profiled: bool = True,
) -> str:
    """The id of a new chunk with so many good rows a day, in a batch of its own that was published at `at`.

    `mix`: of each of its days. `status`: aggregated, checked or held. `profiled`: False: without a profile.
    """
    chunk_id = f"{next(_numbers):064x}"
    run_id = open_test_run()
    good = sum(days.values())
    held = status == "held"
    verdict = ChunkVerdict(
        chunk_id,
        "held" if held else "checked",
        reason="one category" if held else None,
        rows_in=good + quarantined,
        rows_loaded=0 if held else good,
        rows_quarantined=quarantined,
        rows_duplicate=0,
        rows_held=good if held else 0,
        first_day=min(days, default=None),
        last_day=max(days, default=None),
    )
    with transaction() as conn:
        land_chunks(conn, "transactions", run_id, [Delivery(chunk_id, 1, f"{chunk_id[-4:]}.csv")])
        record_checked(conn, run_id, [verdict])
        if profiled:
            profile = [ChunkDay(day, rows, mix or {}) for day, rows in days.items()]
            record_days(conn, "transactions", {chunk_id: profile})
        if status == "aggregated":
            record_aggregated(conn, run_id, "transactions", [chunk_id])
        conn.execute(
            "update chunks set landed_at = %s, aggregated_at = %s where chunk_id = %s and seq is not null",
            (at, at, chunk_id),
        )
    return chunk_id
