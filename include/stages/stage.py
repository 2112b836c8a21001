"""How every stage runs: an attempt that computes, then one transaction that makes it count (ADR 2)."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import uuid4

from include.errors import Superseded
from include.settings import get_settings
from include.store.attempts import (
    Attempt,
    Figures,
    abandoned_sessions,
    add_figures,
    note_session,
    publish_attempt,
    published_figures,
    start_attempt,
)
from include.store.connection import Connection, transaction
from include.store.runs import Run, get_run

if TYPE_CHECKING:
    from include.spark_jobs.session import SparkWork

log = logging.getLogger("vigil.stages")


def _publish_nothing(conn: Connection) -> None:
    """For stages whose attempt row is all that there is to publish."""


@dataclass(frozen=True)
class Outcome:
    """What an attempt made: `figures` (JSON, kept with the attempt), and how to make it count.

    `publish` runs inside the publishing transaction, and not at all in a dry run. What it gives, if anything,
    is added to the figures: what only that transaction can know, as a sequence number.
    """

    figures: Figures
    publish: Callable[[Connection], Figures | None] = _publish_nothing
    output: str | None = None
    operations: list[str] = field(default_factory=list)


def run_stage(stage: str, run_id: int, work: Callable[[Run, Attempt], Outcome]) -> Figures:
    """Runs one attempt of the stage and publishes it; a stage published already gives its figures again.

    Raises Superseded if a newer attempt took over and has not published yet, and whatever `work` raises.
    """
    with transaction() as conn:
        if (earlier := published_figures(conn, run_id, stage)) is not None:
            return earlier
        run = get_run(conn, run_id)
        attempt = start_attempt(conn, run_id, stage)
    log.info("%s: run %d, attempt %d of %s", stage, run_id, attempt.number, run.dataset)
    outcome = work(run, attempt)
    figures = outcome.figures
    try:
        with transaction() as conn:
            publish_attempt(conn, attempt, figures, output=outcome.output, operations=outcome.operations)
            if not run.dry_run and (added := outcome.publish(conn)):
                add_figures(conn, attempt, added)
                figures = figures | added
    except Superseded:
        with transaction() as conn:
            if (theirs := published_figures(conn, run_id, stage)) is not None:
                return theirs
        raise
    log.info("%s: run %d published %s", stage, run_id, figures)
    return figures


@contextmanager
def spark_for(attempt: Attempt) -> Iterator[SparkWork]:
    """A Spark session of the attempt's own, recorded before use; those of killed attempts are ended first.

    What they had persisted is dropped too: the server would keep it for every session until it is restarted.
    """
    from include.spark_jobs.session import end_session, spark_work

    remote = get_settings().spark_remote
    session = uuid4()
    with transaction() as conn:
        abandoned = abandoned_sessions(conn, attempt)
        note_session(conn, attempt, session)
    for old in abandoned:
        end_session(remote, old)
    with spark_work(remote, session) as work:
        # Of all sessions, since the cache is the server's; the pool lets no other work here, and a cache that
        # someone misses costs time alone.
        work.spark.catalog.clearCache()
        yield work
