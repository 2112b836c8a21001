"""Generated transactions: their truth against DuckDB, which reads the files on its own."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import pytest

from include.datasets import contract
from include.spark_jobs.rules import rules
from sources.bad_rows import BAD_LINES, HEADER, bad_counts
from sources.transactions import Truth, generate
from tests.oracle.oracle import oracle

# What a good line looks like, written apart from the contract. Broken ones are left out of the events.
GOOD = re.compile(
    rb"\d{1,2},'C\d+','[0-6U]','[MFEU]','28007','M\d+','28007','es_\w{1,30}',\d{1,8}\.\d\d,[01]\n"
)
COLUMNS = "step, customer, age, gender, zip, merchant, zip2, category, amount, fraud"


@pytest.fixture(scope="module")
def truth(tmp_path_factory: pytest.TempPathFactory) -> Truth:
    return generate(tmp_path_factory.mktemp("generated") / "with space", seed=7)


@pytest.fixture(scope="module")
def con(truth: Truth, tmp_path_factory: pytest.TempPathFactory) -> duckdb.DuckDBPyConnection:
    good = tmp_path_factory.mktemp("good") / "good.csv"
    with truth.transactions.open("rb") as lines:
        good.write_bytes(b"".join(line for line in lines if GOOD.fullmatch(line)))
    connection = duckdb.connect()
    connection.execute(
        f"""create table good_events as
        select date '2026-01-01' + step::int as event_day, customer, merchant, gender,
               (amount::decimal(18, 2) * 100)::bigint as amount_minor
        from read_csv('{good}', header = false, quote = '''', all_varchar = true,
                      names = string_split('{COLUMNS}', ', '))"""
    )
    connection.execute(
        f"""create table weights as
        select Source as customer, Target as merchant,
               (Weight::decimal(18, 6) * 1000000)::bigint as weight_micro
        from read_csv('{truth.importance}', quote = '''', all_varchar = true)"""
    )
    return connection


def found(con: duckdb.DuckDBPyConnection, rule: str, **changed: Any) -> set[tuple[str, ...]]:
    about = rules("transactions")[rule]
    parameters = about.parameters().model_dump() | changed
    table = oracle(rule, con, con.table("good_events"), con.table("weights"), parameters)
    return set(zip(*(table[column].to_pylist() for column in about.entity), strict=True))


def entities(rule: str, planted: list[Mapping[str, str]]) -> set[tuple[str, ...]]:
    return {tuple(entity[column] for column in rules("transactions")[rule].entity) for entity in planted}


@pytest.mark.parametrize("rule", ["upgrade", "child", "dei_needed"])
def test_exactly_what_is_planted_is_there(truth: Truth, con: duckdb.DuckDBPyConnection, rule: str) -> None:
    planted = entities(rule, [*truth.detections[rule]])
    assert found(con, rule) == planted and len(planted) == len(truth.detections[rule]) > 1
    near = [miss["entity"] for miss in truth.near_misses[rule]]
    assert near and not planted & entities(rule, near)


def test_ranked_within_the_top_customers(truth: Truth, con: duckdb.DuckDBPyConnection) -> None:
    assert len(truth.upgrade_top_customers) == 6
    assert found(con, "upgrade", weight_rank_within="top_customers") == entities(
        "upgrade", [*truth.upgrade_top_customers]
    )


@pytest.mark.parametrize(
    ("rule", "looser", "more"),
    [
        ("upgrade", {"min_transactions": 49_999}, 15),
        ("upgrade", {"top_share_bp": 1020}, 1),
        ("upgrade", {"bottom_share_bp": 1020}, 1),
        ("upgrade", {"top_share_bp": 999}, -1),
        ("upgrade", {"bottom_share_bp": 999}, -1),
        ("child", {"min_transactions": 79}, 1),
        ("child", {"average_below_minor": 2301}, 2),
        ("child", {"average_below_minor": 2299}, -2),
        ("child", {"min_transactions": 81}, -2),
        ("dei_needed", {"min_female": 99}, 2),
        ("dei_needed", {"min_female": 101}, -1),
        ("dei_needed", {"female_below_percent": 99}, -2),
        ("dei_needed", {"female_below_percent": 101}, 1),
    ],
)
def test_plants_sit_right_at_the_thresholds(
    con: duckdb.DuckDBPyConnection, rule: str, looser: dict[str, int], more: int
) -> None:
    """A threshold moved by one step takes in the near misses, or loses the plants, that sit at it."""
    assert len(found(con, rule, **looser)) - len(found(con, rule)) == more


