"""The queries that every run or every look asks find their rows by an index, however long the history."""

from __future__ import annotations

from typing import Any

import pytest

from include.store.connection import sql, transaction

pytestmark = pytest.mark.usefixtures("database")

# Some history, and statistics on it.
HISTORY = """
    insert into runs (dataset, dag_id, dag_run_id, started_at, dry_run, profile, scope, lease_until, status)
    select 'd', 'd', n::text, now() + n * interval '1 s', false, 'p', '{}', now(), 'succeeded'
    from generate_series(1, 2000) n;
    insert into chunks (dataset, chunk_id, bytes, first_key, status, run_id, rows_in, rows_loaded,
        rows_quarantined, rows_duplicate, rows_held, seq, last_day)
    select 'd', lpad(n::text, 64, '0'), 1, 'k', 'aggregated', n, 1, 1, 0, 0, 0, n, date '2026-01-01' + n / 10
    from generate_series(1, 2000) n;
    insert into objects (dataset, key, version, bytes, outcome, run_id)
    select 'd', 'k', n::text, 1, 'landed', n from generate_series(1, 2000) n;
    insert into detections (dataset, rule, profile, entity, opened_cut, last_cut, closed_cut, close_reason,
        rule_version, parameters, reference, evidence, first_day, last_day, through_seq, opened_run, last_run,
        recorded_at, closed_at)
    select 'd', 'r', 'p', to_jsonb(n), day, day, day + 1, 'ended', 1, '{}', '', '{}', day, day, 1, 1 + n / 10,
        1, now(), now()
    from (select n, date '2026-01-01' + n / 10 as day from generate_series(1, 10000) n) as episodes;
    insert into chunk_days (dataset, chunk_id, event_day, rows, mix)
    select dataset, chunk_id, last_day, 1, '{}' from chunks;
    insert into incidents (fingerprint, kind, dataset, severity, title, body, run_id, resolved_at, resolution)
    select 'f' || n, 'held', 'd', 'info', 't', '{}', n, now(), '{}' from generate_series(1, 2000) n;
    insert into outbox (incident_id, channel, event, idempotency_key, status, sent_at)
    select incident_id, 'slack', event, gen_random_uuid(), 'sent', now() - incident_id * interval '1 hour'
    from incidents, (values ('opened'), ('resolved')) as e (event);
    create temp table holding (entity jsonb, evidence jsonb, first_day date, last_day date);
    analyze;
"""

VALUES: dict[str, Any] = {
    "dataset": "d",
    "rule": "r",
    "profile": "p",
    "dag_id": "d",
    "run_id": 900,
    "top": 5,
    "through_seq": 2000,
    "cut": "2026-03-01",
    "rule_version": 1,
    "parameters": "{}",
    "reference": "",
    "recorded_at": "2026-03-01",
    "days": 10,
    "first": "2026-07-01",
    "last": "2026-07-10",
    "failed": ["slack"],
    "channel": "slack",
}


@pytest.mark.parametrize(
    ("query", "indexes"),
    [
        ("chunks/newest_event_day", ["chunks_by_last_day"]),
        ("incidents/new_detections", ["detections_by_run", "detections_by_opened_cut"]),
        ("health/days", ["chunk_days_by_day"]),
        ("health/mixes", ["chunk_days_by_day"]),
        ("runs/running", ["runs_running"]),
        ("objects/leftovers", ["chunks_by_status", "objects_claimed", "runs_pkey"]),
        ("incidents/detections_over", ["incidents_of_kind"]),
        ("incidents/mended", ["incidents_of_kind"]),
        ("outbox/claim", ["outbox_waiting"]),
        ("outbox/digests_due", ["outbox_waiting"]),
        ("outbox/sent_today", ["outbox_sent"]),
    ],
)
def test_a_frequent_query_uses_its_indexes(query: str, indexes: list[str]) -> None:
    with transaction() as conn:
        conn.execute(HISTORY)
        rows = conn.execute("explain " + sql(query), VALUES).fetchall()
    plan = "\n".join(row["QUERY PLAN"] for row in rows)
    assert [name for name in indexes if name not in plan] == [], plan
