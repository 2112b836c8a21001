"""Deliver: sends what waits in the outbox to the channels, apart from the runs that put it there (ADR 9).

A channel that is down neither fails nor delays a run, and holds up no other channel.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Mapping

from include import channels
from include.errors import DeliveryError
from include.settings import get_settings
from include.stages.message import Message, message
from include.store.attempts import Figures
from include.store.connection import Connection, transaction
from include.store.outbox import (
    Delivery,
    Told,
    claim_delivery,
    digests_due,
    hold_back,
    lock_channel,
    make_digests,
    mark_failed,
    mark_sent,
    sent_today,
    told,
)

log = logging.getLogger("vigil.stages")

# Hands a message to a channel; raises DeliveryError if it is not accepted.
Sender = Callable[[Message], None]

# Seconds until a message that was not accepted is tried again: doubled each time, so that the twelve tries
# of `alert_tries` span an hour.
FIRST_WAIT = 2.0
LONGEST_WAIT = 3600.0

# Seconds after which no further message is begun: the next call goes on, long before a task's time-out.
LONGEST_PASS = 600.0

# Times the budget that a channel takes on a day, for messages as bad as this; else 1.
SHARES = {"critical": 2}


def due() -> bool:
    """Whether something is to be sent that nobody is sending."""
    with transaction() as conn:
        return claim_delivery(conn) is not None or digests_due(conn)


def deliver(senders: Mapping[str, Sender]) -> Figures:
    """Send everything that is due, one delivery at a time, each in a transaction that also marks it.

    `senders` by channel, but for the log, which is always there. A kill between a channel's acceptance and
    the mark sends the same message with the same key again. No error of a channel, of whatever type, keeps
    the other deliveries from their turn.

    Gives `sent`, `failed` (tried again later), `dead` (given up after `alert_tries`) and `held_back` (beyond
    the channel's budget of the day, and so in its next digest).
    """
    with transaction() as conn:
        make_digests(conn)
    counts = {"sent": 0, "failed": 0, "dead": 0, "held_back": 0}
    failed: set[str] = set()
    ends = time.monotonic() + LONGEST_PASS
    while time.monotonic() < ends and (outcome := _deliver_one(senders, failed)) is not None:
        counts[outcome] += 1
    return counts


def _deliver_one(senders: Mapping[str, Sender], failed: set[str]) -> str | None:
    with transaction() as conn:
        delivery = claim_delivery(conn, failed=failed)
        if delivery is None:
            return None
        if delivery.opening == "dead":
            mark_failed(conn, delivery, error="its opening was given up", wait=0, most_tries=0)
            return "dead"
        incidents = told(conn, delivery)
        left = _left(conn, delivery, incidents)
        if left <= 0:
            hold_back(conn, delivery)
            return "held_back"
        try:
            _send(senders, delivery.channel, message(delivery, incidents, last=left == 1))
        except Exception as error:  # whatever it is, it must not keep the other deliveries from their turn
            failed.add(delivery.channel)
            expected = isinstance(error, DeliveryError)
            text = str(error) if expected else f"{type(error).__name__}: {error}"
            what = f"incident {delivery.incident_id}" if delivery.incident_id else "digest"
            log.warning("%s, %s: %s", what, delivery.channel, text, exc_info=None if expected else error)
            return _failed(conn, delivery, text)
        mark_sent(conn, delivery)
        return "sent"


def _send(senders: Mapping[str, Sender], channel: str, words: Message) -> None:
    if channel == "log":
        channels.write(words.data, words.key)
    elif channel in senders:
        senders[channel](words)
    else:
        raise DeliveryError(f"there is no channel {channel!r}; there are log, {', '.join(sorted(senders))}")


def _left(conn: Connection, delivery: Delivery, incidents: list[Told]) -> float:
    """How many messages as bad as this the channel takes today, from this one on.

    The log takes all. So does any channel the digest of what was beyond, and a resolution whose opening it
    was told of.
    """
    if delivery.opening == "overflow":
        return 0
    if delivery.channel == "log" or delivery.event != "opened":
        return math.inf
    lock_channel(conn, delivery.channel)
    most = get_settings().alert_budget * SHARES.get(incidents[0].severity, 1)
    return most - sent_today(conn, delivery.channel)


def _failed(conn: Connection, delivery: Delivery, text: str) -> str:
    wait = min(FIRST_WAIT * 2**delivery.tries, LONGEST_WAIT)
    most = get_settings().alert_tries
    status = mark_failed(conn, delivery, error=text, wait=wait, most_tries=most)
    return "dead" if status == "dead" else "failed"
