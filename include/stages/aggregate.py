"""Aggregate: the events of newly checked chunks become deltas of the state, and the run learns its cut.

Of a reference dataset, each checked chunk becomes a version instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from include.datasets import contract
from include.lake import lake
from include.stages.stage import Outcome, run_stage, spark_for
from include.state.kinds import states
from include.state.plan import Delta
from include.store.attempts import Attempt, Figures, published_figures
from include.store.chunks import chunks_of, current_seq, newest_event_day, record_aggregated
from include.store.connection import Connection, transaction
from include.store.references import publish_version
from include.store.runs import Run, pin_position
from include.store.state import record_delta


def aggregate(run_id: int) -> Figures:
    """Aggregates and publishes what the run has checked, and pins the run's position (ADR 1).

    Figures: `chunks`, `seq` of the batch (None in a dry run and where there was nothing), `cut` (the end of
    the run's interval, else the day after the newest event day known, in the dataset's zone; None without
    events), `through_seq`, and by state the `deltas` written. Raises Superseded if another attempt or
    run took over.
    """
    return run_stage("aggregate", run_id, _aggregate)


def _aggregate(run: Run, attempt: Attempt) -> Outcome:
    chunks = _checked(run)
    # A chunk of which every row was quarantined has no events, and is published all the same.
    sources = {chunk_id: path for chunk_id, path in chunks.items() if path}
    if contract(run.dataset).kind == "reference":
        versions, operations = _write_versions(run, attempt, sources) if sources else ({}, [])
        figures = {"chunks": list(chunks), "deltas": {}, **_position(run, None)}

        def publish(conn: Connection) -> Figures:
            position = _publish(conn, run, list(chunks), {})
            for chunk_id, (path, rows) in versions.items():
                publish_version(conn, run.dataset, chunk_id, path, rows, run.run_id)
            return position
    else:
        deltas, operations = _write_deltas(run, attempt, sources) if sources else ({}, [])
        newest = max((delta.last_day for delta in deltas.values()), default=None)
        written = {name: _as_figures(delta) for name, delta in deltas.items()}
        figures = {"chunks": list(chunks), "deltas": written, **_position(run, newest)}

        def publish(conn: Connection) -> Figures:
            return _publish(conn, run, list(chunks), deltas)

    return Outcome(figures, publish, operations=operations)


def _checked(run: Run) -> dict[str, str | None]:
    """The chunks that this run publishes -> where their events are, in the order in which they landed."""
    with transaction() as conn:
        if not run.dry_run:
            return {chunk.chunk_id: chunk.events_path for chunk in chunks_of(conn, run.run_id, "checked")}
        checked = published_figures(conn, run.run_id, "check") or {}
    return dict.fromkeys(checked.get("checked", []), checked.get("events_path"))


def _write_deltas(
    run: Run, attempt: Attempt, sources: Mapping[str, str]
) -> tuple[dict[str, Delta], list[str]]:
    """Writes a delta per kind of state; gives those that have rows, and Spark's operations."""
    from include.spark_jobs.aggregate import read_events, write_delta

    store = lake()
    deltas = {}
    with spark_for(attempt) as work:
        paths = [store.path(path) for path in sorted(set(sources.values()))]
        events = read_events(work.spark, contract(run.dataset), paths, list(sources))
        for name, kind in states(run.dataset).items():
            path = f"state/{run.dataset}/{name}/v{kind.version}/deltas/{attempt.folder}"
            write_delta(events, kind, store.path(path))
            if delta := _written(path):
                deltas[name] = delta
    return deltas, work.operations


def _written(path: str) -> Delta | None:
    """What was written there as a delta; None if that is nothing."""
    import pyarrow.compute as pc

    days = lake().read_parquet(path, columns=["event_day"])["event_day"]
    if len(days) == 0:
        return None
    bounds = pc.min_max(days)
    return Delta(path, len(days), bounds["min"].as_py(), bounds["max"].as_py())


def _write_versions(
    run: Run, attempt: Attempt, sources: Mapping[str, str]
) -> tuple[dict[str, tuple[str, int]], list[str]]:
    """Writes each chunk as a version; gives {chunk id: (path, rows)}, and Spark's operations."""
    from include.spark_jobs.reference import build_reference

    store = lake()
    versions = {}
    with spark_for(attempt) as work:
        for number, (chunk_id, events_path) in enumerate(sources.items()):
            path = f"reference/{run.dataset}/{attempt.folder}/{number}"
            rows = build_reference(
                work.spark, contract(run.dataset), store.path(events_path), [chunk_id], store.path(path)
            )
            versions[chunk_id] = (path, rows)
    return versions, work.operations


def _position(run: Run, newest: date | None) -> Figures:
    """Where the run stands before it publishes: all that is known, and its own newest day."""
    with transaction() as conn:
        through_seq = current_seq(conn, run.dataset)
        days = [day for day in (newest, newest_event_day(conn, run.dataset, through_seq)) if day]
    cut = _cut(run, max(days, default=None))
    return {"seq": None, "cut": cut.isoformat() if cut else None, "through_seq": through_seq}


def _cut(run: Run, newest: date | None) -> date | None:
    """What the run is to evaluate: its interval's end, else the end of the newest event day; None as long as
    there is no event, since nothing can be said then."""
    return (run.scope.cut or newest + timedelta(days=1)) if newest else None


def _publish(conn: Connection, run: Run, chunk_ids: list[str], deltas: Mapping[str, Delta]) -> Figures:
    """Makes the batch count under the next sequence number, and pins the position that includes it."""
    seq = None
    if chunk_ids:
        seq = record_aggregated(conn, run.run_id, run.dataset, chunk_ids)
        for name, delta in deltas.items():
            record_delta(conn, run.run_id, states(run.dataset)[name], seq, delta)
    through_seq = current_seq(conn, run.dataset)
    cut = _cut(run, newest_event_day(conn, run.dataset, through_seq))
    pin_position(conn, run.run_id, cut, through_seq)
    return {"seq": seq, "cut": cut.isoformat() if cut else None, "through_seq": through_seq}


def _as_figures(delta: Delta) -> Figures:
    return {
        "path": delta.path,
        "rows": delta.rows,
        "first_day": delta.first_day.isoformat(),
        "last_day": delta.last_day.isoformat(),
    }
