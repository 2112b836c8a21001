"""The channel that is always there: a structured log of every message, which needs nothing but a disk.

The others are Airflow's own hooks, in plugins/channels. A log may be handed the same message twice, when its
sender was killed after writing it and before that was recorded: the second one, of the same key, is left
out, unless a mebibyte of others came in between.
"""

from __future__ import annotations

import json
import logging
import os
from pathlib import Path
from typing import Any
from uuid import UUID

from include.errors import DeliveryError
from include.settings import get_settings

log = logging.getLogger("vigil.alerts")

# A message that is sent again is one of the newest.
TAIL_BYTES = 1 << 20

LEVELS = {"info": logging.INFO, "warning": logging.WARNING, "critical": logging.CRITICAL}


def alerts_file() -> Path:
    """Where the structured log is kept, one JSON object a line: `<home>/logs/alerts.jsonl`."""
    return get_settings().home / "logs" / "alerts.jsonl"


def write(message: dict[str, Any], key: UUID) -> None:
    """Log a message (JSON values only), once. Raises DeliveryError if it cannot be written."""
    line = json.dumps({"idempotency_key": str(key), **message}, ensure_ascii=False, sort_keys=True)
    file = alerts_file()
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("a+b", buffering=0) as out:
            out.seek(max(0, out.seek(0, os.SEEK_END) - TAIL_BYTES))
            if any(str(key).encode() in known for known in out):
                return
            out.write(line.encode() + b"\n")
    except OSError as error:
        raise DeliveryError(f"{file} cannot be written: {error}") from error
    log.log(LEVELS[message["severity"]], "%s", line)
