"""What people see of one run in the Airflow UI: its Data Docs, what it quarantined, what it changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from include.datasets import contract
from include.datasets.contract import CHUNK_REASONS, CORRECTED, CORRECTED_DOC, Contract
from include.errors import ConfigError
from include.lake import lake
from include.settings import get_settings
from include.store.attempts import Figures, published_figures
from include.store.chunks import chunks_of
from include.store.connection import Connection, transaction
from include.store.report import Change, change_counts, changes_of
from include.store.runs import Run, find_run

# Rows and detections that a page lists.
LISTED = 200
# In the order in which a page shows them; JSON in Postgres keeps none.
FATES = ("in", "loaded", "quarantined", "duplicate", "held")
# Characters of a quarantined line that a page shows.
SHOWN = 300


class Line(NamedTuple):
    """A quarantined line: its object, its number in it (0: the whole object), why, and its text."""

    key: str
    line: int
    reason: str
    text: str


@dataclass(frozen=True)
class Quarantine:
    """What a run's check set aside.

    `rows` by fate. `stopped`: chunks that were held or unreadable: status, key, reason, address of their Data
    Docs (or empty). `reasons`: code, meaning, rows. `lines`: the first ones; None if they are gone.
    """

    run: Run
    rows: dict[str, int]
    stopped: list[tuple[str, str, str, str]]
    reasons: list[tuple[str, str, int]]
    lines: list[Line] | None


@dataclass(frozen=True)
class Changes:
    """What a run's load did: {rule: {change: detections}}, and the first ones; `left_out`: by rule why it
    could not judge at the run's cut."""

    run: Run
    left_out: dict[str, str]
    counts: dict[str, dict[str, int]]
    changes: list[Change]


def docs_address(dag_id: str, dag_run_id: str) -> str:
    """Where the Data Docs of an Airflow run are: the front page if its check wrote none.

    Raises ConfigError for a run that the ledger does not know, as all functions here do.
    """
    with transaction() as conn:
        run = _run(conn, dag_id, dag_run_id)
        figures = published_figures(conn, run.run_id, "check") or {}
    return _docs(figures.get("docs"))


def quarantine_of(dag_id: str, dag_run_id: str) -> Quarantine:
    """What the check of an Airflow run set aside; nothing if it is not through."""
    with transaction() as conn:
        run = _run(conn, dag_id, dag_run_id)
        figures = published_figures(conn, run.run_id, "check") or {}
        keys = {chunk.chunk_id: chunk.first_key for chunk in chunks_of(conn, run.run_id)}
    stopped = [
        (status, one["key"], one["reason"], _docs(one["docs"]) if one["docs"] else "")
        for status in ("held", "unreadable")
        for one in figures.get(status, [])
    ]
    kind = contract(run.dataset)
    meanings = CHUNK_REASONS | kind.reasons | {CORRECTED: CORRECTED_DOC}
    reasons = [(code, meanings.get(code, ""), rows) for code, rows in figures.get("reasons", {}).items()]
    counted = figures.get("rows", {})
    rows = {fate: counted[fate] for fate in FATES if fate in counted}
    return Quarantine(run, rows, stopped, reasons, _lines(figures, kind, keys))


def changes_by(dag_id: str, dag_run_id: str) -> Changes:
    """What the load of an Airflow run did to detections."""
    with transaction() as conn:
        run = _run(conn, dag_id, dag_run_id)
        left_out = (published_figures(conn, run.run_id, "detect") or {}).get("left_out", {})
        changes = changes_of(conn, run.run_id, LISTED)
        return Changes(run, left_out, change_counts(conn, run.run_id), changes)


def _lines(figures: Figures, kind: Contract, keys: dict[str, str]) -> list[Line] | None:
    path = figures.get("quarantine_path")
    if not path:
        return []
    try:
        rows = lake().first_rows(path, LISTED).to_pylist()
    except FileNotFoundError:  # they were kept for as long as the settings say
        return None
    # what a dataset's people want hidden may stand anywhere in a line that was not understood
    hidden = any(field.personal for field in kind.fields)
    return [
        Line(
            keys.get(row["chunk_id"], row["chunk_id"][:16]),
            row["line"],
            row["reason"],
            "" if hidden else (row["raw"] or b"").decode(errors="replace")[:SHOWN],
        )
        for row in rows
    ]


def _run(conn: Connection, dag_id: str, dag_run_id: str) -> Run:
    run = find_run(conn, dag_id=dag_id, dag_run_id=dag_run_id)
    if run is None:
        raise ConfigError(
            f"the ledger knows no run {dag_run_id} of {dag_id}: its task land did not come so far"
        )
    return run


def _docs(path: str | None) -> str:
    return f"{get_settings().docs_url.rstrip('/')}/{path or 'index.html'}"
