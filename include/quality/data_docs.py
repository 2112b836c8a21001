"""Data Docs: Great Expectations' rendering of every chunk's result, as static pages under <home>/docs.

A page belongs to one attempt and is never written again; the lists above it are made from the small summary
that each attempt leaves beside its pages. So any number of tasks may write at once, and a page costs the same
after a year. Everything is self-contained: no script, nothing from other servers, no value of any row.
"""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING, Any

from include.quality.suite import great_expectations, in_words, min_rows

if TYPE_CHECKING:
    import great_expectations as gx

SITE = Path(__file__).resolve().parent / "site"
# The front page lists this many attempts per dataset; older pages stay where they are.
LISTED = 100

log = logging.getLogger("vigil.quality")


@dataclass(frozen=True)
class ChunkPage:
    """What the page of one chunk shows.

    `status` as in the ledger (checked, held, unreadable). `counts` in rows by name. `reasons`: code, meaning,
    rows. `result`: Great Expectations' result as JSON, None where the suite was not asked.
    """

    chunk_id: str
    key: str
    status: str
    counts: Mapping[str, int] = field(default_factory=dict)
    reasons: tuple[tuple[str, str, int], ...] = ()
    stops: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    result: dict[str, Any] | None = None

    @property
    def headline(self) -> str:
        """The verdict in words."""
        if self.status == "checked":
            return "Good to publish" + (", with warnings" if self.warnings else "")
        return {"held": "Held: the suite said stop", "unreadable": "Unreadable: quarantined whole"}[
            self.status
        ]


class DataDocs:
    """The site in `folder`. Raises OSError where that cannot be written."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(
        self, dataset: str, suite: gx.ExpectationSuite, run_id: int, attempt: int, pages: Iterable[ChunkPage]
    ) -> dict[str, str]:
        """Writes an attempt's pages, its list, the suite's page and the front page; {chunk id: URL path}."""
        home = f"validations/{dataset}/run-{run_id}/attempt-{attempt}"
        pages = list(pages)
        paths = {page.chunk_id: f"{home}/{page.chunk_id[:16]}.html" for page in pages}
        trail = [(f"{dataset}, run {run_id}", "index.html")]
        for page in pages:
            text = _render_chunk(page, root="../../../../", trail=trail)
            self._put(paths[page.chunk_id], text)
        self._put(f"{home}/index.html", _attempt_list(dataset, run_id, pages))
        worst = next((s for s in ("unreadable", "held") if any(p.status == s for p in pages)), "checked")
        rows = sum(sum(page.counts.values()) for page in pages)
        summary = {"dataset": dataset, "run": run_id, "attempt": attempt, "status": worst}
        self._put(f"{home}/summary.json", json.dumps(summary | {"chunks": len(pages), "rows": rows}))
        self._put(f"expectations/{dataset}.html", _render_suite(suite))
        self._put("style.css", (SITE / "style.css").read_text())
        self._put("index.html", self._front_page())
        return paths

    def older_than(self, moment: datetime) -> list[Path]:
        """The folders of attempts whose pages were all written before then."""
        attempts = sorted((self.folder / "validations").glob("*/run-*/attempt-*"))
        newest = {a: max((page.stat().st_mtime for page in a.iterdir()), default=0.0) for a in attempts}
        return [attempt for attempt, written in newest.items() if written < moment.timestamp()]

    def remove(self, attempts: Iterable[Path]) -> None:
        """Deletes these attempts' pages, and lists what is left on the front page."""
        for attempt in attempts:
            shutil.rmtree(attempt)
            if not any(attempt.parent.iterdir()):
                attempt.parent.rmdir()
        self._put("index.html", self._front_page())

    def add(self, pages: Mapping[str, str]) -> None:
        """Writes pages of another kind, by URL path, with the looks and the front page that leads to them."""
        for path, text in pages.items():
            self._put(path, text)
        self._put("style.css", (SITE / "style.css").read_text())
        self._put("index.html", self._front_page())

    def _put(self, path: str, text: str) -> None:
        """Whole or not at all, so that neither a reader nor a second writer meets half of a page."""
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile("w", dir=target.parent, prefix=".", delete=False, encoding="utf-8") as file:
            file.write(text)
        Path(file.name).chmod(0o644)
        if target.is_dir():  # somebody put a folder where a page belongs
            shutil.rmtree(target)
        Path(file.name).replace(target)

    def _front_page(self) -> str:
        rows = []
        for dataset in sorted((self.folder / "validations").glob("*")):
            newest = sorted(dataset.glob("run-*/attempt-*"), key=_numbers, reverse=True)[:LISTED]
            rows += [_attempt_row(attempt.relative_to(self.folder), self.folder) for attempt in newest]
        suites = sorted(page.stem for page in (self.folder / "expectations").glob("*.html"))
        note = f"The newest {LISTED} checks of each dataset."
        trail = [("Replays", "replays/index.html")] if (self.folder / "replays").is_dir() else []
        return _render_list(
            "Checks", ("Check", "Chunks", "Rows", "Verdict"), rows, (1, 2), "", trail, note, suites
        )


