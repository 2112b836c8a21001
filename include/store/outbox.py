"""The outbox: deliveries of incidents to channels, each claimed by one sender at a time."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from include.store.connection import Connection, execute, fetch_one, storable


class Delivery(BaseModel):
    """One incident on its way to one channel; all its tries carry the same `idempotency_key`."""

    model_config = ConfigDict(frozen=True)

    incident_id: int
    channel: Literal["log", "webhook"]
    idempotency_key: UUID
    tries: int
    fingerprint: str
    kind: str
    dataset: str
    severity: str
    title: str
    body: dict[str, Any]
    run_id: int | None
    opened_at: datetime


def claim_delivery(conn: Connection) -> Delivery | None:
    """The delivery that is due longest, or None; nobody else can claim it until this transaction ends.

    The claim is a row lock and nothing more, so that a killed sender frees it at once.
    """
    row = fetch_one(conn, "outbox/claim")
    return Delivery.model_validate(row) if row else None


def delivery_due(conn: Connection) -> bool:
    """Whether a delivery is due now that nobody is sending."""
    return fetch_one(conn, "outbox/due") is not None


def mark_sent(conn: Connection, delivery: Delivery) -> None:
    """The channel accepted the delivery."""
    execute(conn, "outbox/sent", incident_id=delivery.incident_id, channel=delivery.channel)


def mark_failed(conn: Connection, delivery: Delivery, *, error: str, wait: float, most_tries: int) -> str:
    """Not accepted: due again in `wait` seconds, or dead at `most_tries`; gives the new status."""
    row = fetch_one(
        conn,
        "outbox/failed",
        incident_id=delivery.incident_id,
        channel=delivery.channel,
        error=storable(error),
        wait=wait,
        most_tries=most_tries,
    )
    assert row is not None
    status: str = row["status"]
    return status
