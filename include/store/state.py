"""Deltas and checkpoints as published: what the state at a position is made of."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from include.errors import ContractError, Expired
from include.settings import get_settings
from include.spark_jobs.aggregates.aggregate import Aggregate
from include.state.plan import Checkpoint, Delta, StatePlan
from include.store.connection import Connection, execute, fetch_all, fetch_one

# Batches that a message names; more would hide the rest of it.
NAMED = 10


def plan_state(
    conn: Connection, aggregate: Aggregate, cut: date, through_seq: int, base: Checkpoint | None = None
) -> StatePlan:
    """The parts that make this aggregate's state at (cut, through_seq), from the cheapest checkpoint (ADR 1),
    or from `base`, which the caller has just made at an earlier cut.

    Raises ContractError naming the batches up to there that were aggregated without this aggregate, or with
    another version of it: their events would be missing. Raises Expired if retention took away what it needs.
    """
    which = _key(aggregate)
    position = {"cut": cut, "through_seq": through_seq}
    if missing := [row["seq"] for row in fetch_all(conn, "state/missing_deltas", **which, **position)]:
        batches = ", ".join(map(str, missing[:NAMED])) + (", …" if len(missing) > NAMED else "")
        raise ContractError(
            f"aggregate {aggregate.name}, version {aggregate.version}, of {aggregate.dataset} lacks "
            f"{len(missing)} of the batches up to {through_seq} ({batches}): they were aggregated before it "
            "was there. Go back to the version that has them, or feed the data again into an empty home "
            "(another VIGIL_HOME, or `make clean`)"
        )
    nearest = fetch_one(conn, "state/nearest_checkpoint", **which, **position) if base is None else None
    if base is None and nearest is None:
        raise _lacking(conn, aggregate, cut, through_seq)
    checkpoint = Checkpoint(**nearest) if nearest and nearest["path"] else base
    rows = fetch_all(
        conn,
        "state/deltas",
        **which,
        **position,
        base_cut=checkpoint.cut if checkpoint else None,
        base_seq=checkpoint.through_seq if checkpoint else 0,
    )
    if base and any(row["removed"] for row in rows):
        return plan_state(
            conn, aggregate, cut, through_seq
        )  # from further on than `base`, where nothing lacks
    known: list[Delta] = []
    new: list[Delta] = []
    for row in rows:
        delta = Delta(row["path"], row["rows"], row["first_day"], row["last_day"])
        (known if row["known_to_base"] else new).append(delta)
    return StatePlan(aggregate.name, cut, through_seq, checkpoint, known, new)


def record_delta(conn: Connection, run_id: int, aggregate: Aggregate, seq: int, delta: Delta) -> None:
    """Publishes a batch's contribution; the caller's transaction has allotted `seq`."""
    execute(
        conn,
        "state/record_delta",
        **_key(aggregate),
        seq=seq,
        path=delta.path,
        rows=delta.rows,
        first_day=delta.first_day,
        last_day=delta.last_day,
        run_id=run_id,
    )


def record_checkpoint(conn: Connection, run_id: int, aggregate: Aggregate, checkpoint: Checkpoint) -> None:
    """Publishes merged state; nothing changes if its position has one."""
    execute(
        conn,
        "state/record_checkpoint",
        **_key(aggregate),
        cut=checkpoint.cut,
        through_seq=checkpoint.through_seq,
        path=checkpoint.path,
        rows=checkpoint.rows,
        run_id=run_id,
    )


def earliest_cut(conn: Connection, aggregates: Iterable[Aggregate]) -> date | None:
    """The first cut at which new evaluations still have all of these aggregates' state; None: at any.

    Before it retention took away deltas (ADR 11): such cuts are what they were when they were last evaluated.
    """
    horizons = (fetch_one(conn, "state/horizon", **_key(aggregate)) for aggregate in aggregates)
    return max((row["cut"] for row in horizons if row), default=None)


def _lacking(conn: Connection, aggregate: Aggregate, cut: date, through_seq: int) -> Expired:
    days = get_settings().retention_state_days
    horizon = fetch_one(conn, "state/horizon", **_key(aggregate))
    still = (
        f"cuts from {horizon['cut']} on, through batch {horizon['through_seq']} or later"
        if horizon
        else "none"
    )
    return Expired(
        f"the state of {aggregate.name} of {aggregate.dataset} at cut {cut}, through batch {through_seq}, is "
        f"gone: deltas that it needs were removed by retention (VIGIL_RETENTION_STATE_DAYS, now {days:g}). "
        f"What can still be evaluated: {still}"
    )


def _key(aggregate: Aggregate) -> dict[str, int | str]:
    return {"dataset": aggregate.dataset, "aggregate": aggregate.name, "version": aggregate.version}
