"""Canaries for a whole stack: values planted in the real datasets, its secrets, and where they must not be.

People's values may be in the vault, in what was fed, and in the lake's chunks and quarantine, which keep it
as it came. Secrets may be in the files that only their owner reads.
"""

from __future__ import annotations

import json
import stat
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from include.settings import Settings
from stack.checkout import load_stack
from stack.config import stack_settings
from stack.credentials import load_credentials
from tests.flow import put
from tests.prove.balance import expect

PHONES = [f"+120255501{n}" for n in (71, 72, 73)]
IPS = [f"198.51.100.{n}" for n in (171, 172, 173)]
DEVICES = [f"canary-device-{n}" for n in (1, 2, 3, 4)]
PLACES = ["203.0.113.171", "203.0.113.172", "Canary Bay"]
# In rows that are quarantined, in a chunk that is held, and in a file of corrections that is refused.
BAD = ["+12025550181", "+12025550182", "203.0.113.181"]
HELD = "+12025550191"
SHIFTED = "+12025550199"
KEPT = {*PHONES, *IPS, *DEVICES, *PLACES}
PEOPLES = [*sorted(KEPT), *BAD, HELD, SHIFTED]

# The names of what is fed, which are to be found wherever values could be.
GOOD_FILE, HELD_FILE = "canary_good.json", "canary_held.json"
SHIFTED_KEY = "corrections/shifted.csv"
CONSTRAINT = "no_canaries"

# Below the home: where people's values may be, and what is searched as a dump instead.
RAW = ("lake/chunks/", "lake/quarantine/")
FED = ("contact_requests/", "user_activity/", "subscriptions/", "corrections/")
DUMPED = ("postgres/",)
# Below the home: files with secrets.
PRIVATE = {
    "secrets.json",
    "stack.env",
    "airflow/passwords.json",
    "run/services.json",
    "run/supervisord.conf",
    "spark/spark.properties",
}


def lines(*rows: Mapping[str, Any] | str) -> bytes:
    """JSON lines; texts as they are."""
    return "".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows).encode()


def feed_activity() -> None:
    """One user on three devices in three places within an hour."""
    put(
        "user_activity",
        GOOD_FILE,
        lines(
            *[
                {
                    "user_id": "u1",
                    "device_id": DEVICES[n],
                    "ip_location": PLACES[n],
                    "timestamp": f"2026-03-05T10:0{n}:00Z",
                    "success": True,
                }
                for n in range(3)
            ]
        ),
    )


def feed_others() -> None:
    """Phones and IPs that ask three times in a minute, bad rows, a chunk of such, and two trials."""
    asked = [
        {"date": f"2026-03-05T10:00:0{n}Z", "status": 200, "phone": phone, "ip": ip, "token": f"ad{n}"}
        for phone, ip in zip(PHONES, IPS, strict=True)
        for n in range(3)
    ]
    wrong = {"date": "no time", "phone": BAD[0], "ip": BAD[2], "token": "ad"}
    put("contact_requests", GOOD_FILE, lines(*asked, wrong, f'{{"phone": "{BAD[1]}", "token'))
    put(
        "contact_requests",
        HELD_FILE,
        lines(asked[0], *[wrong | {"phone": HELD, "token": n} for n in range(11)]),
    )
    trial = {"user_id": "u1", "device_id": DEVICES[3], "plan": "basic", "kind": "trial"}
    begun = [trial | {"subscription_id": f"s{n}", "timestamp": f"2026-03-05T1{n}:00:00Z"} for n in range(2)]
    put("subscriptions", GOOD_FILE, lines(*begun))


def shifted_corrections() -> bytes:
    """A file of corrections with a column too few in its header: the row's phone stands for its line."""
    return f"chunk_id,line,reason,raw\n{'a' * 64},{SHIFTED},x,y\n".encode()


def secrets_of(home: Path) -> list[str]:
    """Every password and key of the stack; of the keys of pseudonyms, the secrets."""
    found = asdict(load_credentials(home / "secrets.json"))
    return [*json.loads(found.pop("pseudonym_keys")).values(), *found.values()]


def heard(text: bytes, canaries: Iterable[str]) -> set[str]:
    """The canaries that these bytes hold, as text or as Postgres writes bytes; of phones their digits do."""
    needles = {one: one.removeprefix("+").encode() for one in canaries}
    return {one for one, needle in needles.items() if needle in text or needle.hex().encode() in text}


