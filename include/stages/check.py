"""Check: the run's landed chunks -> published events and quarantined rows, and each chunk's verdict."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

from include.datasets import contract
from include.datasets.contract import Contract
from include.errors import ChunksHeld, ConfigError
from include.lake import lake
from include.settings import get_settings
from include.stages.personal import keys_for, without_values
from include.stages.resolve import resolve_mended
from include.stages.stage import Outcome, run_stage, spark_for
from include.stages.verdicts import Checked, Paths, figures_of, page_of, verdict_of
from include.store.attempts import Attempt, Figures, published_figures
from include.store.chunks import chunks_of, passed_since, record_checked
from include.store.connection import Connection, transaction
from include.store.corrections import corrected_lines
from include.store.profiles import record_days
from include.store.runs import Run
from include.store.vault import keep_originals

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import SparkSession

    from include.quality.suite import Judge
    from include.spark_jobs.check import ChunkFigures
    from include.spark_jobs.pseudonyms import Keys

log = logging.getLogger("vigil.stages")


def check(run_id: int) -> Figures:
    """Checks the run's landed chunks and publishes their verdicts; held chunks do not fail it, see `verdict`.

    Figures: ids of the chunks `checked`; `held` (chunk_id, key, reason, docs: URL path of its page, None in a
    dry run) and `unreadable` (the same); `docs`: URL path of the list of all pages, None where none were
    written; `rows` in, loaded, quarantined, duplicate and held; `reasons`: rows by reason; `events_path` and
    `quarantine_path` in the lake, None where nothing was written. Raises ConfigError for a missing or
    broken suite.
    """
    return run_stage("check", run_id, _check)


def verdict(run_id: int) -> None:
    """Raises ChunksHeld, naming each chunk, reason and page, if check held chunks or could not read them.

    A task of its own, so that good chunks of the same run go on. Chunks that have passed a check since, or a
    newer file of whose name has, are not named again. Raises ConfigError if check is not through.
    """
    with transaction() as conn:
        figures = published_figures(conn, run_id, "check")
        passed = passed_since(conn, run_id)
    if figures is None:
        raise ConfigError(f"run {run_id} has no verdict yet: its stage check is not through")
    base = get_settings().docs_url.rstrip("/")
    lines = [
        f"{one['key']} is {status}: {one['reason']}" + (f" ({base}/{one['docs']})" if one["docs"] else "")
        for status in ("held", "unreadable")
        for one in figures[status]
        if one["chunk_id"] not in passed
    ]
    if lines:
        advice = (
            f"run {run_id}: {len(lines)} chunks stopped. Where rows are wrong, correct them (`make "
            "quarantine`) or land the file again; where the suite is, correct that; then `make redrive`."
        )
        raise ChunksHeld("\n".join([advice, *lines]))


def _check(run: Run, attempt: Attempt) -> Outcome:
    landed = _landed(run)
    kind = contract(run.dataset)
    paths = Paths(f"events/{kind.name}/{attempt.folder}", f"quarantine/{kind.name}/{attempt.folder}")
    if not landed:
        return Outcome(figures_of([], {}, paths))
    with transaction() as conn:
        corrected = corrected_lines(conn, kind.name, list(landed))
    secrets = keys_for(kind, dry_run=run.dry_run)
    originals: list[pa.Table] = []
    keep = None if run.dry_run else originals.append
    # the suite's library takes seconds to import, which pass while Spark works
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(_judge, kind.name)
        with spark_for(attempt) as work:
            run_spark = partial(_run_spark, work.spark, kind, list(landed), paths, corrected, secrets, keep)
            found = without_values(kind, run_spark)
        judge = coming.result()
    checked = _judge_all(kind, landed, found, judge, paths)
    # pages of a dry run would stand among those of real checks
    pages = {} if run.dry_run else _write_docs(kind, run, attempt, checked, judge)

    def publish(conn: Connection) -> None:
        record_checked(conn, run.run_id, [verdict_of(one, paths) for one in checked])
        record_days(conn, run.dataset, {one.chunk_id: one.days for one in checked})
        if secrets is not None:
            keep_originals(conn, secrets, originals, run.run_id)
        resolve_mended(conn, run)

    figures = figures_of(checked, pages, paths)
    return Outcome(figures, publish, output=paths.events, operations=work.operations)


def _landed(run: Run) -> dict[str, str]:
    """{chunk id: first key} of what the run is to check, in the order of landing."""
    with transaction() as conn:
        if not run.dry_run:
            return {chunk.chunk_id: chunk.first_key for chunk in chunks_of(conn, run.run_id, "landed")}
        figures = published_figures(conn, run.run_id, "land") or {"chunks": []}
    return {chunk["chunk_id"]: chunk["key"] for chunk in figures["chunks"]}


def _judge(dataset: str) -> Judge:
    from include.quality.suite import Judge, load_suite

    return Judge(load_suite(dataset))


def _run_spark(
    spark: SparkSession,
    kind: Contract,
    chunk_ids: Sequence[str],
    paths: Paths,
    corrected: Mapping[str, Sequence[int]],
    keys: Keys | None,
    keep: Callable[[pa.Table], None] | None,
) -> dict[str, ChunkFigures]:
    from include.spark_jobs.check import check_chunks

    store = lake()
    sources = {chunk_id: store.path(store.chunk_path(kind.name, chunk_id)) for chunk_id in chunk_ids}
    events, quarantine = store.path(paths.events), store.path(paths.quarantine)
    return check_chunks(spark, kind, sources, events, quarantine, corrected, keys=keys, keep=keep)


def _judge_all(
    kind: Contract, keys: Mapping[str, str], found: Mapping[str, ChunkFigures], judge: Judge, paths: Paths
) -> list[Checked]:
    from include.quality.frame import CheckedRows
    from include.quality.profile import profile
    from include.spark_jobs.check import layout_of

    store = lake()
    rows = CheckedRows(kind, store, paths.events, paths.quarantine)
    checked = []
    for chunk_id, key in keys.items():
        if found[chunk_id].unreadable:
            checked.append(Checked(chunk_id, key, found[chunk_id], None))
            continue
        frame = rows.of_chunk(chunk_id)
        layout = layout_of(kind, store.path(store.chunk_path(kind.name, chunk_id)))
        days = profile(kind, frame, layout)
        checked.append(Checked(chunk_id, key, found[chunk_id], judge.judge(frame), days))
    return checked


def _write_docs(
    kind: Contract, run: Run, attempt: Attempt, checked: Sequence[Checked], judge: Judge
) -> dict[str, str]:
    """{chunk id: URL path of its page}; nothing, and an error in the log, if pages cannot be written."""
    from include.quality.data_docs import DataDocs

    docs = DataDocs(get_settings().home / "docs")
    pages = [page_of(kind, one) for one in checked]
    try:
        return docs.write(kind.name, judge.suite, run.run_id, attempt.number, pages)
    except OSError:
        # the verdicts stand on their own: a full disk or a broken folder of pages must not hold events back
        log.exception("check: the Data Docs of run %d cannot be written to %s", run.run_id, docs.folder)
        return {}
