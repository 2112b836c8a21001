"""Generated transactions as check leaves them: good events by batch and day, and a ledger that knows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import count, pairwise
from pathlib import Path
from typing import Any

import duckdb

from include.lake import Lake, lake
from include.stages.start import start
from include.store.chunks import ChunkVerdict, Delivery, land_chunks, record_checked
from include.store.connection import transaction
from include.store.references import publish_version

HERE = Path(__file__).parent
CHUNK_ROWS = 10_000
BATCH_CHUNKS = 50  # the default of the setting max_chunks
EPOCH = date(2026, 1, 1)
REFERENCE = "reference/importance/generated"
REFERENCE_ID = "0" * 64
_numbers = count(1)


@dataclass(frozen=True)
class Generated:
    """A history of `rows` events, and the batches that follow it; the population is the same at any size."""

    rows: int
    pairs: int = 30_000
    customers: int = 6_000
    merchants: int = 50
    seed: int = 1

    @property
    def rows_a_day(self) -> int:
        """As many as a chunk has, but no history is longer than 600 days."""
        return max(CHUNK_ROWS, self.rows // 600)

    @property
    def batches(self) -> list[Batch]:
        """The history in batches of up to 50 chunks."""
        borders = [*range(0, self.rows, BATCH_CHUNKS * CHUNK_ROWS), self.rows]
        return [Batch(self, a, b) for a, b in pairwise(borders)]

    @property
    def next_chunk(self) -> Batch:
        """The one chunk that comes after the history."""
        return Batch(self, self.rows, self.rows + CHUNK_ROWS)

    def cut(self, rows: int) -> date:
        """The end of the newest day among the first `rows`."""
        return EPOCH + timedelta(days=(rows - 1 + self.rows_a_day // 3) // self.rows_a_day + 1)

    def write(self, into: Lake) -> None:
        """Writes all events and importance to a lake, as the stages before aggregate would have."""
        with duckdb.connect() as con:
            for batch in [*self.batches, self.next_chunk]:
                batch.write(con, into)
            made = (HERE / "weights.sql").read_text()
            con.execute(
                f"create table weights as {made}", self._parameters("pairs", "customers", "merchants", "seed")
            )
            folder = Path(into.path(REFERENCE))
            folder.mkdir(parents=True)
            con.table("weights").write_parquet(into.path("weights.parquet"))
            con.table("weights").aggregate(
                "customer, merchant, sum(weight_micro)::bigint as weight_sum_micro, count(*) as weight_count",
                "customer, merchant",
            ).order("customer, merchant").write_parquet(str(folder / "part-0.parquet"))

    def publish_weights(self) -> None:
        """Records the importance as a published version."""
        run_id = _open("importance")
        with transaction() as conn:
            publish_version(conn, "importance", REFERENCE_ID, REFERENCE, self.pairs, run_id)

    def _parameters(self, *names: str) -> dict[str, Any]:
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True)
class Batch:
    """The events numbered from `first` to before `last`."""

    of: Generated
    first: int
    last: int

    @property
    def path(self) -> str:
        """Where they are in the lake."""
        return f"events/transactions/rows={self.first}"

    def write(self, con: duckdb.DuckDBPyConnection, into: Lake) -> None:
        """Writes them, a file per day."""
        folder = Path(into.path(self.path))
        folder.parent.mkdir(parents=True, exist_ok=True)
        values = self.of._parameters("pairs", "customers", "merchants", "rows_a_day", "seed")
        values |= {
            "first_row": self.first,
            "last_row": self.last,
            "chunk_rows": CHUNK_ROWS,
            "epoch": EPOCH.isoformat(),
        }
        made = (HERE / "events.sql").read_text()
        target = str(folder).replace("'", "''")
        con.execute(f"copy ({made}) to '{target}' (format parquet, partition_by (event_day))", values)

    def verdicts(self) -> list[ChunkVerdict]:
        """What check would have said of their chunks."""
        table = lake().read_parquet(self.path, columns=["chunk_id", "event_day"])
        table = table.group_by("chunk_id").aggregate(
            [("event_day", "min"), ("event_day", "max"), ([], "count_all")]
        )
        return [
            ChunkVerdict(
                row["chunk_id"],
                "checked",
                rows_in=row["count_all"],
                rows_loaded=row["count_all"],
                rows_quarantined=0,
                rows_duplicate=0,
                rows_held=0,
                first_day=date.fromisoformat(str(row["event_day_min"])),
                last_day=date.fromisoformat(str(row["event_day_max"])),
                events_path=self.path,
            )
            for row in table.to_pylist()
        ]


def open_checked(batches: Sequence[Batch]) -> int:
    """Opens a run whose chunks are those of the batches, all checked; gives its id."""
    run_id = _open("transactions")
    verdicts = [verdict for batch in batches for verdict in batch.verdicts()]
    with transaction() as conn:
        landed = [Delivery(one.chunk_id, 0, f"transaction_chunks/{one.chunk_id}.csv") for one in verdicts]
        land_chunks(conn, "transactions", run_id, landed)
        record_checked(conn, run_id, verdicts)
    return run_id


def _open(dataset: str) -> int:
    number = next(_numbers)
    started = datetime(2026, 3, 1, tzinfo=UTC) + timedelta(minutes=number)
    return start(dataset=dataset, dag_id=dataset, dag_run_id=f"bench-{number}", started_at=started)
