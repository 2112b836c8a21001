"""Values planted in a personal dataset are where they must be, and nowhere that people or tools look."""

from __future__ import annotations

import json
import logging
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from psycopg import sql

from include.datasets.contract import Contract
from include.errors import VigilError
from include.lake import lake
from include.quality import suite
from include.settings import Settings
from include.stages.check import check
from include.stages.land import land
from include.store.connection import transaction
from tests.flow import open_flow, put, run_flow
from tests.personal import CALLS, HEADER, NEW, OLD, TWO_KEYS, line, unregister, use

PHONES = [f"+98912555{n:04}" for n in range(8)]
ADDRESSES = [f"198.51.100.{n}" for n in range(200, 208)]
# In rows that are quarantined, and in what nobody expects.
BAD = ["+989125559999", "203.0.113.77"]
CANARIES = [*PHONES, *ADDRESSES, *BAD, OLD, NEW]
GOOD = b"".join(line(i % 3, PHONES[i % 8], ADDRESSES[i % 8], "a note") for i in range(150))
EXPECTED = [
    {
        "type": "expect_column_values_to_be_null",
        "kwargs": {"column": "reason", "mostly": 0.9},
        "severity": "critical",
    },
    {
        "type": "expect_column_values_to_match_regex",
        "kwargs": {"column": "phone", "regex": r"^phone_[a-z2-7]{26}$"},
        "severity": "critical",
    },
    # broken by every row, so that what the library says of values is said
    {
        "type": "expect_column_values_to_be_in_set",
        "kwargs": {"column": "ip", "value_set": ["none"]},
        "severity": "warning",
    },
    {
        "type": "expect_column_unique_value_count_to_be_between",
        "kwargs": {"column": "phone", "max_value": 2},
        "severity": "warning",
    },
]


@pytest.fixture(autouse=True)
def services(
    database: str,
    bucket: str,
    spark_remote: str,
    configure: Callable[..., Settings],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> Iterator[None]:
    (tmp_path / "calls.json").write_text(json.dumps({"name": "calls", "expectations": EXPECTED}))
    with monkeypatch.context() as patch:
        patch.setattr(suite.load_suite, "__defaults__", (tmp_path,))
        use(patch, CALLS)
        configure(settle_seconds=0, pseudonym_keys=TWO_KEYS)
        yield
    unregister()


def tables() -> dict[str, str]:
    """Every table of the platform's database as text."""
    with transaction() as conn:
        names = conn.execute("select tablename from pg_tables where schemaname = 'public'").fetchall()
        return {
            row["tablename"]: str(
                conn.execute(
                    sql.SQL("select to_jsonb(t)::text as row from {} t").format(
                        sql.Identifier(row["tablename"])
                    )
                ).fetchall()
            )
            for row in names
        }


def found_in(folder: Path) -> set[str]:
    """The canaries in the files of a folder."""
    files = [file.read_bytes() for file in folder.rglob("*") if file.is_file()]
    return {one for one in CANARIES if any(one.encode() in data for data in files)}


@pytest.mark.prove
def test_no_canary_sings(
    settings: Settings,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
    servers: Path,
) -> None:
    caplog.set_level(logging.INFO)
    bad = line(-1, BAD[0], "x") + line(1, "", BAD[1]) + f"1,{BAD[0]},{BAD[1]}\n".encode()
    put("calls", "good.csv", HEADER + GOOD + bad)
    put("calls", "held.csv", HEADER + line(0, PHONES[0]) + bad * 9)
    figures = run_flow("calls", number=951)
    dry = open_flow("calls", number=952, dry_run=True)
    put("calls", "dry.csv", HEADER + line(0, "+989125551234") + bad)
    dry_figures = [land(dry), check(dry)]

    assert figures["check"]["rows"]["loaded"] == 150
    assert len(figures["check"]["held"]) == 1
    said = capsys.readouterr()
    by_table = tables()
    vault = by_table.pop("vault")
    for name, text in {
        "figures": json.dumps([figures, dry_figures], default=str),
        "logs": caplog.text,
        "output": said.out + said.err,
        **by_table,
    }.items():
        assert not [one for one in CANARIES if one in text], name
    root = Path(lake().root)
    for place in ("docs", "logs"):
        assert found_in(settings.home / place) == set()
    for place in ("events", "state", "evaluations"):
        assert found_in(root / place) == set(), place
    assert [file for file in servers.glob("spark-*/spark.log") if file.stat().st_size]
    for file in servers.glob("spark-*/spark.log"):
        text = file.read_text(errors="replace")
        assert not [one for one in CANARIES if one in text], file

    # they are where they must be, so the search itself works
    assert {one for one in CANARIES if one in vault} == {*PHONES, *ADDRESSES}
    assert "1234" not in vault, "a dry run keeps nothing"
    assert found_in(root / "chunks") == {*PHONES, *ADDRESSES, *BAD}
    assert found_in(root / "quarantine") == set(BAD)
    pages = "".join(page.read_text() for page in (settings.home / "docs").rglob("*.html"))
    assert "good.csv" in pages


def test_an_error_of_sparks_loses_the_row_that_it_quotes(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    careless = CALLS.fields[1].model_copy(
        update={"cast": lambda raw: raw.cast("int").cast("string"), "rejects": ()}
    )
    kind: Contract = CALLS.model_copy(update={"fields": (CALLS.fields[0], careless, *CALLS.fields[2:])})
    with pytest.MonkeyPatch.context() as patch:
        use(patch, kind)
        put("calls", "good.csv", HEADER + line(0, "a-canary"))
        run_id = open_flow("calls", number=953)
        land(run_id)
        with pytest.raises(VigilError, match=r"failed in Spark \((CAST|STAGE)_[A-Z_]+\)") as failed:
            check(run_id)
    told = "".join(traceback.format_exception(failed.value)) + "".join(capfd.readouterr())
    assert "a-canary" not in told + caplog.text
    assert failed.value.__context__ is None
