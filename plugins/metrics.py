"""The platform's measures beside Airflow's own metrics: to where, and only if, Airflow sends those.

They are told by the triggerer, which is always there: a task's process is gone before a gauge of its own has
been looked at twice. Whichever of its triggers looks next tells them, so that a paused one is not missed.
"""

from __future__ import annotations

import asyncio
import logging
import time
from functools import cache
from types import ModuleType

log = logging.getLogger("vigil.metrics")

# Seconds between two tellings.
EVERY = 15.0

_next = 0.0


async def tell_if_due() -> None:
    """Tells the measures unless they have just been told; raises nothing."""
    global _next
    if time.monotonic() < _next:
        return
    _next = time.monotonic() + EVERY
    try:
        await asyncio.to_thread(tell)
    except Exception:
        # A backend of Airflow's metrics may raise anything, and the trigger that calls this looks for work,
        # which must not end because those who only watch cannot be told. The log has what it was.
        log.exception("the platform's measures cannot be told")


def tell() -> None:
    """Sets a gauge of Airflow's for each measure now, if Airflow sends metrics at all."""
    from include.store.connection import transaction
    from include.store.measures import measures

    stats = airflows_metrics()
    if stats is None:
        return
    with transaction() as conn:
        found = measures(conn)
    for measure in found:
        stats.gauge(measure.name, measure.value, tags=measure.labels)


@cache
def airflows_metrics() -> ModuleType | None:
    """Airflow's metrics, sent as its section [metrics] says; None if that says nothing.

    The triggers' process has not been told to send any by Airflow itself.
    """
    from airflow.sdk._shared.observability.metrics.base_stats_logger import NoStatsLogger
    from airflow.sdk.observability import stats
    from airflow.sdk.observability.metrics.stats_utils import get_stats_factory

    factory = get_stats_factory()
    if factory is NoStatsLogger:
        return None
    stats.initialize(factory=factory, export_legacy_names=False)
    return stats
