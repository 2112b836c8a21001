"""The stage check on real services: from landed objects to the ledger, the lake and Data Docs."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from include.errors import ChunksHeld, ConfigError
from include.lake import lake
from include.quality import suite
from include.stages.check import check, verdict
from include.stages.land import land
from include.store.chunks import chunks_of
from include.store.connection import transaction
from include.store.references import publish_version, reference_path
from include.store.runs import pin_reference
from tests.flow import open_flow, put, run_flow

HEADER = b"step,customer,age,gender,zipcodeOri,merchant,zipMerchant,category,amount,fraud\n"
KINDS = [b"es_food", b"es_tech", b"es_transportation"]
# The suite holds one category only from a hundred rows on.
SIZE = 120


def line(i: int, category: bytes | None = None, step: int = 0) -> bytes:
    values = (step, i % 40, i % 7, category or KINDS[i % 3], i % 50, i % 90)
    return b"%d,'C%d','%d','F','28007','M1','28007','%s',%d.%02d,0\n" % values


def chunk(*, category: bytes | None = None, bad: int = 0, step: int = 0, first: int = 0) -> bytes:
    good = [line(i, category, step) for i in range(first, first + SIZE - bad)]
    return HEADER + b"".join(good) + b"damaged\n" * bad


@pytest.fixture(autouse=True)
def services(database: str, bucket: str, spark_remote: str, configure: Callable[..., Any]) -> None:
    configure(settle_seconds=0, docs_url="http://docs.test")


def fates(run_id: int) -> dict[str, tuple[Any, ...]]:
    with transaction() as conn:
        return {
            one.first_key.rpartition("/")[2]: (
                one.status,
                one.rows_in,
                one.rows_loaded,
                one.rows_quarantined,
                one.rows_duplicate,
                one.rows_held,
            )
            for one in chunks_of(conn, run_id)
        }


def test_each_chunk_of_a_run_gets_its_own_fate(settings: Any) -> None:
    put("transactions", "good.csv", chunk(bad=12))
    put("transactions", "one_kind.csv", chunk(category=b"es_food"))
    put("transactions", "bad.csv", chunk(bad=13))
    put("transactions", "page.csv", b"<html>sign in</html>\n")
    put("transactions", "tail.csv", HEADER + line(1, b"es_food", step=3))
    run_id = open_flow()
    land(run_id)
    figures = check(run_id)

    assert fates(run_id) == {
        "good.csv": ("checked", SIZE, SIZE - 12, 12, 0, 0),
        "one_kind.csv": ("held", SIZE, 0, 0, 0, SIZE),
        "bad.csv": ("held", SIZE, 0, 13, 0, SIZE - 13),
        "page.csv": ("unreadable", None, None, None, None, None),
        "tail.csv": ("checked", 1, 1, 0, 0, 0),
    }
    assert figures["rows"] == {
        "in": 3 * SIZE + 1,
        "loaded": SIZE - 11,
        "quarantined": 25,
        "duplicate": 0,
        "held": 2 * SIZE - 13,
    }
    assert figures["reasons"] == {"wrong_field_count": 25}
    assert len(figures["checked"]) == 2
    assert [one["reason"] for one in figures["unreadable"]] == ["bad_header"]
    for one in figures["held"] + figures["unreadable"]:
        assert one["key"].rpartition("/")[2] in (settings.home / "docs" / one["docs"]).read_text()

    with pytest.raises(ChunksHeld, match="3 chunks stopped") as stop:
        verdict(run_id)
    for one in figures["held"] + figures["unreadable"]:
        assert one["key"] in str(stop.value)
        assert one["reason"] in str(stop.value)
        assert f"http://docs.test/{one['docs']}" in str(stop.value)

    # what the days of each readable chunk are made of is kept beside it
    with transaction() as conn:
        kept = conn.execute(
            "select first_key, event_day, rows, mix from chunk_days join chunks using (dataset, chunk_id)"
        ).fetchall()
    days = {row["first_key"].rpartition("/")[2]: row for row in kept}
    assert {name: row["rows"] for name, row in days.items()} == {
        "good.csv": SIZE - 12,
        "one_kind.csv": SIZE,
        "bad.csv": SIZE - 13,
        "tail.csv": 1,
    }
    assert str(days["tail.csv"]["event_day"]) == "2026-01-04"
    assert days["good.csv"]["mix"] == {
        "category": {"es_food": 36, "es_tech": 36, "es_transportation": 36},
        "gender": {"F": 108},
        "age.given": {"yes": 108},
        "zipcode_ori.given": {"yes": 108},
        "zip_merchant.given": {"yes": 108},
        "amount_minor.digits": {"0": 1, "2": 2, "3": 25, "4": 80},
        "chunk.layout": {"header, single quotes": 108},
    }

    # the ledger knows the days, and the lake's events are read by the ledger's chunks
    with transaction() as conn:
        tail = next(one for one in chunks_of(conn, run_id, "checked") if one.rows_in == 1)
    assert (str(tail.first_day), str(tail.last_day)) == ("2026-01-04", "2026-01-04")
    events = lake().read_parquet(figures["events_path"])
    assert events["chunk_id"].to_pylist().count(tail.chunk_id) == 1


def test_a_run_whose_chunks_are_all_good_has_nothing_to_stop_it() -> None:
    put("transactions", "good.csv", chunk())
    run_id = open_flow()
    land(run_id)
    assert check(run_id)["held"] == []
    verdict(run_id)


def test_a_verdict_given_again_names_only_what_is_still_stopped() -> None:
    put("transactions", "mended.csv", chunk(bad=13))
    put("transactions", "bad.csv", chunk(bad=13, first=SIZE))
    run_id = open_flow()
    land(run_id)
    check(run_id)
    with pytest.raises(ChunksHeld, match="2 chunks stopped"):
        verdict(run_id)

    put("transactions", "mended.csv", chunk())
    later = open_flow(number=2)
    land(later)
    check(later)
    with pytest.raises(ChunksHeld, match="1 chunks stopped") as stop:
        verdict(run_id)
    assert "mended.csv" not in str(stop.value)


def test_checking_again_gives_what_was_published_and_does_nothing(settings: Any) -> None:
    put("transactions", "good.csv", chunk())
    run_id = open_flow()
    land(run_id)
    figures = check(run_id)
    before = sorted(Path(settings.lake_root).rglob("*"))
    assert check(run_id) == figures
    assert sorted(Path(settings.lake_root).rglob("*")) == before


def test_a_run_without_chunks_checks_nothing_and_no_verdict_comes_before_check() -> None:
    run_id = open_flow()
    land(run_id)
    with pytest.raises(ConfigError, match="not through"):
        verdict(run_id)
    figures = check(run_id)
    assert (figures["checked"], figures["rows"]["in"], figures["events_path"]) == ([], 0, None)
    verdict(run_id)


def test_a_dry_run_tells_the_same_and_records_nothing(settings: Any) -> None:
    put("transactions", "good.csv", chunk(bad=1))
    put("transactions", "one_kind.csv", chunk(category=b"es_food"))
    dry = open_flow(dry_run=True)
    land(dry)
    told = check(dry)
    assert fates(dry) == {}
    assert [one["docs"] for one in told["held"]] == [None]
    assert not (settings.home / "docs").exists()
    real = open_flow()
    land(real)
    done = check(real)
    for name in ("checked", "rows", "reasons"):
        assert told[name] == done[name]
    assert [one["reason"] for one in told["held"]] == [one["reason"] for one in done["held"]]
    assert [one["docs"] for one in done["held"]] != [None]


def test_data_docs_that_cannot_be_written_hold_nobody_back(settings: Any, caplog: Any) -> None:
    settings.home.mkdir(parents=True, exist_ok=True)
    (settings.home / "docs").write_text("not a folder")
    put("transactions", "one_kind.csv", chunk(category=b"es_food"))
    run_id = open_flow()
    land(run_id)
    (held,) = check(run_id)["held"]
    assert held["docs"] is None
    assert "cannot be written" in caplog.text
    with pytest.raises(ChunksHeld, match=r"one_kind\.csv is held"):
        verdict(run_id)


def test_a_broken_suite_fails_the_stage_and_leaves_the_chunks_landed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "transactions.json").write_text(json.dumps({"name": "transactions", "expectations": []}))
    monkeypatch.setattr(suite.load_suite, "__defaults__", (tmp_path,))
    put("transactions", "good.csv", chunk())
    run_id = open_flow()
    land(run_id)
    with pytest.raises(ConfigError, match="expects nothing"):
        check(run_id)
    assert [fate[0] for fate in fates(run_id).values()] == ["landed"]


WEIGHTS = b"Source,Target,Weight,typeTrans,fraud\n'C1','M1',1.5,'es_food',0\n'C1','M1',2,'es_food',0\n"


def test_importance_is_published_complete_or_not_at_all() -> None:
    put("importance", "bad.csv", WEIGHTS + b"'C2','M1',-1,'es_food',0\n")
    held = run_flow("importance")
    assert [one["key"].rpartition("/")[2] for one in held["check"]["held"]] == ["bad.csv"]
    run_id = open_flow()
    with transaction() as conn:
        assert pin_reference(conn, run_id, "importance") is None

    put("importance", "good.csv", WEIGHTS)
    done = run_flow("importance")
    (version,) = done["check"]["checked"]
    with transaction() as conn:
        assert pin_reference(conn, run_id, "importance") == version
        path = reference_path(conn, "importance", version)
    assert lake().read_parquet(path).to_pylist() == [
        {"customer": "C1", "merchant": "M1", "weight_sum_micro": 3_500_000, "weight_count": 2}
    ]


def test_a_version_is_published_once_and_numbers_go_on() -> None:
    run_id = open_flow("importance")
    with transaction() as conn:
        for version, path in (("a" * 64, "one"), ("b" * 64, "two"), ("a" * 64, "three")):
            publish_version(conn, "importance", version, path, 1, run_id)
        assert reference_path(conn, "importance", "a" * 64) == "one"
        assert pin_reference(conn, run_id, "importance") == "b" * 64
