"""The commands on detections: digest, explanation with a verdict recomputed, results as files."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import typer
from openpyxl import load_workbook
from typer.testing import CliRunner, Result

from include.errors import ConfigError
from include.lake import lake
from include.settings import Settings
from include.spark_jobs.aggregates import aggregates
from include.stages.load import load
from include.state.plan import Delta
from include.store.connection import transaction
from include.store.state import record_delta
from stack.digest import digest
from stack.explain import explain
from stack.results import results
from tests.flow import publish_importance, put, run_flow
from tests.ledger import CUT, child, dei_needed, detected, new_run

pytestmark = pytest.mark.usefixtures("database", "bucket")

Configure = Callable[..., Settings]


def call(command: Callable[..., None], *arguments: str) -> Result:
    app = typer.Typer()
    app.command()(command)
    return CliRunner().invoke(app, arguments)


def a_load(
    found: dict[str, list[dict[str, Any]]], cut: date = CUT, seq: int = 1, profile: str = "default"
) -> int:
    run = new_run(profile=profile)
    detected(run, found, cut=cut, through_seq=seq)
    load(run.run_id)
    return run.run_id


def batch_of(run_id: int, pairs: list[dict[str, Any]], seq: int = 1) -> None:
    """Publishes the pairs as a batch of the day before the cut."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    day = CUT - timedelta(1)
    path = f"state/transactions/pairs/v1/deltas/run={run_id}/attempt=1"
    folder = Path(lake().path(path))
    folder.mkdir(parents=True)
    rest = {"chunk_id": "0" * 64, "event_day": day, "seen_f": False, "seen_m": True}
    pq.write_table(pa.Table.from_pylist([rest | pair for pair in pairs]), folder / "part-0.parquet")
    with transaction() as conn:
        record_delta(conn, run_id, aggregates()["pairs"], seq, Delta(path, len(pairs), day, day))


def test_digest_of_the_newest_cut_and_of_a_given_one() -> None:
    a_load({"child": [child("A")], "dei_needed": []})
    a_load({"child": [child("A"), child("B")], "dei_needed": []}, CUT + timedelta(1), 2)
    newest, older = call(digest), call(digest, "--cut", str(CUT))
    lines = newest.output.splitlines()
    assert [line.split()[0] for line in lines] == ["child", "dei_needed", str(CUT + timedelta(1))]
    assert lines[0].startswith('child v1 {"average_below_minor":2300,"min_transactions":80} - 2 hold ')
    assert older.output.splitlines()[-1].split()[0] == str(CUT)
    assert len({result.output.splitlines()[-1].split()[1] for result in (newest, older)}) == 2


def test_digest_is_the_same_for_the_same_rows_in_another_order_and_history() -> None:
    a_load({"child": [child("A"), child("B")]})
    first = call(digest).output.splitlines()[-1]
    a_load({"child": []}, seq=2)
    assert call(digest).output.splitlines()[-1] != first
    a_load({"child": [child("B"), child("A")]}, seq=7)
    assert call(digest).output.splitlines()[-1] == first


def test_digest_is_of_the_configured_profile(configure: Configure) -> None:
    a_load({"child": [child("A")]})
    a_load({"child": []}, CUT + timedelta(1), 2, profile="sample")
    assert call(digest).output.splitlines()[-1].startswith(str(CUT))
    configure(profile="sample")
    assert call(digest).output.splitlines()[-1].startswith(str(CUT + timedelta(1)))


@pytest.mark.parametrize(
    ("cut", "message"),
    [
        ("2025-01-01", f"not evaluated at cut 2025-01-01; its cuts are: {CUT}"),
        ("1.2.25", "YYYY-MM-DD, not '1.2.25'"),
    ],
)
def test_digest_of_nothing_names_the_choices(cut: str, message: str) -> None:
    a_load({"child": []})
    with pytest.raises(ConfigError, match=message):
        digest(cut=cut)


def test_explain_recomputes_the_same(spark_remote: str) -> None:
    run_id = a_load({"child": [child("A", transactions=81)]})
    batch_of(run_id, [child("A", transactions=81), child("B", transactions=79)])
    done = call(explain, "--id", "1")
    assert done.exit_code == 0, done.output
    lines = done.output.splitlines()
    assert lines[0] == "Detection 1: child of transactions (PatId2, CHILD)"
    assert lines[1].startswith("A made 81 transactions at M1")
    assert "evidence: transactions 81, amount_minor 162000" in lines
    assert f"position: cut {CUT}, through batch 1" in lines
    assert f"episode: opened at cut {CUT}, open, held last at cut {CUT}" in lines
    assert any(f"opened at cut {CUT} by run {run_id}, " in line for line in lines)
    assert lines[-1] == "verdict recomputed: same"


