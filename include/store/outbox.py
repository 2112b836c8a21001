"""The outbox: deliveries of incidents to channels, each claimed by one sender at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from include.store.connection import Connection, execute, fetch_all, fetch_one, storable

Channel = Literal["log", "slack", "pagerduty", "email", "webhook"]
Event = Literal["opened", "resolved", "digest"]
Status = Literal["pending", "sent", "dead", "overflow", "digested"]


class Told(BaseModel):
    """An incident as it is now."""

    model_config = ConfigDict(frozen=True)

    incident_id: int
    fingerprint: str
    kind: str
    dataset: str
    severity: Literal["info", "warning", "critical"]
    title: str
    body: dict[str, Any]
    run_id: int | None
    repeats: int
    opened_at: datetime
    last_at: datetime
    resolved_at: datetime | None
    resolution: dict[str, Any] | None


class Delivery(BaseModel):
    """A message on its way to one channel; all its tries carry the same `idempotency_key`.

    `opening`: of a resolution, what became of the message that told of the incident; else None.
    """

    model_config = ConfigDict(frozen=True)

    delivery_id: int
    incident_id: int | None
    channel: Channel
    event: Event
    idempotency_key: UUID
    tries: int
    queued_at: datetime
    opening: Status | None


def claim_delivery(conn: Connection, *, failed: Collection[str] = ()) -> Delivery | None:
    """The delivery that is due longest, or None; nobody else can claim it until this transaction ends.

    Those to channels that `failed` just now have the last turn. The claim is a row lock and nothing more, so
    that a killed sender frees it at once.
    """
    row = fetch_one(conn, "outbox/claim", failed=list(failed))
    return Delivery.model_validate(row) if row else None


def told(conn: Connection, delivery: Delivery) -> list[Told]:
    """The incidents that the delivery tells: one, or all of a digest, the worst first."""
    rows = fetch_all(conn, "outbox/told", delivery_id=delivery.delivery_id)
    return [Told.model_validate(row) for row in rows]


def lock_channel(conn: Connection, channel: str) -> None:
    """Until this transaction ends, nobody else counts and sends what this channel's budget limits."""
    execute(conn, "outbox/lock_channel", channel=channel)


def sent_today(conn: Connection, channel: str) -> int:
    """Messages that the channel has accepted this UTC day."""
    row = fetch_one(conn, "outbox/sent_today", channel=channel)
    assert row is not None
    return int(row["sent"])


def hold_back(conn: Connection, delivery: Delivery) -> None:
    """The delivery waits for the digest of the next UTC day."""
    execute(conn, "outbox/hold_back", delivery_id=delivery.delivery_id)


def digests_due(conn: Connection) -> bool:
    """Whether something was held back until now."""
    return fetch_one(conn, "outbox/digests_due") is not None


def make_digests(conn: Connection) -> None:
    """Puts what was held back until now into a digest for each channel, to be sent like any delivery."""
    execute(conn, "outbox/make_digests")


def redeliver(conn: Connection, channel: str = "") -> Counter[str]:
    """Lets dead letters be tried anew, all or those of one channel; gives their number by channel."""
    return Counter(row["channel"] for row in fetch_all(conn, "outbox/redeliver", channel=channel))


def mark_sent(conn: Connection, delivery: Delivery) -> None:
    """The channel accepted the delivery."""
    execute(conn, "outbox/sent", delivery_id=delivery.delivery_id)


def mark_failed(conn: Connection, delivery: Delivery, *, error: str, wait: float, most_tries: int) -> str:
    """Not accepted: due again in `wait` seconds, or dead at `most_tries`; gives the new status."""
    row = fetch_one(
        conn,
        "outbox/failed",
        delivery_id=delivery.delivery_id,
        error=storable(error),
        wait=wait,
        most_tries=most_tries,
    )
    assert row is not None
    status: str = row["status"]
    return status
