"""The ledger in figures, as `make status` prints them."""

from __future__ import annotations

import io
import re

import psycopg
from rich.console import Console

from include.datasets import contracts
from include.spark_jobs.rules import rules
from include.store.connection import transaction
from include.store.figures import Alerts, alert_figures, dataset_figures, episodes_by_rule
from stack.status import CHUNK_STATES, ledger_figures, show

LEDGER = """
insert into runs (dataset, dag_id, dag_run_id, started_at, dry_run, profile, scope, lease_until)
values ('transactions', 'transactions', 'one', now(), false, 'default', '{}', now());
insert into chunks (dataset, chunk_id, bytes, first_key, status, run_id, rows_in, rows_loaded,
                    rows_quarantined, rows_duplicate, rows_held, seq)
values ('transactions', repeat('a', 64), 1, 'a', 'aggregated', 1, 10, 7, 2, 1, 0, 1),
       ('transactions', repeat('b', 64), 1, 'b', 'aggregated', 1, 5, 5, 0, 0, 0, 2),
       ('transactions', repeat('c', 64), 1, 'c', 'held', 1, 4, 0, 0, 0, 4, null),
       ('transactions', repeat('d', 64), 1, 'd', 'unreadable', 1, null, null, null, null, null, null),
       ('importance', repeat('e', 64), 1, 'e', 'landed', 1, null, null, null, null, null, null);
insert into corrections (dataset, chunk_id, line, reason, quarantine_path, into_chunk, into_line, source)
values ('transactions', repeat('a', 64), 2, 'bad_step', 'q', repeat('b', 64), 2, 'x.csv');
insert into detections (dataset, rule, profile, entity, opened_cut, last_cut, closed_cut, close_reason,
                        rule_version, parameters, reference, evidence, first_day, last_day, through_seq,
                        opened_run, last_run, recorded_at, closed_at)
select 'transactions', rule, 'default', jsonb_build_object('merchant', n), '2026-01-02', '2026-01-02',
       case when closed then date '2026-01-03' end, case when closed then 'ended' end,
       1, '{}', '', '{}', '2026-01-01', '2026-01-01', 1, 1, 1, now(), case when closed then now() end
from (values ('child', 1, false), ('child', 2, true), ('child', 3, true), ('upgrade', 4, false))
     as e (rule, n, closed);
insert into incidents (fingerprint, kind, dataset, severity, title, body)
values ('one', 'held', 'transactions', 'warning', 'one', '{}'),
       ('two', 'held', 'transactions', 'info', 'two', '{}');
insert into outbox (incident_id, channel, idempotency_key, status)
select incident_id, channel, gen_random_uuid(), status
from incidents, (values ('log', 'sent'), ('webhook', 'pending')) as o (channel, status)
where incident_id = 1
union all select 2, 'log', gen_random_uuid(), 'dead';
"""


def test_an_empty_ledger_has_empty_figures(database: str) -> None:
    with transaction() as conn:
        assert dataset_figures(conn) == {}
        assert episodes_by_rule(conn) == {}
        assert alert_figures(conn) == Alerts()


def test_figures_count_every_row_once(database: str) -> None:
    with psycopg.connect(database) as connection:
        connection.execute(LEDGER)
    with transaction() as conn:
        datasets = {name: figures.model_dump() for name, figures in dataset_figures(conn).items()}
        episodes = {rule: found.model_dump() for rule, found in episodes_by_rule(conn).items()}
        alerts = alert_figures(conn)
    assert datasets == {
        "importance": {
            "chunks": {"landed": 1},
            "rows": {"rows_in": 0, "loaded": 0, "quarantined": 0, "duplicate": 0, "held": 0},
            "corrected": 0,
        },
        "transactions": {
            "chunks": {"aggregated": 2, "held": 1, "unreadable": 1},
            "rows": {"rows_in": 19, "loaded": 12, "quarantined": 2, "duplicate": 1, "held": 4},
            "corrected": 1,
        },
    }
    assert episodes == {"child": {"open": 1, "closed": 2}, "upgrade": {"open": 1, "closed": 0}}
    assert (alerts.sent, alerts.pending, alerts.dead, alerts.open) == (1, 1, 1, 2)
    assert alerts.oldest_seconds > 0


STATES_OF_CHUNKS = """
select pg_get_constraintdef(oid) from pg_constraint
where conrelid = 'chunks'::regclass and conname = 'chunks_status_check'
"""

NO_ROWS = {"in": 0, "loaded": 0, "quarantined": 0, "duplicate": 0, "held": 0}


def test_status_names_every_dataset_and_rule_from_the_start(database: str) -> None:
    with transaction() as conn:
        assert ledger_figures(conn) == {
            "datasets": {name: {"chunks": {}, "rows": NO_ROWS, "corrected": 0} for name in contracts()},
            "detections": {rule: {"open": 0, "closed": 0} for rule in rules()},
            "alerts": {
                "sent": 0,
                "pending": 0,
                "overflow": 0,
                "dead": 0,
                "oldest_seconds": 0.0,
                "open": 0,
            },
        }


def test_status_has_figures_where_there_are_some(database: str) -> None:
    with psycopg.connect(database) as connection:
        connection.execute(LEDGER)
    with transaction() as conn:
        found = ledger_figures(conn)
    assert found["datasets"]["importance"] == {"chunks": {"landed": 1}, "rows": NO_ROWS, "corrected": 0}
    rows = {"in": 19, "loaded": 12, "quarantined": 2, "duplicate": 1, "held": 4}
    assert found["datasets"]["transactions"]["rows"] == rows
    assert found["datasets"]["transactions"]["corrected"] == 1
    assert found["detections"]["child"] == {"open": 1, "closed": 2}
    assert found["detections"]["dei_needed"] == {"open": 0, "closed": 0}


def test_the_tables_fit_into_80_columns() -> None:
    chunks = {"aggregated": 6_000, "held": 3, "landed": 50}
    rows = {
        "in": 60_000_000,
        "loaded": 59_000_000,
        "quarantined": 900_000,
        "duplicate": 90_000,
        "held": 9_999,
    }
    printed = io.StringIO()
    show(
        Console(file=printed, width=80),
        {
            "services": {"postgres": "up", "airflow-dag-processor": "down"},
            "datasets": {"contact_requests": {"chunks": chunks, "rows": rows, "corrected": 1_234}},
            "detections": {"dei_needed": {"open": 12_345, "closed": 6_789}},
            "alerts": {"sent": 1, "pending": 2, "oldest_seconds": 61.4, "open": 3},
        },
    )
    lines = [line.split() for line in printed.getvalue().splitlines()]
    assert ["chunks", "landed", "checked", "aggregated", "held", "unreadable"] in lines
    assert ["contact_requests", "50", "0", "6,000", "3", "0"] in lines
    assert ["rows", "in", "loaded", "quarantined", "duplicate", "held"] in lines
    assert ["contact_requests", "60,000,000", "59,000,000", "900,000", "90,000", "9,999"] in lines
    assert ["contact_requests:", "1,234", "of", "the", "quarantined", "rows", "were", "corrected"] in lines
    assert ["dei_needed", "12,345", "6,789"] in lines
    assert ["Alerts:", "1", "sent,", "2", "pending"] in lines
    assert "Incidents: 3 open, the oldest pending for 61 s" in printed.getvalue()


def test_the_tables_show_every_state_of_a_chunk(database: str) -> None:
    with psycopg.connect(database) as connection:
        (rule,) = connection.execute(STATES_OF_CHUNKS).fetchone() or ("",)
    assert set(re.findall(r"'(\w+)'", rule)) == set(CHUNK_STATES)