@pytest.mark.parametrize(
    ("pairs", "difference"),
    [
        ([child("A", transactions=79)], "the entity does not hold"),
        ([child("B", transactions=81)], "the entity does not hold"),
        (
            [child("A", transactions=82)],
            "amount_minor is 164000, the detection says 162000; transactions is 82, the",
        ),
        (
            [child("A", transactions=81) | {"last_day": date(2026, 1, 29)}],
            "last_day is 2026-01-29, the detection",
        ),
    ],
)
def test_explain_tells_what_differs(spark_remote: str, pairs: list[dict[str, Any]], difference: str) -> None:
    batch_of(a_load({"child": [child("A", transactions=81)]}), pairs)
    done = call(explain, "--id", "1")
    assert done.exit_code == 1
    assert f"verdict recomputed: {difference}" in done.output


def test_explain_judges_a_closed_detection_where_it_held(spark_remote: str) -> None:
    run_id = a_load({"child": [child("A", transactions=81)]})
    a_load({"child": []}, CUT + timedelta(1), 2)
    batch_of(run_id, [child("A", transactions=81)])
    batch_of(run_id + 1, [child("A", transactions=1) | {"amount_minor": 10**9}], 2)
    done = call(explain, "--id", "1")
    assert f"episode: opened at cut {CUT}, ended at cut {CUT + timedelta(1)}" in done.output
    assert done.exit_code == 0, done.output


@pytest.mark.prove
def test_explain_recomputes_every_rule_from_real_events(spark_remote: str, configure: Configure) -> None:
    configure(settle_seconds=0)
    pairs = [(f"C{i:02}", "F" if i < 11 else "M", 40 if i == 0 else 20) for i in range(25)]
    sales = [(customer, gender, n) for customer, gender, count in pairs for n in range(count)]
    categories = ("es_food", "es_health", "es_travel")
    lines = [
        f"{n},{customer},3,{gender},28007,M1,28007,{categories[n % 3]},{5 + n % 17}.50,0"
        for customer, gender, n in sales
    ]
    weights = [f"{customer},M1,{10 + i}.5,es_food,0" for i, (customer, _, _) in enumerate(pairs)]
    publish_importance("\n".join(["Source,Target,Weight,typeTrans,fraud", *weights, ""]).encode())
    columns = "step,customer,age,gender,zipcodeOri,merchant,zipMerchant,category,amount,fraud"
    put("transactions", "chunk_0.csv", "\n".join([columns, *lines, ""]).encode())
    figures = run_flow("transactions", profile="sample")
    assert figures["load"]["opened"] == {"child": 25, "dei_needed": 1, "upgrade": 3}
    for id, words in ((1, "C00 made 40"), (26, "M1 has 11 female"), (27, "C00")):
        done = call(explain, "--id", str(id))
        assert words in done.output
        assert done.output.splitlines()[-1] == "verdict recomputed: same"
        assert "  detect: " in done.output, "the Spark operations of the run"
    assert call(digest, "--profile", "sample").output.split()[-1] == figures["detect"]["digest"]


def test_explain_of_another_version_of_the_rule_differs() -> None:
    a_load({"child": [child("A")]})
    with transaction() as conn:
        conn.execute("update detections set rule_version = 0")
    done = call(explain, "--id", "1")
    assert done.exit_code == 1
    assert "verdict recomputed: the rule is version 1 now, the detection is of version 0" in done.output


def test_explain_of_an_unknown_detection() -> None:
    with pytest.raises(ConfigError, match="there is no detection 7; `make results"):
        explain(id=7)


def test_results_have_every_episode_in_both_formats(tmp_path: Path) -> None:
    formula = '=1+1,"x"'
    a_load({"child": [child(formula)], "dei_needed": [dei_needed("M\x01")]})
    a_load({"child": [], "dei_needed": [dei_needed("M\x01")]}, CUT + timedelta(1), 2)
    out = tmp_path / "a folder" / "deep"
    done = call(results, "--out", str(out))
    assert done.exit_code == 0, done.output
    with (out / "detections.csv").open(newline="", encoding="utf-8") as file:
        first, second = csv.DictReader(file)
    assert (first["entity_customer"], first["entity_merchant"], first["status"]) == (formula, "M1", "ended")
    assert (first["pattern_id"], first["action_type"]) == ("PatId2", "CHILD")
    assert (first["evidence_transactions"], first["evidence_amount_minor"]) == ("80", "160000")
    assert (second["entity_customer"], second["entity_merchant"], second["status"]) == ("", "M\x01", "open")
    assert (second["evidence_transactions"], second["closed_cut"]) == ("", "")
    assert second["export_key"].endswith("/detection_0.csv")
    sheet = load_workbook(out / "detections.xlsx").active
    assert sheet is not None
    header, *rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    cells = [dict(zip(header, row, strict=True)) for row in rows]
    assert list(first) == header
    assert (cells[0]["entity_customer"], cells[0]["evidence_transactions"]) == (formula, 80)
    assert cells[1]["entity_merchant"] == "M\ufffd"
    column = header.index("entity_customer") + 1
    assert sheet.cell(2, column).data_type == "s", "a name is no formula"


def test_results_of_nothing(tmp_path: Path) -> None:
    assert "0 detections" in call(results, "--out", str(tmp_path)).output
    assert (tmp_path / "detections.csv").read_text().startswith("detection_id,dataset,rule,")
