"""The vault: what pseudonyms stand for, and the keys by which they were made (ADR 14).

Nothing else touches the tables `vault` and `vault_keys`; a test holds it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import TYPE_CHECKING, Literal

import psycopg

from include.errors import ConfigError, VigilError
from include.spark_jobs.pseudonyms import SETTING, Keys, pseudonym
from include.store.connection import Connection, execute, fetch_all, fetch_one, sql, storable

if TYPE_CHECKING:
    import pyarrow as pa

Outcome = Literal["found", "not found", "refused"]

# What originals are told by.
_COLUMNS = ("kind", "value", "key_day", "first_day")


def add_keys(conn: Connection, keys: Keys, datasets: Collection[str], *, dry_run: bool = False) -> list[date]:
    """Makes these the keys by which the datasets with personal fields are published; gives the new days.

    Raises ConfigError, naming the day and never a secret, if a key that was published by is missing or
    another, and if a new one would change the pseudonyms of events that are there.
    """
    if not dry_run:
        execute(conn, "vault/lock_keys")
    known = _known(conn)
    fresh = {day: mark for day, mark in keys.fingerprints().items() if day not in known}
    _insist(known, keys)
    row = fetch_one(conn, "vault/newest_event_day", datasets=sorted(datasets))
    newest: date | None = row["newest"] if row else None
    for day, mark in sorted(fresh.items()):
        if known and newest and day <= newest:
            raise ConfigError(
                f"{SETTING} has a new key from {day} on, but events up to {newest} have their pseudonyms, "
                "which stay as they are; choose a later day"
            )
        if not dry_run:
            execute(conn, "vault/add_key", key_day=day, fingerprint=mark)
    return sorted(fresh)


def keep_originals(conn: Connection, keys: Keys, originals: Sequence[pa.Table], run_id: int) -> int:
    """Keeps what the pseudonyms of a run stand for: rows of kind, value, key_day, first_day; gives the new.

    Raises VigilError if a key was added since the run made its pseudonyms, which may then be wrong; and in
    the place of Postgres' errors, which quote the row that they are about.
    """
    try:
        return _keep(conn, keys, originals, run_id)
    except psycopg.OperationalError:
        raise  # it is out of reach, or full, and quotes nothing
    except psycopg.Error as error:
        name = type(error).__name__
    # outside of the handler, so that Postgres' error is not kept as the context of this one
    raise VigilError(
        f"Postgres refused to keep the originals of run {run_id} ({name}); what it says of that may "
        "quote them, and is told nowhere"
    )


def _keep(conn: Connection, keys: Keys, originals: Sequence[pa.Table], run_id: int) -> int:
    execute(conn, "vault/share_keys")
    if _known(conn) != keys.fingerprints():
        raise VigilError(f"{SETTING} was changed while run {run_id} was at work; its pseudonyms are not kept")
    secrets = dict(zip(keys.days, keys.secrets, strict=True))
    execute(conn, "vault/stage")
    with conn.cursor() as cursor, cursor.copy(sql("vault/copy")) as copy:
        for batch in (batch for table in originals for batch in table.to_batches()):
            for row in zip(*(batch.column(name).to_pylist() for name in _COLUMNS), strict=True):
                kind, value, key_day, first_day = row
                made = pseudonym(secrets[key_day], kind, value)
                copy.write_row((made, kind, storable(value), key_day, first_day))
    return execute(conn, "vault/keep", run_id=run_id)


def original(conn: Connection, word: str) -> str | None:
    """What a pseudonym stands for; None if the vault does not know (any more). Only a reveal may ask."""
    row = fetch_one(conn, "vault/find", pseudonym=word)
    return row["value"] if row else None


def record_reveal(
    conn: Connection,
    *,
    by: str,
    may: bool,
    reason: str,
    pseudonym: str,
    outcome: Outcome,
    refusal: str | None = None,
) -> None:
    """Notes an attempt to learn what a pseudonym stands for; the row stays for ever as it is."""
    execute(
        conn,
        "vault/record_reveal",
        asked_by=by,
        role="revealer" if may else "none",
        reason=reason,
        pseudonym=pseudonym,
        outcome=outcome,
        refusal=refusal,
    )


def pseudonyms_of(conn: Connection, kind: str, value: str) -> set[str]:
    """Every pseudonym that was given to a value, under whichever key."""
    return {row["pseudonym"] for row in fetch_all(conn, "vault/of_value", kind=kind, value=value)}


def forget(conn: Connection, pseudonyms: Collection[str]) -> int:
    """Forgets what these pseudonyms stand for; how many were known."""
    return execute(conn, "vault/erase", pseudonyms=sorted(pseudonyms))


def _known(conn: Connection) -> dict[date, str]:
    return {row["key_day"]: row["fingerprint"] for row in fetch_all(conn, "vault/keys")}


def _insist(known: dict[date, str], keys: Keys) -> None:
    """Raises ConfigError unless every key that was published by is there, unchanged."""
    marks = keys.fingerprints()
    for day, mark in known.items():
        if marks.get(day) != mark:
            what = "another key" if day in marks else "no key"
            raise ConfigError(
                f"{SETTING} has {what} from {day} on than events were published by, which would give their "
                "values other pseudonyms; put it back"
            )
