"""PagerDuty, by its Events API: a connection `pagerduty_events` with the integration key as its password.

The connection's host is the API's address for other regions: https://events.eu.pagerduty.com.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from plugins.channels.connection import connection, refusals, seconds

if TYPE_CHECKING:
    from include.stages.message import Message

# What the API takes at most.
MOST_SUMMARY = 1024
MOST_KEY = 255

ACTIONS = {"opened": "trigger", "digest": "trigger", "resolved": "resolve"}


def send(message: Message) -> None:
    """Send the event once: trigger, or resolve of the same dedup_key. Raises DeliveryError if not accepted.

    An event that is sent twice changes nothing, since both are of one dedup_key. The alert of a digest is
    closed by a person.
    """
    import pagerduty
    from airflow.providers.pagerduty.hooks.pagerduty_events import PagerdutyEventsHook, prepare_event_data

    made = connection("pagerduty_conn_id", "pagerduty_events")
    # A link wants an address; a runbook without one is a path in the repository.
    paths = [(name, where) for name, where in message.links if "://" not in where]
    event = prepare_event_data(
        summary=message.headline[:MOST_SUMMARY],
        severity=message.severity,
        source="vigil",
        component=message.data.get("dataset"),
        class_type=message.data.get("kind", message.event),
        custom_details=dict([("when", message.when), *message.facts, *paths, *_rerun(message)]),
        action=ACTIONS[message.event],
        dedup_key=dedup_key(message.thread),
        links=[{"href": url, "text": name} for name, url in message.links if "://" in url],
    )
    with refusals("PagerDuty", pagerduty.Error):
        hook = PagerdutyEventsHook(pagerduty_events_conn_id=made.conn_id)
        client = pagerduty.EventsApiV2Client(hook.integration_key, base_url=made.host or None)
        # Trying again is the outbox's. The hook's own client would, for minutes, and on 429 without an end.
        client.retry = dict.fromkeys((429, 500, 502, 503, 504), 1)
        client.max_http_attempts = -1
        client.max_network_attempts = 0
        client.timeout = seconds()
        with client:
            client.send_event(**event)


def dedup_key(thread: str) -> str:
    """By what PagerDuty knows an incident: its fingerprint, or the hash of one that is too long."""
    return thread if len(thread) <= MOST_KEY else hashlib.sha256(thread.encode()).hexdigest()


def _rerun(message: Message) -> list[tuple[str, str]]:
    return [("again", message.rerun)] if message.rerun else []
