"""What is in the ledger and the lake, made older: as if days had passed since."""

from __future__ import annotations

import os
from pathlib import Path

from include.lake import lake
from include.settings import get_settings
from include.store.connection import transaction

# Every time that retention asks about.
TIMES = {
    "attempts": ("started_at", "finished_at"),
    "runs": ("started_at", "finished_at", "lease_until"),
    "chunks": ("landed_at", "checked_at", "aggregated_at"),
    "checkpoints": ("created_at",),
    "evaluations": ("published_at",),
    "exports": ("uploaded_at",),
    "removals": ("marked_at", "removed_at"),
}


def days_pass(days: float) -> None:
    """Everything that is there now is so many days older."""
    with transaction() as conn:
        for table, columns in TIMES.items():
            earlier = ", ".join(f"{column} = {column} - make_interval(secs => %(s)s)" for column in columns)
            conn.execute(f"update {table} set {earlier}", {"s": days * 86400})
    for folder in (Path(lake().root), get_settings().home / "docs"):
        for path in folder.rglob("*"):
            then = path.stat().st_mtime - days * 86400
            os.utime(path, (then, then))
