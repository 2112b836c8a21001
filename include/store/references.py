"""Reference versions: immutable, numbered, each published complete: fed as one chunk, or fitted."""

from __future__ import annotations

from include.errors import MissingReference
from include.store.connection import Connection, execute, fetch_one


def publish_version(
    conn: Connection, dataset: str, version_id: str, path: str, rows: int, run_id: int
) -> None:
    """Publishes what lies at the lake `path` as the newest version; one published already stays as it is."""
    execute(conn, "references/lock", dataset=dataset)
    execute(
        conn,
        "references/publish",
        dataset=dataset,
        version_id=version_id,
        path=path,
        rows=rows,
        run_id=run_id,
    )


def reference_path(conn: Connection, dataset: str, version_id: str) -> str:
    """The lake path of a published version. Raises MissingReference if there is no such version."""
    row = fetch_one(conn, "references/path", dataset=dataset, version_id=version_id)
    if row is None:
        raise MissingReference(f"reference dataset {dataset} has no published version {version_id}")
    path: str = row["path"]
    return path
