"""Aggregate and detect on a real ledger, lake and Spark, held to the oracle."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import duckdb
import pyarrow as pa
import pytest

from include.errors import ConfigError, MissingReference, Superseded
from include.lake import lake
from include.settings import Settings
from include.spark_jobs.aggregates import aggregates
from include.spark_jobs.rules import rules
from include.stages.aggregate import _aggregate, aggregate
from include.stages.detect import detect, digest_of
from include.stages.evaluate import evaluate_entity
from include.store.attempts import start_attempt
from include.store.connection import transaction
from include.store.evaluations import newest_evaluations
from include.store.runs import pin_reference
from include.store.state import plan_state
from tests.batches import (
    DAYS,
    SMALL,
    checked,
    detected,
    digests,
    expected,
    expected_digests,
    new_run,
    published,
    sliced,
    some_events,
    some_weights,
)

pytestmark = [pytest.mark.spark, pytest.mark.postgres, pytest.mark.usefixtures("database", "spark_remote")]

Configure = Callable[..., Settings]
EVENTS, WEIGHTS = some_events(), some_weights()
BY_DAY = sorted(EVENTS)
NEWEST_FIRST = sorted(EVENTS, reverse=True)
SHUFFLED = random.Random(3).sample(EVENTS, len(EVENTS))


def test_the_oracle_expects_something_of_every_rule_and_not_everything() -> None:
    sizes = {rule: expected(rule, EVENTS, WEIGHTS).num_rows for rule in SMALL}
    pairs, merchants = len({e[1:3] for e in EVENTS}), len({e.merchant for e in EVENTS})
    assert 3 <= sizes["child"] < pairs / 2
    assert 3 <= sizes["upgrade"] < pairs / 2
    assert 1 <= sizes["dei_needed"] < merchants


# batches of chunks of events, deltas that may be read before a checkpoint is due -> one digest
SLICINGS: dict[str, tuple[list[Any], int]] = {
    "one chunk": ([[EVENTS]], 8),
    "in order, without checkpoints": ([sliced(part, 3) for part in sliced(BY_DAY, 2)], 8),
    "newest day first, with checkpoints": ([[part] for part in sliced(NEWEST_FIRST, 3)], 1),
    "shuffled, with checkpoints": ([[part] for part in sliced(SHUFFLED, 3)], 1),
}


@pytest.mark.parametrize("slicing", SLICINGS)
def test_no_slicing_order_or_checkpoint_changes_the_digest(slicing: str, configure: Configure) -> None:
    batches, every = SLICINGS[slicing]
    configure(checkpoint_every=every)
    published(WEIGHTS)
    runs = [detected(batch) for batch in batches]
    assert digests(runs[-1][1]) == expected_digests(EVENTS, WEIGHTS)
    assert digests(runs[0][1]) == expected_digests([e for chunk in batches[0] for e in chunk], WEIGHTS)
    assert [ran[0]["seq"] for ran in runs] == list(range(1, len(batches) + 1))
    assert runs[-1][1]["cut"] == "2026-03-06"
    if every == 1:
        assert [bool(ran[1]["checkpoints"]) for ran in runs] == [False, True, False]


def test_a_late_chunk_from_before_a_checkpoint_counts(configure: Configure) -> None:
    configure(checkpoint_every=1)
    published(WEIGHTS)
    late = [e for e in EVENTS if e.event_day == DAYS[0]]
    first, second = sliced([e for e in EVENTS if e.event_day != DAYS[0]], 2)
    detected([first])
    _, with_checkpoint = detected([second])
    assert with_checkpoint["checkpoints"]
    aggregated, after = detected([late])
    with transaction() as conn:
        plan = plan_state(conn, aggregates()["pairs"], date(2026, 3, 6), aggregated["seq"])
    assert plan.checkpoint and plan.checkpoint.path == with_checkpoint["checkpoints"]["pairs"]
    assert [delta.path for delta in plan.new] == [aggregated["deltas"]["pairs"]["path"]]
    assert digests(after) == expected_digests(EVENTS, WEIGHTS)


def test_held_rows_and_empty_chunks_beside_good_ones_do_not_count() -> None:
    published(WEIGHTS)
    run = new_run()
    good, bad = sliced(EVENTS, 2)
    *_, empty, held = checked(run, [good, []], held=[bad])
    aggregate(run.run_id)
    assert digests(detect(run.run_id)) == expected_digests(good, WEIGHTS)
    with transaction() as conn:
        rows = conn.execute("select chunk_id, status from chunks").fetchall()
    fate = {row["chunk_id"]: row["status"] for row in rows}
    assert (fate[empty], fate[held]) == ("aggregated", "held")


def test_a_batch_of_nothing_but_quarantine_is_published_without_a_delta() -> None:
    run = new_run()
    checked(run, [[]])
    figures = aggregate(run.run_id)
    assert (figures["seq"], figures["through_seq"], figures["cut"], figures["deltas"]) == (1, 1, None, {})


def test_chunks_that_another_run_took_over_are_not_published() -> None:
    run, other = new_run(), new_run()
    checked(run, [EVENTS])
    with transaction() as conn:
        outcome = _aggregate(run, start_attempt(conn, run.run_id, "aggregate"))
    with transaction() as conn:
        conn.execute("update chunks set run_id = %s", (other.run_id,))
    with pytest.raises(Superseded), transaction() as conn:
        outcome.publish(conn)
    assert _ledger()["deltas"] == []


def test_importance_is_published_as_a_version_per_file() -> None:
    first = new_run("importance")
    ids = checked(first, [WEIGHTS, WEIGHTS[:40]])
    assert aggregate(first.run_id)["chunks"] == ids
    con = duckdb.connect()
    con.register("weights", pa.Table.from_pylist([w._asdict() for w in WEIGHTS]))
    wanted = con.sql(
        "select source as customer, target as merchant, sum(weight_micro)::bigint as weight_sum_micro,"
        " count(*) as weight_count from weights group by all order by all"
    )
    with transaction() as conn:
        versions = conn.execute("select * from reference_versions order by number").fetchall()
        newest = pin_reference(conn, new_run().run_id, "importance")
    assert [version["version_id"] for version in versions] == ids
    assert lake().read_parquet(versions[0]["path"]).to_pylist() == wanted.to_arrow_table().to_pylist()
    assert versions[0]["rows"] == len(wanted)
    assert newest == ids[-1]


def test_a_run_with_nothing_new_evaluates_what_is_known() -> None:
    published(WEIGHTS)
    detected([EVENTS])
    strict = {"min_transactions": 7, "average_below_minor": 450}
    aggregated, figures = detected([], child=strict)
    assert (aggregated["seq"], aggregated["through_seq"], figures["cut"]) == (None, 1, "2026-03-06")
    found = expected("child", EVENTS, WEIGHTS, strict)
    assert figures["rules"]["child"]["holds"] == found.num_rows
    assert 0 < found.num_rows < expected("child", EVENTS, WEIGHTS).num_rows


def test_without_events_there_is_no_cut_and_no_verdict() -> None:
    aggregated, figures = detected([])
    assert (aggregated["cut"], figures["cut"], figures["rules"]) == (None, None, {})


def test_a_rule_without_its_reference_data_says_how_to_feed_it() -> None:
    run = new_run()
    checked(run, [EVENTS])
    aggregate(run.run_id)
    with pytest.raises(
        MissingReference, match=r"rule upgrade needs .* 'importance'.*make feed DATASET=importance"
    ):
        detect(run.run_id)
    published(WEIGHTS)
    assert digests(detect(run.run_id)) == expected_digests(EVENTS, WEIGHTS)


def test_a_run_keeps_the_reference_version_that_it_pinned() -> None:
    published(WEIGHTS)
    run = new_run()
    checked(run, [EVENTS])
    aggregate(run.run_id)
    first = detect(run.run_id)
    published([w._replace(weight_micro=w.weight_micro + 10**6 * (len(w.source) % 2)) for w in WEIGHTS[::2]])
    assert detect(run.run_id) == first
    _, later = detected([])
    assert later["rules"]["upgrade"]["digest"] != first["rules"]["upgrade"]["digest"]
    assert later["rules"]["child"] == first["rules"]["child"] | {"path": later["rules"]["child"]["path"]}


def test_detect_before_aggregate_says_so() -> None:
    with pytest.raises(ConfigError, match="needs the position that aggregate pins"):
        detect(new_run().run_id)


def test_a_dry_run_says_what_a_real_one_would_and_publishes_nothing() -> None:
    published(WEIGHTS)
    first, second = sliced(BY_DAY, 2)
    detected([first])
    before = _ledger()
    dry_aggregated, dry = detected([second], dry_run=True)
    assert _ledger() == before
    assert (dry_aggregated["seq"], dry_aggregated["cut"]) == (None, "2026-03-06")
    _, real = detected([second])
    assert (dry["digest"], dry["cut"]) == (real["digest"], real["cut"])
    assert digests(real) == expected_digests(EVENTS, WEIGHTS)


def test_published_evaluations_say_what_was_asked_and_found() -> None:
    published(WEIGHTS)
    _, figures = detected([EVENTS])
    with transaction() as conn:
        evaluations = newest_evaluations(conn, "transactions", "default")
        earlier = newest_evaluations(conn, "transactions", "default", date(2026, 3, 5))
    assert earlier == []
    assert [e.rule for e in evaluations] == ["child", "dei_needed", "upgrade"]
    assert digest_of(evaluations) == figures["digest"]
    for one in evaluations:
        assert (one.cut, one.through_seq) == (date(2026, 3, 6), 1)
        assert one.parameters == rules()[one.rule].parameters(**SMALL[one.rule]).model_dump()
        assert one.reference.startswith("importance=") is (one.rule == "upgrade")
        rows = lake().read_parquet(one.path)
        rule = rules()[one.rule]
        assert rows.column_names == [*rule.entity, "first_day", "last_day", *rule.evidence]
        entities = rows.select(list(rule.entity)).to_pylist()
        assert entities == sorted(entities, key=lambda row: tuple(row.values()))
        near = figures["rules"][one.rule]["near_misses"]
        assert len(near) <= 5
        assert all(set(miss["entity"]) == set(rule.entity) and miss["lacks"] for miss in near)


def test_attempts_name_the_spark_operations_that_they_used() -> None:
    published(WEIGHTS)
    detected([EVENTS])
    with transaction() as conn:
        rows = conn.execute("select stage, operations, spark_session from attempts order by stage").fetchall()
    used = {row["stage"]: row for row in rows if row["spark_session"]}
    assert len(used["aggregate"]["operations"]) >= 1
    assert len(used["detect"]["operations"]) > len(SMALL)  # what holds by rule, and the near misses
    assert all(UUID(operation) for row in used.values() for operation in row["operations"])


def test_a_verdict_can_be_computed_again_for_one_entity() -> None:
    published(WEIGHTS)
    early, late = sliced(BY_DAY, 2)
    detected([early])
    detected([late])
    with transaction() as conn:
        evaluations = {e.rule: e for e in newest_evaluations(conn, "transactions", "default")}
    for rule_id, one in evaluations.items():
        asked = (one.parameters, one.cut, one.through_seq, one.reference)
        row = expected(rule_id, EVENTS, WEIGHTS).to_pylist()[0]
        entity = {column: row.pop(column) for column in rules()[rule_id].entity}
        assert evaluate_entity("transactions", rule_id, *asked, entity) == row
    child = evaluations["child"]
    asked = (child.parameters, child.cut, child.through_seq, child.reference)
    assert evaluate_entity("transactions", "child", *asked, {"customer": "nobody", "merchant": "M1"}) is None
    then = expected("child", early, WEIGHTS)
    row = then.to_pylist()[0]
    entity = {column: row.pop(column) for column in rules()["child"].entity}
    position = (max(e.event_day for e in early) + timedelta(days=1), 1)
    assert evaluate_entity("transactions", "child", child.parameters, *position, "", entity) == row
    with pytest.raises(ConfigError, match="no rule 'none'; it has child, dei_needed, upgrade"):
        evaluate_entity("transactions", "none", *asked, {})


def _ledger() -> dict[str, Any]:
    tables = ("dataset_clock", "chunks", "deltas", "checkpoints", "evaluations", "reference_versions")
    with transaction() as conn:
        return {name: conn.execute(f"select * from {name} order by 1, 2").fetchall() for name in tables}
