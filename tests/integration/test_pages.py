"""What the pages of a run and the events of its assets tell, after a real run through every stage."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import pytest

from dags.flows.assets import GIVES, counts
from include.datasets import contract
from include.datasets.contract import CHUNK_REASONS, CORRECTED
from include.errors import ConfigError
from include.lake import lake
from include.settings import get_settings
from include.stages.pages import SHOWN, changes_by, docs_address, quarantine_of
from include.store.attempts import publish_attempt, start_attempt
from include.store.connection import transaction
from tests.flow import close_flow, open_flow, publish_importance, put, run_stages
from tests.prove.chunks import Row, chunks, importance_file

if TYPE_CHECKING:
    from include.store.attempts import Figures

pytestmark = pytest.mark.usefixtures("database", "bucket", "spark_remote")

RUN = ("transactions", "flow-700")
GOOD = [*[Row(i, "C_0", "F", "M_KIOSK", 1500) for i in range(5)], Row(0, "C_N", "M", "M_1", 5000)]
BAD = b"0,C_BAD,4,F,28007,M_1,28007,es_food,not money,0\n" + b"x" * (2 * SHOWN) + b"\n"


@pytest.fixture
def figures(configure: Any) -> dict[str, Figures]:
    """A run over one good chunk with two bad lines and one unreadable chunk."""
    configure(settle_seconds=0, docs_url="http://docs", rule_parameters={"child": {"min_transactions": 5}})
    publish_importance(importance_file([("C_0", "M_KIOSK", 1_000_000)]))
    put("transactions", "chunk_0.csv", chunks(GOOD, size=1000).files[0] + BAD)
    put("transactions", "chunk_1.csv", b"\xff\xfe\x00")
    found = run_stages("transactions", open_flow(number=700))
    close_flow("transactions", 700)
    return found


def test_a_run_is_seen_whole(figures: dict[str, Figures]) -> None:
    _docs_are_where_the_link_leads()
    _quarantine_shows_lines_with_reasons()
    _changes_are_those_of_the_run()
    _assets_tell_rows(figures)
    _expired_lines_are_no_error(figures["check"])


def _docs_are_where_the_link_leads() -> None:
    address = docs_address(*RUN)
    assert address.startswith("http://docs/validations/transactions/run-")
    page = get_settings().home / "docs" / address.removeprefix("http://docs/")
    assert "transaction_chunks/chunk_0.csv" in page.read_text()


def _quarantine_shows_lines_with_reasons() -> None:
    found = quarantine_of(*RUN)
    assert found.rows == {"in": 8, "loaded": 6, "quarantined": 2, "duplicate": 0, "held": 0}
    ((status, key, reason, docs),) = found.stopped
    assert (status, key, reason) == ("unreadable", "transaction_chunks/chunk_1.csv", "not_text")
    assert docs.startswith("http://docs/validations/")
    assert sum(rows for _, _, rows in found.reasons) == 2
    assert all(meaning for _, meaning, _ in found.reasons)
    assert found.lines is not None
    lines = {line.line: line for line in found.lines if line.key.endswith("chunk_0.csv")}
    assert lines[8].reason == "bad_amount"
    assert lines[8].text.startswith("0,C_BAD,")
    assert lines[9].text == "x" * SHOWN


def _changes_are_those_of_the_run() -> None:
    found = changes_by(*RUN)
    assert found.counts == {"child": {"opened": 1}}
    (change,) = found.changes
    assert (change.rule, change.entity) == ("child", {"customer": "C_0", "merchant": "M_KIOSK"})
    assert change.closed_cut is None


def _assets_tell_rows(figures: dict[str, Figures]) -> None:
    given = {stage: {part for part, name in GIVES[stage].items() if figures[stage][name]} for stage in GIVES}
    assert given == {stage: set(parts) for stage, parts in GIVES.items()}
    assert counts(figures["land"])["chunks"] == 2
    assert counts(figures["check"])["rows"]["loaded"] == 6
    assert counts(figures["aggregate"])["deltas"] == {"pairs": {"rows": 6}}
    assert counts(figures["detect"])["rules"]["child"]["holds"] == 1
    assert counts(figures["load"])["opened"]["child"] == 1
    assert counts(figures["alert"])["incidents"] == 1


def _expired_lines_are_no_error(figures: Figures) -> None:
    shutil.rmtree(lake().path(figures["quarantine_path"]))
    assert quarantine_of(*RUN).lines is None


def test_a_run_that_checked_nothing_has_pages_too(configure: Any) -> None:
    configure(docs_url="http://docs")
    open_flow(number=700)
    assert docs_address(*RUN) == "http://docs/index.html"
    assert quarantine_of(*RUN).lines == []
    assert changes_by(*RUN).changes == []


def test_every_reason_has_its_meaning() -> None:
    run_id = open_flow(number=700)
    reasons = dict.fromkeys([*contract("transactions").reasons, *CHUNK_REASONS, CORRECTED], 1)
    with transaction() as conn:
        attempt = start_attempt(conn, run_id, "check")
        publish_attempt(conn, attempt, {"reasons": reasons}, output=None, operations=[])

    found = quarantine_of(*RUN).reasons

    assert {code: rows for code, _, rows in found} == reasons
    assert [code for code, meaning, _ in found if not meaning] == []


def test_an_unknown_run_says_so() -> None:
    with pytest.raises(ConfigError, match="the ledger knows no run flow-700 of transactions"):
        docs_address(*RUN)
