"""Generated events of every behaviour: their truth against DuckDB, their files against plain readings."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from include.datasets import contract
from include.spark_jobs.rules import rules
from sources.behaviours import SHAPES, generate, make
from sources.behaviours.rhythm import HOUR
from sources.behaviours.truth import Made, Truth
from tests.oracle.oracle import oracle_of_day, rules_with_oracle
from tests.readings import COLUMNS, rows

SEED = 7
RULES = [(dataset, rule) for dataset in SHAPES for rule in rules_with_oracle(dataset)]
Entities = set[tuple[str, ...]]


@cache
def made(dataset: str) -> Made:
    return make(dataset, seed=SEED)


@pytest.fixture(scope="module")
def truths(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Truth]:
    folder = tmp_path_factory.mktemp("generated") / "with space"
    return {dataset: generate(dataset, folder / dataset, seed=SEED) for dataset in SHAPES}


def found(events: pa.Table, dataset: str, rule: str, day: date, **changed: Any) -> Entities:
    """What DuckDB finds when this day is over."""
    about = rules(dataset)[rule]
    con = duckdb.connect()
    con.execute("set timezone = 'UTC'")
    parameters = about.parameters().model_dump() | changed
    table = oracle_of_day(rule, con, con.from_arrow(events), day + timedelta(days=1), parameters)
    return set(zip(*(table[column].to_pylist() for column in about.entity), strict=True))


def entities(dataset: str, rule: str, planted: Iterable[dict[str, str]]) -> list[tuple[str, ...]]:
    return [tuple(entity[column] for column in rules(dataset)[rule].entity) for entity in planted]


def check_truth(events: pa.Table, truth: Truth, dataset: str, rule: str) -> None:
    """Found is planted, day by day; and no near miss is found."""
    assert set(truth.detections[rule]) == set(events["event_day"].unique().to_pylist())
    for day, planted in truth.detections[rule].items():
        expected = entities(dataset, rule, planted)
        assert expected and len(expected) == len(set(expected))
        given = found(events, dataset, rule, day)
        assert given == set(expected)
        near = [miss.entity for miss in truth.near_misses[rule] if miss.day == day]
        assert not given & set(entities(dataset, rule, near))
    assert truth.near_misses[rule]


def check_files(events: pa.Table, truth: Truth, dataset: str) -> None:
    """The real parser and a plain reading of its texts give exactly the events, but for what is spoilt."""
    micros = events.set_column(0, "event_time", events["event_time"].cast(pa.int64()))
    good = Counter(zip(*(micros[name].to_pylist() for name in COLUMNS[dataset]), strict=True))
    reasons: Counter[str] = Counter()
    read = Counter(row for path in truth.files for row in rows(dataset, path, reasons))
    assert not good - read
    refused = {reason: count for reason, count in truth.bad.items() if reason not in SHAPES[dataset].spoilt}
    assert reasons == refused
    assert read.total() == truth.rows == len(events) + sum(truth.bad.values())


def test_all_rules_of_these_datasets_are_planted(truths: dict[str, Truth]) -> None:
    for dataset, truth in truths.items():
        assert set(truth.detections) == set(truth.near_misses) == set(rules_with_oracle(dataset))


@pytest.mark.parametrize(("dataset", "rule"), RULES)
def test_exactly_what_is_planted_is_there(truths: dict[str, Truth], dataset: str, rule: str) -> None:
    check_truth(made(dataset).events, truths[dataset], dataset, rule)


@pytest.mark.parametrize(
    ("rule", "changed", "more"),
    [
        ("contact_scraping", {"per_minute": 9}, 4),
        ("contact_scraping", {"per_minute": 11}, -14),
        ("contact_scraping", {"per_day": 499}, 2),
        ("contact_scraping", {"per_day": 501}, -2),
        ("contact_scraping", {"tokens_per_day": 99}, 4),
        ("contact_scraping", {"tokens_per_day": 101}, -2),
        ("contact_outlier", {"min_requests": 49}, 1),
        ("contact_outlier", {"min_requests": 51}, -1),
        ("contact_outlier", {"score_above_tenths": 58}, 1),
        ("contact_outlier", {"score_above_tenths": 62}, -1),
        ("rapid_actions", {"min_gaps": 4}, 3),
        ("rapid_actions", {"min_gaps": 6}, -6),
        ("bot_rate", {"per_minute": 59}, 3),
        ("bot_rate", {"per_minute": 61}, -5),
        ("bot_rate", {"per_5_minutes": 299}, 1),
        ("bot_rate", {"per_30_minutes": 1799}, 1),
        ("bot_rate", {"per_minute": 10**6, "per_5_minutes": 10**6}, -7),
        ("bot_rate", {"per_minute": 10**6, "per_5_minutes": 10**6, "per_30_minutes": 1801}, -8),
        ("many_locations", {"min_locations": 4}, -6),
        ("impossible_travel", {"kmh_above": 999}, 1),
        ("impossible_travel", {"kmh_above": 1001}, -4),
        ("account_sharing", {"locations": 4}, -4),
        ("account_sharing", {"devices": 3}, -1),
        ("trial_abuse", {"trials": 2}, -19),
        ("payment_risk", {"failed": 3}, -21),
        ("payment_risk", {"chargebacks": 1}, -24),
    ],
)
def test_plants_sit_right_at_the_thresholds(rule: str, changed: dict[str, int], more: int) -> None:
    """A threshold moved by one step takes in the near misses, or loses the plants, that sit at it."""
    (dataset,) = (dataset for dataset, name in RULES if name == rule)
    events = made(dataset).events
    days = events["event_day"].unique().to_pylist()
    moved = sum(len(found(events, dataset, rule, day, **changed)) for day in days)
    assert moved - sum(len(found(events, dataset, rule, day)) for day in days) == more


@pytest.mark.parametrize("dataset", SHAPES)
def test_who_only_looks_suspicious_is_there_and_in_no_truth(truths: dict[str, Truth], dataset: str) -> None:
    truth = truths[dataset]
    harmless = {tuple(entity.values()) for those in truth.bystanders.values() for entity in those}
    found_ever = {
        tuple(entity.values())
        for by_day in truth.detections.values()
        for planted in by_day.values()
        for entity in planted
    }
    assert not harmless & found_ever
    assert min(map(len, truth.bystanders.values()), default=1) >= 1
    texts = set()
    for name, column in zip(made(dataset).events.column_names, made(dataset).events.columns, strict=True):
        if name not in ("event_time", "event_day") and pa.types.is_string(column.type):
            texts |= set(column.unique().to_pylist())
    assert {entity[-1] for entity in harmless} <= texts


def test_households_offices_and_commuters_are_what_they_are_called(truths: dict[str, Truth]) -> None:
    con = duckdb.connect()
    requests = con.from_arrow(made("contact_requests").events)
    phones = dict(requests.aggregate("ip, count(distinct phone) as phones", "ip").fetchall())
    there = truths["contact_requests"].bystanders
    assert sum(phones[entity["actor"]] >= 2 for entity in there["households"]) > 15
    assert min(phones[entity["actor"]] for entity in there["offices"]) >= 4
    visits = con.from_arrow(made("user_activity").events)
    places = dict(visits.aggregate("user_id, count(distinct ip_location) as places", "user_id").fetchall())
    commuters = truths["user_activity"].bystanders["commuters"]
    assert len(commuters) == 20 and min(places[entity["user_id"]] for entity in commuters) >= 2
    users = dict(visits.aggregate("ip_location, count(distinct user_id) as users", "ip_location").fetchall())
    assert sum(count >= 10 for count in users.values()) > 10


@pytest.mark.parametrize("dataset", SHAPES)
def test_evenings_and_weekends_are_busier(dataset: str) -> None:
    shape, events = SHAPES[dataset], make(dataset, seed=3, rows=60_000).events
    con = duckdb.connect()
    con.execute(f"set timezone = '{contract(dataset).zone}'")
    hours = dict(
        con.from_arrow(events).aggregate("hour(event_time) as hour, count(*) as n", "hour").fetchall()
    )
    assert sum(hours[hour] for hour in (19, 20, 21, 22)) > 4 * sum(hours[hour] for hour in (2, 3, 4, 5))
    days = Counter(events["event_day"].to_pylist())
    main = sorted(days)[-4:]
    weekend = [days[day] for day in main if day.weekday() in shape.weekend]
    assert len(weekend) == 2 and min(weekend) > max(days[day] for day in main if days[day] not in weekend)


@pytest.mark.parametrize(
    ("dataset", "who"),
    [("contact_requests", "phone"), ("clickstream", "user_id"), ("user_activity", "user_id")],
)
def test_few_do_much(dataset: str, who: str) -> None:
    counts = Counter(made(dataset).events[who].drop_null().to_pylist())
    ordered = sorted(counts.values(), reverse=True)
    assert sum(ordered[: len(ordered) // 10]) > 0.25 * sum(ordered)


@pytest.mark.parametrize("dataset", SHAPES)
def test_every_row_is_good_or_bad_as_told(truths: dict[str, Truth], dataset: str) -> None:
    check_files(made(dataset).events, truths[dataset], dataset)


@pytest.mark.parametrize("dataset", SHAPES)
def test_every_reason_of_the_contract_is_planted(truths: dict[str, Truth], dataset: str) -> None:
    truth = truths[dataset]
    assert set(truth.bad) == set(contract(dataset).reasons)
    assert 0.01 < sum(truth.bad.values()) / truth.rows < 0.1


@pytest.mark.parametrize("dataset", SHAPES)
def test_chunks_are_even_and_of_every_form(truths: dict[str, Truth], dataset: str) -> None:
    truth, shape = truths[dataset], SHAPES[dataset]
    forms = [shape.forms[number % len(shape.forms)] for number in range(10)]
    assert set(forms) == {"lines", "array", "csv"}
    for number, (path, form) in enumerate(zip(truth.files, forms, strict=True)):
        assert path.name == f"chunk_{number}.{'csv' if form == 'csv' else 'json'}"
        reasons: Counter[str] = Counter()
        assert len(list(rows(dataset, path, reasons))) == truth.rows // 10
        assert reasons.total() < truth.rows // 10 * 0.1


def test_every_mess_of_contact_requests_is_there(truths: dict[str, Truth]) -> None:
    text = "".join(path.read_bytes().decode(errors="replace") for path in truths["contact_requests"].files)
    for part in ('"+98', '"0098', '"09', '"9', "۰۹۱", "::ffff:", '"msisdn"', '"createdAt"', '\\"token\\"'):
        assert part in text.replace("\\u06f0\\u06f9\\u06f1", "۰۹۱"), part
    for part in ("+0330", "+03:30", "Z", ": 17", "۲۰۲۶-۰۳-"):
        assert part in text, part


@pytest.mark.parametrize("dataset", ["contact_requests", "clickstream", "user_activity"])
def test_what_belongs_together_arrives_apart(truths: dict[str, Truth], dataset: str) -> None:
    """Late and out of order, and some of each rule's planted entities in more than one chunk."""
    truth = truths[dataset]
    place = list(COLUMNS[dataset]).index("phone" if dataset == "contact_requests" else "user_id")
    chunks: dict[Any, set[int]] = {}
    behind = 0
    for number, path in enumerate(truth.files):
        latest = 0
        for row in rows(dataset, path, Counter()):
            if row and row[0] and row[0] < 2 * 10**15:
                chunks.setdefault(row[place], set()).add(number)
                behind += row[0] < latest - HOUR
                latest = max(latest, row[0])
    assert behind > truth.rows * 0.02
    for rule in truth.detections:
        planted = {list(entity.values())[-1] for those in truth.detections[rule].values() for entity in those}
        assert sum(len(chunks.get(entity, ())) > 1 for entity in planted) >= 2


