"""Replay: exactly what the oracle says of both parameter sets, and nothing in force changes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from psycopg import sql

from include.errors import ConfigError
from include.lake import bucket, lake
from include.settings import Settings, get_settings
from include.spark_jobs.detect import rule_digest
from include.stages.aggregate import aggregate
from include.stages.detect import detect
from include.stages.load import load
from include.stages.replay import replay
from include.stages.replay_scope import start_replay
from include.store.attempts import Figures
from include.store.connection import transaction
from include.store.evaluations import record_evaluation
from include.store.replays import replay_figures
from tests.batches import (
    DAYS,
    SMALL,
    checked,
    expected,
    new_run,
    published,
    sliced,
    some_events,
    some_weights,
)
from tests.ledger import evaluation_of

pytestmark = [pytest.mark.spark, pytest.mark.postgres]

EVENTS, WEIGHTS = some_events(), some_weights()
CUTS = [day + timedelta(days=1) for day in DAYS]
# Lower in one threshold and higher in another: something comes, something goes, something stays.
CHANGED = {
    "child": {"min_transactions": 3, "average_below_minor": 420},
    "dei_needed": {"min_female": 7},
    "upgrade": {"top_share_bp": 6000, "bottom_share_bp": 3000},
}
IN_FORCE = (
    "evaluations",
    "detections",
    "detection_history",
    "exports",
    "incidents",
    "outbox",
    "checkpoints",
    "deltas",
    "reference_versions",
    "dataset_clock",
    "chunks",
    "objects",
)
Entities = set[tuple[str, ...]]
_numbers = count(1)


@pytest.fixture
def in_force(
    database: str, bucket: str, spark_remote: str, configure: Callable[..., Settings]
) -> Callable[..., Settings]:
    """A run with SMALL's thresholds over all events; the earlier cuts were evaluated as the oracle says."""
    configure(rule_parameters=SMALL)
    version = published(WEIGHTS)
    run = new_run()
    checked(run, sliced(EVENTS, 2))
    for stage in (aggregate, detect, load):
        stage(run.run_id)
    with transaction() as conn:
        for rule in SMALL:
            for cut in CUTS[:-1]:
                rows = expected(rule, [e for e in EVENTS if e.event_day < cut], WEIGHTS)
                known = evaluation_of(run, rule, cut, 1, rows.num_rows)
                reference = f"importance={version}" if rule == "upgrade" else ""
                said = {"digest": rule_digest(rows), "reference": reference}
                record_evaluation(conn, "transactions", known.model_copy(update=said))
    return configure


def replayed(**asked: Any) -> tuple[Figures, Figures]:
    """What a replay gives, and what it keeps."""
    name = f"replay-{next(_numbers)}"
    run_id = start_replay(
        dag_id="replay", dag_run_id=name, started_at=datetime.now(UTC), dataset="transactions", **asked
    )
    given = replay(run_id)
    with transaction() as conn:
        kept = replay_figures(conn, dag_id="replay", dag_run_id=name)
    assert kept is not None
    assert replay(run_id) == given, "a replay that was published is not made again"
    return given, kept


def entities(rule: str, cut: date, parameters: dict[str, Any]) -> Entities:
    """What the oracle says that holds."""
    rows = expected(rule, [e for e in EVENTS if e.event_day < cut], WEIGHTS, parameters).to_pylist()
    return {tuple(row[name] for name in ("customer", "merchant") if name in row) for row in rows}


def new_by_day(held: list[Entities]) -> list[int]:
    """How many hold at each cut that did not at the one before."""
    return [len(now - before) for before, now in zip([set(), *held], held, strict=False)]


def state_of_the_world() -> dict[str, Any]:
    """Everything that is in force, in the ledger and in the bucket."""
    with transaction() as conn:
        tables: dict[str, Any] = {
            table: conn.execute(
                sql.SQL("select to_jsonb(t) as row from {} t order by 1").format(sql.Identifier(table))
            ).fetchall()
            for table in IN_FORCE
        }
    there = bucket()
    listed = there.client.list_objects_v2(Bucket=there.name)
    return tables | {"bucket": {one["Key"]: one["ETag"] for one in listed.get("Contents", [])}}


