"""Chunks with quarantined rows as check leaves them, without its work, and files of corrections for them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path

from include.datasets import contract
from include.lake import lake
from include.stages.corrections import Place
from include.store.chunks import ChunkVerdict, Delivery, land_chunks, record_aggregated, record_checked
from include.store.connection import transaction
from tests.integration.ledger import open_test_run

# Bad rows of a chunk: line -> reason and bytes.
Bad = Mapping[int, tuple[str, bytes]]
STEPS: Bad = {2: ("bad_step", b"x,'C1'"), 4: ("bad_step", b"y,'C2'"), 5: ("blank_line", b"")}


def sha(name: str) -> str:
    return sha256(name.encode()).hexdigest()


def quarantined(
    name: str,
    bad: Bad,
    *,
    status: str = "aggregated",
    dataset: str = "transactions",
    columns: Sequence[str] | None = None,
    data: bytes | None = None,
) -> str:
    """A chunk of ten rows as check left it, these of them in quarantine; gives its id. Its run is over.

    Of its bytes, the lake has the header alone: the columns in the contract's order, or these; or `data`.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    chunk_id, run_id = sha(name), open_test_run(dataset=dataset)
    path = f"quarantine/{dataset}/run={run_id}/attempt=1"
    rows = [
        {"chunk_id": chunk_id, "line": line, "reason": reason, "raw": raw}
        for line, (reason, raw) in bad.items()
    ]
    folder = Path(lake().path(path))
    folder.mkdir(parents=True)
    pq.write_table(pa.Table.from_pylist(rows), folder / "part-0.parquet")
    chunk = Path(lake().path(lake().chunk_path(dataset, chunk_id)))
    chunk.parent.mkdir(parents=True)
    header = ",".join(columns or contract(dataset).columns) + "\n"
    chunk.write_bytes(header.encode() if data is None else data)
    good = 10 - len(bad)
    held = good if status == "held" else 0
    verdict = ChunkVerdict(
        chunk_id,
        "held" if held else "checked",
        "mix" if held else None,
        rows_in=10,
        rows_loaded=good - held,
        rows_quarantined=len(bad),
        rows_duplicate=0,
        rows_held=held,
        quarantine_path=path,
        reasons=dict(Counter(reason for reason, _ in bad.values())),
    )
    if status == "unreadable":
        verdict = ChunkVerdict(chunk_id, "unreadable", "bad_header", quarantine_path=path)
    with transaction() as conn:
        land_chunks(conn, dataset, run_id, [Delivery(chunk_id, 1, f"chunks/{name}.csv")])
        if status != "landed":
            record_checked(conn, run_id, [verdict])
        if status == "aggregated":
            record_aggregated(conn, run_id, dataset, [chunk_id])
        conn.execute("update runs set status = 'succeeded' where run_id = %s", [run_id])
    return chunk_id


def corrections(rows: Mapping[Place, str]) -> bytes:
    header = "chunk_id,line,raw\n"
    return (header + "".join(f'{chunk},{line},"{raw}"\n' for (chunk, line), raw in rows.items())).encode()
