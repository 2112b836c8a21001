"""A webhook of one's own: JSON by POST, signed, by a connection `http` with the key as its password.

A receiver makes sure of sender, age and content with

    expected = hmac.new(key, timestamp + b"." + body, hashlib.sha256).hexdigest()
    hmac.compare_digest(f"v1={expected}", headers["Vigil-Signature"])

where `timestamp` is the header `Vigil-Timestamp`, Unix seconds as sent, of which it refuses those that are
minutes old, and `body` the bytes as received. All tries of a message carry one `Idempotency-Key`, of which it
keeps the first. A webhook without a connection (VIGIL_WEBHOOK_URL) is the same, unsigned.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from include.errors import DeliveryError
from include.settings import get_settings
from plugins.channels.connection import connection, refusals

if TYPE_CHECKING:
    from airflow.sdk import Connection

    from include.stages.message import Message


def send(message: Message) -> None:
    """POST the message once. Raises DeliveryError unless the answer is a 2xx."""
    from airflow.providers.http.hooks.http import HttpHook

    made = _connection()

    class Hook(HttpHook):
        """Of the connection that was found or made."""

        @classmethod
        def get_connection(cls, conn_id: str) -> Connection:
            return made

    body = json.dumps({"text": message.headline, **message.data})
    headers = {"Content-Type": "application/json", "Idempotency-Key": str(message.key)}
    if made.password:
        headers |= signature(made.password, body.encode(), int(time.time()))
    options = {"timeout": get_settings().alert_timeout, "allow_redirects": False, "check_response": False}
    with refusals("the webhook", secret=_path(made)):
        answer = Hook(http_conn_id=made.conn_id).run(data=body, headers=headers, extra_options=options)
    if not 200 <= answer.status_code < 300:
        raise DeliveryError(f"the webhook answered {answer.status_code}: {answer.text[:200]}")


def signature(key: str, body: bytes, timestamp: int) -> dict[str, str]:
    """The headers that sign a body."""
    signed = hmac.new(key.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()
    return {"Vigil-Timestamp": str(timestamp), "Vigil-Signature": f"v1={signed}"}


def _path(made: Connection) -> str:
    """What comes after the server's name: many services take it for the key, and so it stays out of logs."""
    from airflow.sdk.log import mask_secret

    parts = urlsplit(made.host or "")
    path = parts._replace(scheme="", netloc="").geturl().rstrip("/")
    if path:
        mask_secret(path)
    return path


def _connection() -> Connection:
    from airflow.sdk import Connection

    settings = get_settings()
    if settings.webhook_conn_id or not settings.webhook_url:
        return connection("webhook_conn_id", "http")
    return Connection(conn_id="vigil_webhook", conn_type="http", host=settings.webhook_url)
