"""Schema migrations: the files of include/sql/migrations, applied in order, once, each with its checksum."""

from __future__ import annotations

import hashlib

from include.errors import ConfigError
from include.store.connection import SQL_DIR, execute, fetch_all, sql, transaction


def migrate() -> list[str]:
    """Applies what is missing, all in one transaction under an advisory lock; gives the names applied.

    Raises ConfigError if a file that was applied has changed since, is gone, or a new one sorts before it.
    """
    files = sorted((SQL_DIR / "migrations").glob("*.sql"))
    applied_now = []
    with transaction() as conn:
        conn.execute(sql("migrate/lock_and_create"))
        applied = {row["name"]: row["checksum"] for row in fetch_all(conn, "migrate/applied")}
        missing = sorted(applied.keys() - {file.stem for file in files})
        if missing:
            raise ConfigError(f"the database has migrations that this checkout has not: {', '.join(missing)}")
        for file in files:
            checksum = hashlib.sha256(file.read_bytes()).hexdigest()
            if file.stem in applied:
                if applied[file.stem] != checksum:
                    raise ConfigError(
                        f"migration {file.name} was changed after it had been applied; add a new one"
                    )
                continue
            if applied and file.stem < max(applied):
                raise ConfigError(
                    f"migration {file.name} sorts before {max(applied)}, which is applied; renumber it"
                )
            conn.execute(sql(f"migrations/{file.stem}"))
            execute(conn, "migrate/record", name=file.stem, checksum=checksum)
            applied_now.append(file.stem)
    return applied_now