def in_files(home: Path, canaries: Iterable[str]) -> dict[str, set[str]]:
    """{path below the home: the canaries in it}, of every file that has some and is searched as a file."""
    canaries = list(canaries)
    found = {
        name: heard(path.read_bytes(), canaries) for name, path in files(home) if not name.startswith(DUMPED)
    }
    return {name: these for name, these in found.items() if these}


def files(home: Path) -> Iterator[tuple[str, Path]]:
    """Every file below the home that is still there."""
    for path in sorted(home.rglob("*")):
        if path.is_file() and not path.is_symlink():
            yield path.relative_to(home).as_posix(), path


def tables(dsn: str) -> dict[str, bytes]:
    """Every table of a database as text."""
    with psycopg.connect(dsn) as conn:
        names = conn.execute(
            "select schemaname, tablename from pg_tables"
            " where schemaname not in ('pg_catalog', 'information_schema')"
        ).fetchall()
        return {name: _as_text(conn, sql.Identifier(schema, name)) for schema, name in names}


def _as_text(conn: psycopg.Connection, table: sql.Identifier) -> bytes:
    query = sql.SQL("select coalesce(string_agg(to_jsonb(t)::text, '\n'), '') from {} t")
    ((text,),) = conn.execute(query.format(table)).fetchall()
    return bytes(text, "utf-8")


def search(settings: Settings, delivered: bytes) -> None:
    """Fails if a canary is where it must not be, or if the search could not have found one."""
    home, stack = settings.home, load_stack(stack_settings())
    secrets = secrets_of(home)
    everything = [*PEOPLES, *secrets]
    assert len(set(everything)) > 20

    platform = tables(stack.vigil_dsn)
    airflow = tables(stack.airflow.database)
    vault = platform.pop("vault")
    # Told are the places alone: what was found there may be a secret.
    for database, found in (("the platform", platform), ("Airflow", airflow)):
        telling = [name for name, text in found.items() if heard(text, everything)]
        expect(f"tables of {database} that tell something", telling, [])
    expect("whether a delivery tells something", bool(heard(delivered, everything)), False)
    holding = in_files(home, PEOPLES)
    fed = tuple(f"s3/{settings.bucket}/{prefix}" for prefix in FED)
    telling = [name for name in holding if not name.startswith((*RAW, *fed))]
    expect("files that tell of a person", telling, [])
    _only_owners_read(home, in_files(home, secrets))

    # they are where they must be, so the search itself works
    expect("the vault", heard(vault, PEOPLES), KEPT)
    for place, expected in (("lake/chunks/", {*KEPT, *BAD, HELD}), ("lake/quarantine/", {*BAD, HELD})):
        of_place = set().union(*(found for name, found in holding.items() if name.startswith(place)))
        expect(place, of_place, expected)
    # and each place that was searched holds what came of them
    _tells(
        b"".join(airflow[name] for name in ("xcom", "task_instance", "dag_run", "log")), "contact_requests"
    )
    _tells(airflow["rendered_task_instance_fields"], "user_activity")
    _tells(platform["detections"], "contact_scraping", "many_locations", "trial_abuse", "phone_", "device_")
    _tells(platform["incidents"], HELD_FILE, "redrive", "contact_scraping")
    _tells(delivered, HELD_FILE, "redrive", "contact_scraping")
    for folder, words in {
        "logs/airflow": (GOOD_FILE, HELD_FILE, "refused to keep the originals", "are the columns shifted?"),
        "logs": (CONSTRAINT,),
        "docs": (GOOD_FILE, HELD_FILE),
        f"s3/{settings.bucket}/output_detections": ("CONTACT-SCRAPING", "MANY-LOCATIONS", "TRIAL-ABUSE"),
    }.items():
        _tells(b"".join(path.read_bytes() for _, path in files(home / folder)), *words)


def _only_owners_read(home: Path, holding: Mapping[str, set[str]]) -> None:
    expect("files with secrets", set(holding), PRIVATE)
    for name in holding:
        assert not stat.S_IMODE((home / name).stat().st_mode) & 0o077, name


def _tells(text: bytes, *words: str) -> None:
    expect("words that nothing tells", [word for word in words if word.encode() not in text], [])