def test_the_truth_is_kept_beside_the_files(truths: dict[str, Truth]) -> None:
    for truth in truths.values():
        kept = (truth.files[0].parent / "truth.json").read_text()
        assert Truth.model_validate_json(kept) == truth


@pytest.mark.parametrize("dataset", SHAPES)
def test_the_seed_decides_every_byte(tmp_path: Path, truths: dict[str, Truth], dataset: str) -> None:
    def digests(truth: Truth) -> list[str]:
        return [hashlib.sha256(path.read_bytes()).hexdigest() for path in truth.files]

    again = generate(dataset, tmp_path / "again", seed=SEED)
    other = generate(dataset, tmp_path / "other", seed=SEED + 1)
    assert digests(again) == digests(truths[dataset])
    assert not set(digests(other)) & set(digests(again))


@pytest.mark.parametrize("dataset", SHAPES)
def test_other_days_and_nothing_bad(tmp_path: Path, dataset: str) -> None:
    first = date(2026, 6, 1)
    truth = generate(dataset, tmp_path, rows=15_000, days=3, chunks=4, first_day=first, bad_share=0)
    main = [day for day in truth.days if day >= first]
    assert main == [first + timedelta(days=number) for number in range(3)]
    assert (truth.bad, len(truth.files)) == ({}, 4)
    events = make(dataset, rows=15_000, days=3, first_day=first, bad_share=0).events
    assert len(events) == truth.rows
    for rule in rules_with_oracle(dataset):
        check_truth(events, truth, dataset, rule)


@pytest.mark.parametrize("dataset", SHAPES)
def test_too_few_rows_for_the_plants(dataset: str) -> None:
    with pytest.raises(ValueError, match=r"cannot hold 1 set\(s\) of planted patterns"):
        make(dataset, rows=400)


def test_what_cannot_be_generated_is_refused() -> None:
    with pytest.raises(ValueError, match="nothing generates 'nothing'; there are contact_requests, click"):
        make("nothing")
    with pytest.raises(ValueError, match="2 days"):
        make("payments", days=2)


@pytest.mark.prove
@pytest.mark.parametrize("dataset", SHAPES)
def test_nothing_else_fires_at_scale(tmp_path: Path, dataset: str) -> None:
    events = make(dataset, seed=5, rows=320_000).events
    truth = generate(dataset, tmp_path, seed=5, rows=320_000, chunks=30)
    for rule in rules_with_oracle(dataset):
        check_truth(events, truth, dataset, rule)
    check_files(events, truth, dataset)