def test_every_line_is_good_or_bad_as_told(truth: Truth) -> None:
    with truth.transactions.open("rb") as file:
        header, *lines = file.read().removesuffix(b"\n").split(b"\n")
    assert header == HEADER and len(lines) == truth.rows
    bad = Counter(reason for line in lines if not GOOD.fullmatch(line + b"\n") for reason in reasons_of(line))
    assert bad == truth.bad
    assert 0.01 < sum(truth.bad.values()) / truth.rows < 0.03
    for start in range(0, len(lines), 10_000):
        chunk = lines[start : start + 10_000]
        assert sum(not GOOD.fullmatch(line + b"\n") for line in chunk) < 0.04 * len(chunk)


def reasons_of(line: bytes) -> list[str]:
    stepless = re.sub(rb"^\d{1,2},", b"{step},", line)
    return [reason for reason, known in BAD_LINES.items() if line in known or stepless in known]


def test_every_reason_of_the_contract_is_planted(truth: Truth) -> None:
    assert set(BAD_LINES) == set(contract("transactions").reasons) == set(truth.bad)
    assert min(truth.bad.values()) >= 1
    with pytest.raises(ValueError, match="cannot show"):
        bad_counts(len(BAD_LINES) - 1)


def test_days_are_in_order_and_all_there(truth: Truth) -> None:
    with truth.transactions.open("rb") as lines:
        steps = [int(line.split(b",")[0]) for line in lines if GOOD.fullmatch(line)]
    assert steps == sorted(steps) and set(steps) == set(range(truth.days))


def test_the_truth_is_kept_beside_the_files(truth: Truth) -> None:
    assert Truth.model_validate_json((truth.transactions.parent / "truth.json").read_text()) == truth


def digests(folder: Path, seed: int) -> list[str]:
    truth = generate(folder, seed=seed, rows=104_000, days=3, bad_rows=False)
    return [hashlib.sha256(path.read_bytes()).hexdigest() for path in (truth.transactions, truth.importance)]


def test_the_seed_decides_every_byte(tmp_path: Path) -> None:
    first, again, other = digests(tmp_path / "a", 1), digests(tmp_path / "b", 1), digests(tmp_path / "c", 2)
    assert first == again and first[0] != other[0] and first[1] != other[1]


def test_too_few_rows_for_the_plants(tmp_path: Path) -> None:
    with pytest.raises(
        ValueError, match=r"100000 rows cannot hold 1 set\(s\) of planted patterns; 1\d{5} can"
    ):
        generate(tmp_path, rows=100_000)


def test_parquet_holds_the_events_of_the_csv(tmp_path: Path) -> None:
    generate(tmp_path / "csv", rows=110_000, days=5, bad_rows=False)
    parquet = generate(tmp_path / "parquet", rows=110_000, days=5, bad_rows=False, parquet=True)
    con = duckdb.connect()
    names = "step, customer, age, gender, merchant, category, fraud"
    csv = con.sql(
        f"""select step::int as step, customer, age, gender, merchant, category, fraud = '1' as fraud,
               (amount::decimal(18, 2) * 100)::bigint as amount_minor,
               date '2026-01-01' + step::int as event_day
        from read_csv('{tmp_path}/csv/transactions.csv', quote = '''', all_varchar = true)"""
    )
    events = con.read_parquet(f"{parquet.transactions}/**/*.parquet", hive_partitioning=True)
    typed = events.project(f"{names}, amount_minor, event_day::date")
    assert csv.except_(typed).aggregate("count(*)").fetchall() == [(0,)]
    assert typed.except_(csv).aggregate("count(*)").fetchall() == [(0,)]
    schema = set(events.columns) - {"event_day"}
    assert schema == {field.name for field in contract("transactions").fields} - {"event_day"} | {
        "chunk_id",
        "line",
    }
    distinct = events.aggregate("count(*), count(distinct (chunk_id, line)), count(distinct chunk_id)")
    assert distinct.fetchall() == [(110_000, 110_000, 11)]


@pytest.mark.prove
def test_noise_never_fires_at_scale(tmp_path: Path) -> None:
    truth = generate(tmp_path, seed=3, rows=1_300_000, bad_rows=False, parquet=True)
    con = duckdb.connect()
    con.execute(
        f"""create table good_events as
        from read_parquet('{truth.transactions}/**/*.parquet', hive_partitioning = true)"""
    )
    con.execute(
        f"""create table weights as
        select Source as customer, Target as merchant,
               (Weight::decimal(18, 6) * 1000000)::bigint as weight_micro
        from read_csv('{truth.importance}', quote = '''', all_varchar = true)"""
    )
    for rule, planted in truth.detections.items():
        assert found(con, rule) == entities(rule, [*planted])
