"""Canaries in the datasets about people, under the whole stack: found nowhere that people or tools look."""

from __future__ import annotations

import time
from collections.abc import Iterator

from include.errors import StackError
from include.lake import bucket
from include.settings import Settings
from include.store.connection import transaction
from stack.wait import wait_until_through
from tests import canaries
from tests.airflow_api import AirflowApi
from tests.full_stack import full_stack
from tests.integration.receiver import receiving
from tests.prove.balance import expect

SECONDS = 900.0


def prove() -> Iterator[str]:
    """How many values and secrets were looked for, after all that could tell them has happened."""
    few = {"contact_scraping": {"per_minute": 2}}
    fast = {"settle_seconds": 0, "poll_seconds": 1}
    with receiving(200) as hook, full_stack(**fast, rule_parameters=few, webhook_url=hook.url) as settings:
        _feed(AirflowApi(settings), settings)
        canaries.search(settings, b"\n".join(hook.bodies))
        secrets = len(canaries.secrets_of(settings.home))
    yield f"{len(canaries.PEOPLES)} personal values, {secrets} secrets: found nowhere but where they may be"


def _feed(airflow: AirflowApi, settings: Settings) -> None:
    """Rows that Postgres refuses at first, bad rows, a held chunk, detections, a task that fails for good."""
    with transaction() as conn:
        conn.execute(
            f"alter table vault add constraint {canaries.CONSTRAINT} check (kind <> 'place') not valid"
        )
    canaries.feed_activity()
    canaries.feed_others()
    bucket().put(canaries.SHIFTED_KEY, canaries.shifted_corrections())
    run = airflow.trigger("redrive", {"dataset": "contact_requests", "key": canaries.SHIFTED_KEY})
    expect("a file of corrections with shifted columns", airflow.wait("redrive", run), "failed")
    deadline = time.monotonic() + SECONDS
    while canaries.CONSTRAINT not in (settings.home / "logs" / "postgres.log").read_text():
        if time.monotonic() > deadline:
            raise AssertionError("the vault refused nothing, so this proves nothing")
        time.sleep(0.5)
    with transaction() as conn:
        conn.execute(f"alter table vault drop constraint {canaries.CONSTRAINT}")
    try:
        wait_until_through(SECONDS)
    except StackError as error:
        if f"{canaries.HELD_FILE} is held" not in str(error):
            raise
    else:
        raise AssertionError(f"{canaries.HELD_FILE} was not held")
