"""Data Docs: pages that stand alone, lists that follow, and a folder that nobody can spoil for good."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import pandas as pd
import pytest

from include.quality.data_docs import LISTED, ChunkPage, DataDocs
from include.quality.suite import Judge, load_suite

CHUNK = "ab" * 32


@cache
def judge() -> Judge:
    return Judge(load_suite("importance"))


def page(bad: int = 0, chunk_id: str = CHUNK, key: str = "reference/one.csv") -> ChunkPage:
    frame = pd.DataFrame(
        {"weight_micro": [1.0, 2.0, 3.0], "reason": [*["bad_weight"] * bad, *[None] * (3 - bad)]}
    )
    found = judge().judge(frame)
    counts = {"held" if found.stops else "loaded": 3 - bad, "quarantined": bad}
    reasons = (("bad_weight", "weight is not digits", bad),) if bad else ()
    status = "held" if found.stops else "checked"
    return ChunkPage(chunk_id, key, status, counts, reasons, found.stops, found.warnings, found.result)


def write(docs: DataDocs, *pages: ChunkPage, run: int = 1, attempt: int = 1) -> dict[str, str]:
    return docs.write("importance", judge().suite, run, attempt, pages)


def test_a_page_shows_the_verdict_the_counts_and_the_expectations(tmp_path: Path) -> None:
    docs = DataDocs(tmp_path)
    path = write(docs, page(bad=1))[CHUNK]
    text = (tmp_path / path).read_text()
    assert "Held: the suite said stop" in text
    assert "reference/one.csv" in text
    assert "33.33% of the rows are unexpected" in text
    assert re.search(r"<b>2</b>\s*<span>held</span>", text)
    assert "weight is not digits" in text
    assert "maximum value must be greater than or equal to" in text
    assert "An unexpected Exception" not in text
    assert "Good to publish" in (tmp_path / write(docs, page(), attempt=2)[CHUNK]).read_text()


def test_an_unreadable_chunk_has_a_page_without_expectations(tmp_path: Path) -> None:
    docs = DataDocs(tmp_path)
    path = write(docs, ChunkPage(CHUNK, "x.csv", "unreadable", stops=("bad_gzip: cut off",)))[CHUNK]
    text = (tmp_path / path).read_text()
    assert "Unreadable: quarantined whole" in text
    assert "bad_gzip: cut off" in text


def test_what_a_key_or_reason_holds_stays_text(tmp_path: Path) -> None:
    docs = DataDocs(tmp_path)
    key = "reference/<script>alert(1)</script>.csv"
    write(docs, page(bad=1, key=key))
    for file in tmp_path.rglob("*.html"):
        assert "<script" not in file.read_text()


def test_pages_need_no_other_server_and_every_link_leads_somewhere(tmp_path: Path) -> None:
    docs = DataDocs(tmp_path)
    write(docs, page(), page(bad=2, chunk_id="cd" * 32))
    files = list(tmp_path.rglob("*.html"))
    assert len(files) == 5
    for file in files:
        text = file.read_text()
        assert not re.findall(r"https?://(?!www\.w3\.org)[^\"' ]+", text)
        for link in re.findall(r'(?:href|src)="([^"#]+)"', text):
            assert (file.parent / link).exists(), f"{file} links to {link}"


def test_the_suite_page_says_why(tmp_path: Path) -> None:
    write(DataDocs(tmp_path), page())
    text = (tmp_path / "expectations/importance.html").read_text()
    assert "one bad row holds the file" in text
    assert set(re.findall(r'<span class="badge [a-z]*">(.*?)</span>', text)) == {"critical", "warning"}


def test_the_front_page_lists_the_newest_attempts_first(tmp_path: Path) -> None:
    docs = DataDocs(tmp_path)
    for run in range(1, LISTED + 3):
        write(docs, ChunkPage(CHUNK, "x.csv", "checked", {"loaded": 5}), run=run)
    runs = re.findall(r"importance, run (\d+), attempt 1", (tmp_path / "index.html").read_text())
    assert [int(run) for run in runs] == list(range(LISTED + 2, 2, -1))


def test_tasks_may_write_at_once(tmp_path: Path) -> None:
    ready = page()
    docs = DataDocs(tmp_path)

    def one(run: int) -> str:
        return write(docs, ready, run=run)[CHUNK]

    with ThreadPoolExecutor(8) as pool:
        paths = list(pool.map(one, range(1, 17)))
    assert all((tmp_path / path).read_text().endswith("</html>") for path in paths)
    assert (tmp_path / "index.html").read_text().endswith("</html>")
    assert not [file for file in tmp_path.rglob("*") if file.name.startswith(".")]
    write(docs, ready, run=17)  # who comes last sees them all
    assert len(re.findall(r"importance, run", (tmp_path / "index.html").read_text())) == 17


@pytest.mark.parametrize("damage", ["{", "[]", '{"dataset": "importance"}', "\x00", None])
def test_a_spoiled_summary_costs_only_its_figures(
    tmp_path: Path, damage: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    docs = DataDocs(tmp_path)
    write(docs, page(), run=1)
    summary = tmp_path / "validations/importance/run-1/attempt-1/summary.json"
    summary.unlink() if damage is None else summary.write_text(damage)
    write(docs, page(), run=2)
    front = (tmp_path / "index.html").read_text()
    assert "importance, run 2" in front
    assert "validations/importance/run-1/attempt-1/index.html" in front
    assert "summary of validations/importance/run-1/attempt-1 is lost" in caplog.text


def test_folders_and_files_where_they_do_not_belong_do_no_harm(tmp_path: Path) -> None:
    docs = DataDocs(tmp_path)
    write(docs, page(), run=1)
    (tmp_path / "index.html").unlink()
    (tmp_path / "index.html" / "sub").mkdir(parents=True)
    (tmp_path / "validations" / "notes.txt").write_text("hello")
    (tmp_path / "validations" / "importance" / "run-x").mkdir()
    write(docs, page(), run=2)
    assert "importance, run 2" in (tmp_path / "index.html").read_text()


def test_an_attempt_that_writes_again_leaves_what_one_writing_leaves(tmp_path: Path) -> None:
    docs = DataDocs(tmp_path)
    write(docs, page())
    names = sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*"))
    write(docs, page())
    assert sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*")) == names
    summary = json.loads((tmp_path / "validations/importance/run-1/attempt-1/summary.json").read_text())
    assert (summary["status"], summary["chunks"], summary["rows"]) == ("checked", 1, 3)