def test_a_replay_says_what_the_oracle_says_and_changes_nothing(in_force: Callable[..., Settings]) -> None:
    before = state_of_the_world()
    given, kept = replayed(
        overrides=CHANGED, first_day=DAYS[1], last_day=DAYS[4], alert_thresholds={"child": 3}
    )
    assert state_of_the_world() == before
    assert kept["cuts"] == [cut.isoformat() for cut in CUTS[1:]]
    sets = {"in_force": SMALL, "tried": {rule: SMALL[rule] | CHANGED[rule] for rule in SMALL}}
    for rule, found in kept["rules"].items():
        held = {side: [entities(rule, cut, of[rule]) for cut in CUTS] for side, of in sets.items()}
        for at, cut, old, new in zip(
            found["by_cut"], CUTS[1:], held["in_force"][1:], held["tried"][1:], strict=True
        ):
            assert at == {
                "cut": cut.isoformat(),
                "in_force": len(old),
                "tried": len(new),
                "added": len(new - old),
                "gone": len(old - new),
                "unchanged": len(old & new),
            }
            for side, of in sets.items():
                rows = lake().read_parquet(f"{kept['output']}/cut={cut}/{rule}/{side}")
                known = [event for event in EVENTS if event.event_day < cut]
                assert rule_digest(rows) == rule_digest(expected(rule, known, WEIGHTS, of[rule]))
        old, new = (set().union(*held[side][1:]) for side in ("in_force", "tried"))
        counts = {"added": len(new - old), "gone": len(old - new), "unchanged": len(old & new)}
        assert {name: found[name] for name in counts} == counts == given["rules"][rule]
        assert {name: len(some) for name, some in found["samples"].items()} == {
            name: min(20, number) for name, number in counts.items()
        }
        threshold = 3 if rule == "child" else 1
        for side in sets:
            opened = [
                {"event_day": day.isoformat(), "found": number}
                for day, number in list(zip(DAYS, new_by_day(held[side]), strict=True))[1:]
                if number >= threshold
            ]
            assert found["alerts"][side] == opened
        assert found["record_differs"] == []
        points = dict(found["curve"]["points"])
        assert points[found["curve"]["in_force"]] == len(held["in_force"][-1])
    child = kept["rules"]["child"]
    assert min(child["added"], child["gone"], child["unchanged"]) > 0
    assert child["alerts"]["tried"] != child["alerts"]["in_force"]
    assert given["alerts"] == {
        side: sum(len(one["alerts"][side]) for one in kept["rules"].values()) for side in sets
    }
    page = (get_settings().home / "docs" / kept["page"]).read_text()
    assert f"{given['added']} added, {given['gone']} gone, {given['unchanged']} unchanged" in page


def test_the_curve_is_the_oracles_falls_and_has_todays_point(in_force: Callable[..., Settings]) -> None:
    _, kept = replayed(
        rule="child",
        overrides={"child": {"min_transactions": 30}},
        curve="child.min_transactions",
        first_day=DAYS[4],
    )
    curve = kept["rules"]["child"]["curve"]
    assert (curve["parameter"], curve["in_force"], curve["tried"]) == ("min_transactions", 4, 30)
    values = [value for value, _ in curve["points"]]
    assert len(values) >= 10
    assert {4, 30} <= set(values)
    counts = [len(entities("child", CUTS[-1], SMALL["child"] | {"min_transactions": v})) for v in values]
    assert [found for _, found in curve["points"]] == counts
    assert counts == sorted(counts, reverse=True)
    assert counts[0] > counts[-1]


def test_nothing_changed_is_nothing_found_and_the_record_is_compared(
    in_force: Callable[..., Settings],
) -> None:
    given, kept = replayed(rule="dei_needed", first_day=DAYS[2], last_day=DAYS[3])
    assert (given["added"], given["gone"]) == (0, 0)
    assert given["unchanged"] > 0
    assert list(kept["rules"]) == ["dei_needed"]
    assert kept["alerts"]["in_force"] == kept["alerts"]["tried"]
    in_force(rule_parameters=SMALL | {"dei_needed": {"min_female": 8}})
    _, kept = replayed(rule="dei_needed", first_day=DAYS[4])
    assert kept["rules"]["dei_needed"]["record_differs"] == [CUTS[-1].isoformat()]


def test_a_version_on_trial_is_compared_with_the_one_in_force(
    in_force: Callable[..., Settings], tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from include.spark_jobs.rules import trials

    (tmp_path / "child_even.py").write_text(
        "from dataclasses import replace\n"
        "from include.spark_jobs.rules import child\n"
        "def judge(inputs, p):\n"
        "    judged = child.judge(inputs, p)\n"
        "    return judged._replace(candidates=judged.candidates.where('transactions % 2 = 0'))\n"
        "RULE = replace(child.RULE, version=2, judge=judge)\n"
    )
    monkeypatch.setattr(trials, "__path__", [*trials.__path__, str(tmp_path)])
    _, kept = replayed(rule="child", versions={"child": 2}, first_day=DAYS[4])
    rule = kept["rules"]["child"]
    assert (rule["in_force"]["version"], rule["tried"]["version"]) == (1, 2)
    old = {
        (row["customer"], row["merchant"]): row["transactions"] % 2 == 0
        for row in expected("child", EVENTS, WEIGHTS).to_pylist()
    }
    last = rule["by_cut"][-1]
    assert (last["unchanged"], last["gone"]) == (sum(old.values()), len(old) - sum(old.values()))
    assert last["gone"] > 0
    with pytest.raises(ConfigError, match="rule child has no version 3; in force is 1, on trial are: 2"):
        replayed(rule="child", versions={"child": 3})
