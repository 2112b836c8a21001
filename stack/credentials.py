"""Passwords and keys: generated once on this machine, readable by its owner only, never committed."""

from __future__ import annotations

import base64
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path

from include.errors import StackError


def write_private(file: Path, text: str) -> None:
    """Write a file that only its owner may read (0600); it appears whole or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True)
    aside = file.with_name(f".{file.name}.{os.getpid()}")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as output:
        output.write(text)
    aside.replace(file)


def _password() -> str:
    return secrets.token_urlsafe(18)


def _fernet_key() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


def pseudonym_keys(days: Mapping[str, str] | None = None, start: str = "1970-01-01") -> str:
    """Keys as the setting wants them: these by day, and a fresh one from `start` on."""
    return json.dumps({**(days or {}), start: secrets.token_urlsafe(32)}, separators=(",", ":"))


@dataclass(frozen=True, repr=False)
class Credentials:
    """What the embedded services and their clients know each other by."""

    postgres_password: str = field(default_factory=_password)
    postgres_airflow_password: str = field(default_factory=_password)
    postgres_vigil_password: str = field(default_factory=_password)
    s3_access_key: str = field(default_factory=lambda: secrets.token_hex(10))
    s3_secret_key: str = field(default_factory=lambda: secrets.token_urlsafe(30))
    spark_token: str = field(default_factory=_password)
    airflow_admin_password: str = field(default_factory=_password)
    airflow_fernet_key: str = field(default_factory=_fernet_key)
    airflow_jwt_secret: str = field(default_factory=lambda: secrets.token_urlsafe(48))
    airflow_secret_key: str = field(default_factory=lambda: secrets.token_urlsafe(48))
    pseudonym_keys: str = field(default_factory=pseudonym_keys)
    supervisor_password: str = field(default_factory=_password)


def load_credentials(file: Path) -> Credentials:
    """This checkout's credentials, generated at the first call. Raises StackError if damaged."""
    if not file.exists():
        save(file, Credentials())
    try:
        stored = json.loads(file.read_text())
        # A home that is older than pseudonyms has no key until `complete` makes it.
        stored.setdefault("pseudonym_keys", "")
        return Credentials(**{item.name: stored[item.name] for item in fields(Credentials)})
    except (ValueError, KeyError) as error:
        raise StackError(f"{file} is damaged ({error!r}); `make clean` starts afresh") from error


def complete(file: Path) -> None:
    """Makes the key of pseudonyms for credentials that were generated before there were any."""
    known = load_credentials(file)
    if not known.pseudonym_keys:
        save(file, replace(known, pseudonym_keys=pseudonym_keys()))


def save(file: Path, credentials: Credentials) -> None:
    """Writes them in place of what the file holds."""
    write_private(file, json.dumps(asdict(credentials), indent=2) + "\n")
