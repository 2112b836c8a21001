"""Land: claims new objects, reads each once into the lake under its hash, and records the chunks."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

from tenacity import retry, retry_if_exception_type, stop_after_attempt, wait_exponential_jitter

from include.errors import LandError
from include.lake import Bucket, Content, Lake, S3Object, bucket, lake
from include.stages.claim import Budget, Claims, claim, refusal
from include.stages.links import about_run, feed_command, runbook
from include.stages.pending import Pending, find_pending
from include.stages.stage import Outcome, run_stage
from include.store.attempts import Attempt, Figures
from include.store.chunks import Delivery, current_seq, known_chunks, land_chunks
from include.store.connection import Connection, transaction
from include.store.incidents import open_incident
from include.store.objects import Settled, lock_landing, release, settle
from include.store.runs import Run

log = logging.getLogger("vigil.stages")

# S3's codes for an object that the server will not hand out at all: no right to it, or archived.
# Other errors, also of status 403 (wrong keys, a clock gone wrong), say nothing of the object.
REFUSALS = ("AccessDenied", "InvalidObjectState")

# Objects read at once: hides the latency of a distant S3, and one machine hashes no faster.
READERS = 4


def land(run_id: int) -> Figures:
    """Lands what is new for the run's dataset, bounded by the run's max_chunks and max_bytes.

    Chunks that failed runs left unfinished come first. Figures: `chunks` (chunk_id, key and bytes of all that
    the run now owns), `adopted` (ids), how many objects were `landed`, `duplicate`, `empty`, `too_large`,
    `refused` (by the server) and `unsettled` (still being written), and `more` (something was left for the
    next run). Raises LandError when S3 answers with an error that is none of the object's own.
    """
    return run_stage("land", run_id, _land)


def ends_here(dataset: str, figures: Figures) -> bool:
    """Whether no later stage has anything to do: the run landed nothing, and nothing was ever published."""
    with transaction() as conn:
        return not figures["chunks"] and current_seq(conn, dataset) == 0


@dataclass(frozen=True)
class _Read:
    """An object and its bytes in the lake; None: it is gone, or not the listed version any more.

    `refused`: S3's code, if the server will not hand it out.
    """

    object: S3Object
    content: Content | None = None
    refused: str | None = None


def _land(run: Run, attempt: Attempt) -> Outcome:
    with transaction() as conn:
        found = find_pending(conn, run.dataset)
    if run.dry_run:
        return _land_dry(run, attempt, found)
    with transaction() as conn:
        claims = claim(conn, run, found)
    reads = _read_all(run, attempt, claims.objects)
    return Outcome({}, publish=partial(_publish, run, claims, reads, found.unsettled))


def _land_dry(run: Run, attempt: Attempt, found: Pending) -> Outcome:
    """The figures of what a run would land, from unseen objects alone; only the lake gets the bytes."""
    wanted = Budget(run.scope.max_chunks, run.scope.max_bytes).prefix(found.objects)
    reads = _read_all(run, attempt, wanted)
    ids = [read.content.sha256 for read in reads if read.content]
    with transaction() as conn:
        known = known_chunks(conn, run.dataset, ids)
    owned, settled, changed = _sort(wanted, reads, set(ids) - known)
    more = len(wanted) < len(found.objects)
    return Outcome(_figures(owned, [], settled, found.unsettled + len(changed), more))


def _publish(run: Run, claims: Claims, reads: Sequence[_Read], unsettled: int, conn: Connection) -> Figures:
    lock_landing(conn, run.dataset)
    delivered = [
        Delivery(read.content.sha256, read.content.bytes, read.object.key) for read in reads if read.content
    ]
    new = land_chunks(conn, run.dataset, run.run_id, delivered)
    landed, settled, changed = _sort(claims.objects, reads, new)
    settle(conn, run.dataset, run.run_id, settled)
    release(conn, run.dataset, run.run_id, changed)
    for one in settled:
        if one.outcome == "too_large":
            why = f"is too large to land ({one.object.bytes:,} bytes)"
            _report_refused(conn, run, one.object, why, {"setting": "VIGIL_MAX_OBJECT_BYTES"})
    for read in reads:
        if read.refused:
            _report_refused(conn, run, read.object, f"is refused: {read.refused}", {"code": read.refused})
    adopted = [Delivery(chunk.chunk_id, chunk.bytes, chunk.first_key) for chunk in claims.adopted]
    return _figures(landed, adopted, settled, unsettled + len(changed), claims.more)


def _sort(
    claimed: Sequence[S3Object], reads: Sequence[_Read], new: set[str]
) -> tuple[list[Delivery], list[Settled], list[S3Object]]:
    """The new chunks (the first of equal bytes), what became of each object, and those that changed."""
    landed: dict[str, Delivery] = {}
    settled = [Settled(item, outcome) for item in claimed if (outcome := refusal(item))]
    changed = []
    for read in reads:
        item, content = read.object, read.content
        if read.refused:
            settled.append(Settled(item, "refused"))
        elif content is None:
            changed.append(item)
        elif content.sha256 in new and content.sha256 not in landed:
            landed[content.sha256] = Delivery(content.sha256, content.bytes, item.key)
            settled.append(Settled(item, "landed", content.sha256))
        else:
            settled.append(Settled(item, "duplicate", content.sha256))
    return list(landed.values()), settled, changed


def _figures(
    landed: Sequence[Delivery],
    adopted: Sequence[Delivery],
    settled: Sequence[Settled],
    unsettled: int,
    more: bool,
) -> Figures:
    counts: dict[str, Any] = {
        outcome: sum(one.outcome == outcome for one in settled)
        for outcome in ("landed", "duplicate", "empty", "too_large", "refused")
    }
    owned = [{"chunk_id": c.chunk_id, "key": c.first_key, "bytes": c.bytes} for c in [*adopted, *landed]]
    ids = [chunk.chunk_id for chunk in adopted]
    return {"chunks": owned, "adopted": ids, **counts, "unsettled": unsettled, "more": more}


def _report_refused(conn: Connection, run: Run, item: S3Object, why: str, more: dict[str, str]) -> None:
    open_incident(
        conn,
        kind="refused_object",
        dataset=run.dataset,
        severity="warning",
        fingerprint=f"refused_object:{run.dataset}:{item.key}:{item.version}",
        title=f"{run.dataset}: {item.key} {why}",
        body={
            "key": item.key,
            "bytes": item.bytes,
            **more,
            **about_run(run.dag_id, run.dag_run_id),
            "rerun": feed_command(run.dataset, item.key),
            "runbook": runbook("refused_object"),
        },
        run_id=run.run_id,
    )


def _read_all(run: Run, attempt: Attempt, claimed: Sequence[S3Object]) -> list[_Read]:
    aside = f"incoming/{run.dataset}/{attempt.folder}"
    read = partial(_read, bucket(), lake(), run.dataset, aside)
    with ThreadPoolExecutor(READERS) as pool:
        return list(pool.map(read, [item for item in claimed if refusal(item) is None]))


def _read(box: Bucket, into: Lake, dataset: str, aside: str, item: S3Object) -> _Read:
    from botocore.exceptions import ClientError

    try:
        content = _store(box, into, dataset, aside, item.key)
        now = box.head(item.key)
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
            log.warning("land: s3://%s/%s vanished before it was read", box.name, item.key)
            return _Read(item)
        code = error.response["Error"]["Code"]
        if code in REFUSALS and error.operation_name == "GetObject":
            log.warning("land: s3://%s/%s is refused by the server: %s", box.name, item.key, error)
            return _Read(item, refused=code)
        raise LandError(f"s3://{box.name}/{item.key} is listed, but cannot be read: {error}") from error
    if now != item or content.bytes != item.bytes:
        log.warning("land: s3://%s/%s changed while it was read", box.name, item.key)
        return _Read(item)
    return _Read(item, content)


def _store(box: Bucket, into: Lake, dataset: str, aside: str, key: str) -> Content:
    from botocore.exceptions import HTTPClientError

    # boto3 itself tries again until the headers are there; this is for a stream that breaks off after them.
    @retry(
        retry=retry_if_exception_type(HTTPClientError),
        stop=stop_after_attempt(4),
        wait=wait_exponential_jitter(multiplier=0.2, max=5),
        reraise=True,
    )
    def store() -> Content:
        return into.store_chunk(dataset, box.blocks(key), aside)

    return store()
