"""What a run takes to land: chunks and claims that failed runs left, then new objects, within its bounds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile

from include.lake import S3Object
from include.settings import get_settings
from include.stages.links import about_run, redrive_command, runbook
from include.stages.pending import Pending, claiming_order
from include.store import chunks, objects
from include.store.chunks import Chunk
from include.store.connection import Connection
from include.store.incidents import open_incident
from include.store.runs import Run


@dataclass
class Budget:
    """How much a run may still take; what does not fit ends the taking, unless it would be the first."""

    max_chunks: int
    max_bytes: int
    chunks: int = 0
    bytes: int = 0
    ended: bool = False

    def takes(self, size: int) -> bool:
        """Whether one more of this size fits, and if so counts it."""
        if self.chunks and (self.chunks >= self.max_chunks or self.bytes + size > self.max_bytes):
            self.ended = True
        if not self.ended:
            self.add(size)
        return not self.ended

    def add(self, size: int) -> None:
        """Counts what is taken already."""
        self.chunks += 1
        self.bytes += size

    def prefix(self, items: Sequence[S3Object]) -> list[S3Object]:
        """The longest run of items from the start that fits; what is settled unread costs nothing."""
        return list(takewhile(lambda item: refusal(item) is not None or self.takes(item.bytes), items))


@dataclass(frozen=True)
class Claims:
    """`adopted`: unfinished chunks; `objects`: to be read, in order; `more`: something was left for later."""

    adopted: list[Chunk]
    objects: list[S3Object]
    more: bool


def refusal(item: S3Object) -> objects.Outcome | None:
    """Why an object is settled without being read: `empty` or `too_large`; None: it is to be read."""
    if item.bytes == 0:
        return "empty"
    return "too_large" if item.bytes > get_settings().max_object_bytes else None


def claim(conn: Connection, run: Run, found: Pending) -> Claims:
    """Makes the run the owner of what it is to land; what an earlier attempt of it took stays its own.

    Chunks on which `chunk_tries` runs failed are held instead, with an incident each.
    """
    objects.lock_landing(conn, run.dataset)
    budget = Budget(run.scope.max_chunks, run.scope.max_bytes)
    own = [c for c in chunks.chunks_of(conn, run.run_id) if c.status in ("landed", "checked")]
    for chunk in own:
        budget.add(chunk.bytes)
    for item in objects.claimed(conn, run.dataset, run.run_id):
        if refusal(item) is None:
            budget.add(item.bytes)
    orphans = _hold_hopeless(conn, run, chunks.adoptable(conn, run.dataset, run.run_id))
    adopted = list(takewhile(lambda chunk: budget.takes(chunk.bytes), orphans))
    chunks.adopt(conn, run.dataset, run.run_id, adopted)
    left = budget.prefix(objects.left_claimed(conn, run.dataset, run.run_id))
    objects.take_over(conn, run.dataset, run.run_id, left)
    fresh = objects.unseen(conn, run.dataset, found.objects)
    wanted = budget.prefix(fresh)
    objects.claim(conn, run.dataset, run.run_id, wanted)
    more = len(wanted) < len(fresh) or objects.count_leftovers(conn, run.dataset) > 0
    claims = sorted(objects.claimed(conn, run.dataset, run.run_id), key=claiming_order)
    return Claims(own + adopted, claims, more)


def _hold_hopeless(conn: Connection, run: Run, orphans: Sequence[Chunk]) -> list[Chunk]:
    """Holds, with an incident each, the chunks on which `chunk_tries` runs failed; gives the others."""
    tries = get_settings().chunk_tries
    hopeless = [c for c in orphans if c.tries >= tries]
    reason = f"{tries} runs failed on it"
    chunks.hold(conn, run.dataset, hopeless, reason)
    for chunk in hopeless:
        open_incident(
            conn,
            kind="held",
            dataset=run.dataset,
            severity="critical",
            fingerprint=f"held:{run.dataset}:{chunk.chunk_id}:{chunk.run_id}",
            title=f"{run.dataset}: chunk {chunk.first_key} is held, {reason}",
            body={
                "chunk_id": chunk.chunk_id,
                "key": chunk.first_key,
                "reason": reason,
                "last_run": chunk.run_id,
                **about_run(run.dag_id, run.dag_run_id),
                "rerun": redrive_command(run.dataset, chunk.chunk_id),
                "runbook": runbook("held"),
            },
            run_id=run.run_id,
        )
    return [c for c in orphans if c.tries < tries]
