"""`make rotate-key`: events from a day on get their pseudonyms by a new key; those before keep theirs."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from datetime import date
from typing import Annotated

import typer
from dotenv import dotenv_values
from rich.console import Console

from include.errors import ConfigError
from include.settings import env_file
from include.spark_jobs.pseudonyms import SETTING, parse_keys
from include.stages.personal import datasets_of
from include.store.connection import transaction
from include.store.vault import add_keys
from stack.checkout import exclusive, load_stack
from stack.config import stack_settings
from stack.credentials import pseudonym_keys, save, write_private


def rotate_key(
    start: Annotated[str, typer.Option("--from", help="the first event day of the new key")],
) -> None:
    """Add a key of pseudonyms from an event day on, which must be after every event day so far."""
    console = Console(stderr=True, highlight=False)
    try:
        day = date.fromisoformat(start)
    except ValueError as error:
        raise ConfigError(f"FROM must be a day like 2026-03-31, not {start!r}") from error
    if os.environ.get(SETTING) or dotenv_values(env_file()).get(SETTING):
        raise ConfigError(f"{SETTING} is set in the environment or .env; add a key from {day} on there")
    settings = stack_settings()
    with exclusive(settings.home, console):
        stack = load_stack(settings)
        known = json.loads(stack.credentials.pseudonym_keys or "{}")
        # A call that was killed may have written the key without its going on record.
        text = stack.credentials.pseudonym_keys if str(day) in known else pseudonym_keys(known, str(day))
        keys = parse_keys(text)
        assert keys is not None
        secrets = replace(stack.credentials, pseudonym_keys=text)
        # The files before the commit: a key on record that is nowhere would stop every check.
        with transaction() as conn:
            if day not in add_keys(conn, keys, datasets_of()):
                raise ConfigError(f"there is a key from {day} on already; choose a later day")
            save(settings.home / "secrets.json", secrets)
            write_private(settings.home / "stack.env", replace(stack, credentials=secrets).dotenv())
    console.print(f"Events from {day} on get pseudonyms by a new key. Make a backup: it is in secrets.json")
