"""The ways an incident reaches on-call people: a structured log, and a webhook.

Either may see the same message twice, when its sender was killed after the channel had accepted it and before
that was written down: both carry the delivery's idempotency key. The log leaves a second one out; a webhook's
receiver is told by the header `Idempotency-Key`.
"""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any
from uuid import UUID

from include.errors import DeliveryError
from include.settings import get_settings

log = logging.getLogger("vigil.alerts")

LEVELS = {"info": logging.INFO, "warning": logging.WARNING, "critical": logging.CRITICAL}


def alerts_file() -> Path:
    """Where the structured log is kept, one JSON object a line: `<home>/logs/alerts.jsonl`."""
    return get_settings().home / "logs" / "alerts.jsonl"


def send(channel: str, message: dict[str, Any], key: UUID) -> None:
    """Hand a message (JSON values only) to a channel. Raises DeliveryError if it is not accepted."""
    if channel == "log":
        _append(message, str(key))
    elif channel == "webhook":
        _post(message, str(key))
    else:
        raise DeliveryError(f"there is no channel {channel!r}; valid: log, webhook")


def _append(message: dict[str, Any], key: str) -> None:
    line = json.dumps({"idempotency_key": key, **message}, ensure_ascii=False, sort_keys=True)
    file = alerts_file()
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("a+b", buffering=0) as out:
            out.seek(0)
            if any(key.encode() in known for known in out):
                return
            out.write(line.encode() + b"\n")
    except OSError as error:
        raise DeliveryError(f"{file} cannot be written: {error}") from error
    log.log(LEVELS[message["severity"]], "%s", line)


def _post(message: dict[str, Any], key: str) -> None:
    import httpx

    settings = get_settings()
    if not settings.webhook_url:
        raise DeliveryError("no webhook is set: VIGIL_WEBHOOK_URL is empty")
    try:
        response = httpx.post(
            settings.webhook_url,
            json={"text": message["title"], **message},
            headers={"Idempotency-Key": key},
            timeout=settings.webhook_timeout,
        )
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise DeliveryError(f"the webhook gave no answer: {type(error).__name__} {error}") from error
    if not response.is_success:
        raise DeliveryError(f"the webhook answered {response.status_code}: {response.text[:200]}")
