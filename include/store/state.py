"""Deltas and checkpoints as published: what the state at a position is made of."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from include.errors import ContractError, Expired
from include.settings import get_settings
from include.spark_jobs.sequences.sequence import Sequence
from include.state.kinds import State
from include.state.plan import Checkpoint, Delta, StatePlan
from include.store.connection import Connection, execute, fetch_all, fetch_one

# Batches that a message names; more would hide the rest of it.
NAMED = 10


def plan_state(
    conn: Connection, state: State, cut: date, through_seq: int, base: Checkpoint | None = None
) -> StatePlan:
    """The parts that make this state at (cut, through_seq), from the cheapest checkpoint (ADR 1), or from
    `base`, which the caller has just made at an earlier cut.

    Raises ContractError naming the batches up to there that were aggregated without this kind of state, or
    with another version of it: their events would be missing. Raises Expired if retention took away what it
    needs.
    """
    if isinstance(state, Sequence):
        return _plan_sequence(conn, state, cut, through_seq)
    which = _key(state)
    position = {"cut": cut, "through_seq": through_seq}
    _miss_none(conn, state, cut, through_seq, None)
    nearest = fetch_one(conn, "state/nearest_checkpoint", **which, **position) if base is None else None
    if base is None and nearest is None:
        raise _lacking(conn, state, cut, through_seq)
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
        return plan_state(conn, state, cut, through_seq)  # from further on than `base`, where nothing lacks
    known: list[Delta] = []
    new: list[Delta] = []
    for row in rows:
        delta = Delta(row["path"], row["rows"], row["first_day"], row["last_day"])
        (known if row["known_to_base"] else new).append(delta)
    return StatePlan(state.name, cut, through_seq, checkpoint, known, new)


def _plan_sequence(conn: Connection, sequence: Sequence, cut: date, through_seq: int) -> StatePlan:
    since = sequence.since(cut)
    position = {"cut": cut, "through_seq": through_seq}
    _miss_none(conn, sequence, cut, through_seq, since)
    kept = fetch_one(conn, "state/facts", **_key(sequence), **position)
    checkpoint = Checkpoint(**kept) if kept else None
    rows = fetch_all(conn, "state/sequence_deltas", **_key(sequence), **position, since=since)
    through = checkpoint.through_seq if checkpoint else 0
    deltas = {row["seq"]: Delta(row["path"], row["rows"], row["first_day"], row["last_day"]) for row in rows}
    known = [delta for seq, delta in deltas.items() if seq <= through]
    new = [delta for seq, delta in deltas.items() if seq > through]
    if new and any(row["removed"] for row in rows):
        raise _lacking(conn, sequence, cut, through_seq)
    return StatePlan(sequence.name, cut, through_seq, checkpoint, known, new, since)


def _miss_none(conn: Connection, state: State, cut: date, through_seq: int, since: date | None) -> None:
    found = fetch_all(
        conn, "state/missing_deltas", **_key(state), cut=cut, through_seq=through_seq, since=since
    )
    if missing := [row["seq"] for row in found]:
        batches = ", ".join(map(str, missing[:NAMED])) + (", …" if len(missing) > NAMED else "")
        raise ContractError(
            f"the state {state.name}, version {state.version}, of {state.dataset} lacks {len(missing)} of "
            f"the batches up to {through_seq} ({batches}): they were aggregated before it was there. Go back "
            "to the version that has them, or feed the data again into an empty home (another VIGIL_HOME, or "
            "`make clean`)"
        )


def record_delta(conn: Connection, run_id: int, state: State, seq: int, delta: Delta) -> None:
    """Publishes a batch's contribution; the caller's transaction has allotted `seq`."""
    execute(
        conn,
        "state/record_delta",
        **_key(state),
        seq=seq,
        path=delta.path,
        rows=delta.rows,
        first_day=delta.first_day,
        last_day=delta.last_day,
        run_id=run_id,
        days=state.days if isinstance(state, Sequence) else None,
    )


def record_checkpoint(conn: Connection, run_id: int, state: State, checkpoint: Checkpoint) -> None:
    """Publishes state kept whole; nothing changes if its position has one."""
    execute(
        conn,
        "state/record_checkpoint",
        **_key(state),
        cut=checkpoint.cut,
        through_seq=checkpoint.through_seq,
        path=checkpoint.path,
        rows=checkpoint.rows,
        run_id=run_id,
    )


def earliest_cut(conn: Connection, states: Iterable[State]) -> date | None:
    """The first cut at which new evaluations still have all of these states; None: at any.

    Before it retention took away deltas (ADR 11): such cuts are what they were when they were last evaluated.
    """
    horizons = (_horizon(conn, state) for state in states)
    return max((row["cut"] for row in horizons if row), default=None)


def _horizon(conn: Connection, state: State) -> dict[str, Any] | None:
    if isinstance(state, Sequence):
        return fetch_one(conn, "state/sequence_horizon", **_key(state))
    return fetch_one(conn, "state/horizon", **_key(state))


def _lacking(conn: Connection, state: State, cut: date, through_seq: int) -> Expired:
    days = get_settings().retention_state_days
    horizon = _horizon(conn, state)
    still = (
        f"cuts from {horizon['cut']} on, through batch {horizon['through_seq']} or later"
        if horizon
        else "none"
    )
    return Expired(
        f"the state of {state.name} of {state.dataset} at cut {cut}, through batch {through_seq}, is "
        f"gone: deltas that it needs were removed by retention (VIGIL_RETENTION_STATE_DAYS, now {days:g}). "
        f"What can still be evaluated: {still}"
    )


def _key(state: State) -> dict[str, int | str]:
    return {"dataset": state.dataset, "aggregate": state.name, "version": state.version}
