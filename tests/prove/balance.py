"""What must be true of the ledger, the state and the detections after any history of these chunks."""

from __future__ import annotations

from collections import Counter

from include.lake import lake
from include.stages.load import holding
from include.store.connection import transaction
from include.store.evaluations import newest_evaluations
from tests.prove.chunks import Chunks

Episode = tuple[str, tuple[str, ...], str, str, str, str]


def expect(what: str, found: object, expected: object) -> None:
    """Raises AssertionError that says both, unless they are equal."""
    if found != expected:
        raise AssertionError(f"{what}: found {found!r}, expected {expected!r}")


def check_balance(made: Chunks, profile: str = "default") -> None:
    """Each chunk is in the ledger and in the state exactly once, with all of its rows, and what the newest
    evaluations hold is open. Raises AssertionError saying what is not.
    """
    with transaction() as conn:
        chunks = conn.execute("select * from chunks where dataset = 'transactions'").fetchall()
        deltas = conn.execute("select path from deltas where dataset = 'transactions'").fetchall()
        evaluations = newest_evaluations(conn, "transactions", profile)
        opened = conn.execute(
            "select rule, entity from detections where closed_at is null and profile = %s", [profile]
        ).fetchall()
        left = conn.execute("select count(*) as n from objects where outcome = 'claimed'").fetchone()
    expect("chunks", sorted(chunk["chunk_id"] for chunk in chunks), sorted(set(made.ids)))
    expect("their statuses", {chunk["status"] for chunk in chunks}, {"aggregated"})
    fate = {name: sum(chunk[f"rows_{name}"] for chunk in chunks) for name in FATES}
    good = made.lines - made.bad
    expected = {"in": made.lines, "loaded": good, "quarantined": made.bad, "duplicate": 0, "held": 0}
    expect("rows by fate", fate, expected)
    expect("claims left open", left, {"n": 0})

    transactions: Counter[str] = Counter()
    for delta in deltas:
        columns = lake().read_parquet(delta["path"], columns=["chunk_id", "transactions"])
        for total in columns.group_by("chunk_id").aggregate([("transactions", "sum")]).to_pylist():
            transactions[total["chunk_id"]] += total["transactions_sum"]
    loaded = {chunk["chunk_id"]: chunk["rows_loaded"] for chunk in chunks if chunk["rows_loaded"]}
    expect("transactions in the state, by chunk", dict(transactions), loaded)

    held = {
        (one.rule, *sorted(row.entity.items())) for one in evaluations for row in holding("transactions", one)
    }
    expect("open detections", {(row["rule"], *sorted(row["entity"].items())) for row in opened}, held)
    if len(opened) != len(held) or not held:
        raise AssertionError(f"{len(opened)} open detections of {len(held)} entities")


FATES = ("in", "loaded", "quarantined", "duplicate", "held")


def episodes() -> list[Episode]:
    """All detections recorded, sorted: rule, values of the entity, opened_cut, last_cut, closed_cut and
    close_reason, the last two empty while it is open.
    """
    with transaction() as conn:
        found = conn.execute("select * from detections").fetchall()
    return sorted(
        (
            row["rule"],
            tuple(value for _, value in sorted(row["entity"].items())),
            row["opened_cut"].isoformat(),
            row["last_cut"].isoformat(),
            row["closed_cut"].isoformat() if row["closed_cut"] else "",
            row["close_reason"] or "",
        )
        for row in found
    )
