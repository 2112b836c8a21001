"""What tests of the ledger share: runs opened without Airflow, and the ledger read back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import uuid4

from include.store.connection import transaction
from include.store.runs import Scope, open_run

_moments = count()


def open_test_run(
    *,
    dataset: str = "transactions",
    max_chunks: int = 1000,
    max_bytes: int = 1 << 30,
    dry_run: bool = False,
    dag_run_id: str | None = None,
) -> int:
    """The id of a new run of the DAG `test`."""
    started = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=next(_moments))
    with transaction() as conn:
        run = open_run(
            conn,
            dataset=dataset,
            dag_id="test",
            dag_run_id=dag_run_id or uuid4().hex,
            started_at=started,
            dry_run=dry_run,
            profile="default",
            scope=Scope(max_chunks=max_chunks, max_bytes=max_bytes),
        )
    return run.run_id


def objects_in_ledger() -> list[dict[str, Any]]:
    """All rows of `objects`, in the order in which they were settled, then by key."""
    with transaction() as conn:
        return conn.execute("select * from objects order by settled_at, key").fetchall()