def _numbers(attempt: Path) -> tuple[int, ...]:
    parts = (attempt.parent.name.removeprefix("run-"), attempt.name.removeprefix("attempt-"))
    return tuple(int(part) if part.isdecimal() else -1 for part in parts)


def _attempt_row(attempt: Path, folder: Path) -> dict[str, Any]:
    try:
        found = json.loads((folder / attempt / "summary.json").read_text())
        name = f"{found['dataset']}, run {found['run']}, attempt {found['attempt']}"
        cells = [name, int(found["chunks"]), int(found["rows"]), str(found["status"])]
        return {"link": f"{attempt}/index.html", "cells": cells, "status": found["status"]}
    except (OSError, ValueError, KeyError, TypeError) as error:
        log.warning("Data Docs: the summary of %s is lost (%s); it is listed without figures", attempt, error)
        return {
            "link": f"{attempt}/index.html",
            "cells": [str(attempt), 0, 0, "unknown"],
            "status": "unknown",
        }


def _attempt_list(dataset: str, run_id: int, pages: list[ChunkPage]) -> str:
    rows = [
        {
            "link": f"{page.chunk_id[:16]}.html",
            "cells": [page.key, sum(page.counts.values()), sum(n for _, _, n in page.reasons), page.status],
            "status": page.status,
        }
        for page in pages
    ]
    header = ("Object", "Rows", "Quarantined", "Verdict")
    return _render_list(f"{dataset}, run {run_id}", header, rows, (1, 2), "../../../../", [], "", [])


def _render_list(
    title: str,
    header: tuple[str, ...],
    rows: list[dict[str, Any]],
    numbers: tuple[int, ...],
    root: str,
    trail: list[tuple[str, str]],
    note: str,
    suites: list[str],
) -> str:
    texts = {"title": title, "header": header, "numbers": numbers, "note": note}
    return render("list.html", **texts, rows=rows, root=root, trail=trail, suites=suites)


def render(template: str, **values: Any) -> str:
    """One of our own pages, without anything of Great Expectations in it."""
    text: str = _view().env.get_template(template).render(**values)
    return text


def _render_chunk(page: ChunkPage, *, root: str, trail: list[tuple[str, str]]) -> str:
    great_expectations()
    from great_expectations.core.expectation_validation_result import (
        ExpectationSuiteValidationResultSchema,
    )
    from great_expectations.render.components import RenderedDocumentContent
    from great_expectations.render.renderer.page_renderer import ValidationResultsPageRenderer

    document = RenderedDocumentContent(sections=[])
    if page.result is not None:
        # only what was expected and observed: the rest of the meta is the library's own bookkeeping
        result = ExpectationSuiteValidationResultSchema().load(page.result | {"meta": {}})
        document = ValidationResultsPageRenderer().render(result)
        document.sections = document.sections[1:]  # the overview is ours
    text: str = _view().render(
        document,
        template="chunk.html",
        title=page.key,
        root=root,
        trail=trail,
        status=page.status,
        headline=page.headline,
        stops=page.stops,
        warnings=page.warnings,
        counts=page.counts,
        reasons=page.reasons,
        chunk_id=page.chunk_id,
    )
    return text


def _render_suite(suite: gx.ExpectationSuite) -> str:
    great_expectations()
    from great_expectations.render.renderer.page_renderer import ExpectationSuitePageRenderer

    # Great Expectations' renderers are written without types.
    document = ExpectationSuitePageRenderer().render(suite)  # type: ignore[no-untyped-call]
    document.sections = document.sections[1:]  # the overview counts what the table shows
    text: str = _view().render(
        document,
        template="suite.html",
        title=f"What is expected of {suite.name}",
        root="../",
        trail=[],
        note=in_words(suite.meta),
        expectations=[
            (one.kwargs.get("column", ""), _severity(one.severity), min_rows(one.meta), in_words(one.meta))
            for one in suite.expectation_configurations
        ],
    )
    return text


def _severity(severity: Any) -> str:
    return str(getattr(severity, "value", severity))


@cache
def _view() -> Any:
    """Great Expectations' view with our pages around its content blocks.

    Ours are named .html, not .j2 as its own, because only so does its environment escape what they show.
    """
    great_expectations()
    from great_expectations.render.view.view import DefaultJinjaPageView
    from jinja2 import ChoiceLoader, FileSystemLoader

    view = DefaultJinjaPageView()
    assert view.env.loader is not None
    view.env.loader = ChoiceLoader([FileSystemLoader(SITE), view.env.loader])
    return view
