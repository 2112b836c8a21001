"""Export: writes the files that load allotted to S3, never over another, and beside them what holds now."""

from __future__ import annotations

import csv
import io
import logging
import re
from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from include.errors import ConfigError
from include.lake import bucket
from include.settings import get_settings
from include.spark_jobs.rules import rules
from include.store.connection import Connection, transaction
from include.store.exports import (
    ExportFile,
    ExportRow,
    current_rows,
    file_rows,
    lock_exports,
    mark_uploaded,
    pending_files,
    renumber,
)
from include.store.runs import Run, get_run

log = logging.getLogger("vigil.stages")

COLUMNS = ("YStartTime", "detectionTime", "patternId", "actionType", "customerName", "merchantId")
ZONE = ZoneInfo("Asia/Kolkata")


def export_folder(run: Run) -> str:
    """Where the files of a run go, with a slash at the end.

    Layout `runs`: a folder per run, named by its start in Asia/Kolkata to the microsecond, whatever its
    profile. Layout `flat`: the export prefix itself; but another profile than the configured one goes to
    `profiles/<profile>/` under it, because nothing in a row would tell its detections apart.
    """
    settings = get_settings()
    if settings.export_layout == "flat":
        return _profile_folder(run.profile)
    started = run.started_at.astimezone(ZONE)
    return f"{_prefix()}{started:%Y-%m-%dT%H-%M-%S.%f}/"


def _prefix() -> str:
    return get_settings().export_prefix.rstrip("/") + "/"


def _profile_folder(profile: str) -> str:
    return _prefix() if profile == get_settings().profile else f"{_prefix()}profiles/{profile}/"


def highest_number(folder: str) -> int | None:
    """The highest number of a detection file that is on S3 in this folder, whoever put it there.

    Names of more than nine digits (a time stamp, say) are somebody's own: they would fit no number of ours.
    """
    stem = f"{folder}detection_"
    keys = (found.key for page in bucket().pages(stem) for found in page.objects)
    names = (re.fullmatch(r"([0-9]{1,9})\.csv", key.removeprefix(stem)) for key in keys)
    return max((int(name[1]) for name in names if name), default=None)


def upload(run_id: int) -> None:
    """Writes every allotted file that is not at its place yet, then `current.csv` of the run's profile.

    `current.csv` has all that is open under that profile now: beside the runs' folders (or the flat files)
    for the configured profile, in `profiles/<profile>/` for any other. A dry run writes nothing.
    """
    with transaction() as conn:
        run = get_run(conn, run_id)
        if run.dry_run:
            return
        for file in pending_files(conn):
            _upload_file(conn, file)
            conn.commit()
        key = f"{_profile_folder(run.profile)}current.csv"
        lock_exports(conn, key)  # the last to write has read last
        bucket().put(key, as_csv(current_rows(conn, run.profile, rules())))


def _upload_file(conn: Connection, file: ExportFile) -> None:
    while not _put_new(file.key, as_csv(file_rows(conn, file))):
        moved = renumber(conn, file, highest_number(file.key.rpartition("/")[0] + "/"))
        conn.commit()  # before the upload, so that a kill after it does not lead to a third number
        if moved is None:
            return
        log.warning("export: %s is taken by other content, so its detections go to %s", file.key, moved.key)
        file = moved
    mark_uploaded(conn, file)


def _put_new(key: str, data: bytes) -> bool:
    """Writes an object where there is none; whether it has these bytes now, be it from an earlier try.

    S3 itself refuses when another program was faster; a server that ignores the condition leaves only the
    look before.
    """
    from botocore.exceptions import ClientError

    target = bucket()
    there = [found for page in target.pages(key) for found in page.objects if found.key == key]
    if there:
        return there[0].bytes == len(data) and b"".join(target.blocks(key)) == data
    try:
        target.client.put_object(Bucket=target.name, Key=key, Body=data, IfNoneMatch="*")
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] not in (409, 412):
            raise
        return _put_new(key, data)
    return True


def as_csv(rows: Iterable[ExportRow]) -> bytes:
    """The rows as CSV in UTF-8, times in Asia/Kolkata with their offset, to the microsecond."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    known = rules()
    for row in rows:
        if row.rule not in known:
            raise ConfigError(f"cannot export detections of {row.rule!r}: the rules are {', '.join(known)}")
        rule, entity = known[row.rule], row.entity
        named = (entity.get("customer", ""), entity.get("merchant", ""))
        writer.writerow(
            (_local(row.started_at), _local(row.recorded_at), rule.pattern_id, rule.action_type, *named)
        )
    return text.getvalue().encode()


def _local(moment: datetime) -> str:
    return moment.astimezone(ZONE).isoformat(sep=" ", timespec="microseconds")
