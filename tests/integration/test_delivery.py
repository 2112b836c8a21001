"""Delivering the outbox: real HTTP, failures, time-outs, rivals, and a sender killed at the worst moment."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import pytest

from include import channels
from include.channels import alerts_file
from include.errors import DeliveryError
from include.stages.deliver import deliver as deliver_by
from include.stages.deliver import due
from include.stages.message import Message
from include.store.attempts import Figures
from include.store.connection import transaction
from include.store.incidents import open_incident, resolve_incidents
from include.store.outbox import redeliver
from tests.airflow_home import ROOT
from tests.integration.receiver import receiving

pytestmark = pytest.mark.usefixtures("database")

SENDER = """
from include.stages.deliver import deliver
from plugins.channels import senders
deliver(senders())
"""


def deliver() -> Figures:
    """As the DAG does."""
    from plugins.channels import senders

    return deliver_by(senders())


def counts(sent: int = 0, failed: int = 0, dead: int = 0, held_back: int = 0) -> dict[str, int]:
    return {"sent": sent, "failed": failed, "dead": dead, "held_back": held_back}


def incident(number: int = 1, severity: Any = "warning") -> int:
    with transaction() as conn:
        opened = open_incident(
            conn,
            kind="task_failed",
            dataset="transactions",
            severity=severity,
            fingerprint=f"test:{number}",
            title=f"incident {number}",
            body={"error": "broken"},
            run_id=None,
        )
    return opened.incident_id


def outbox(channel: str) -> list[dict[str, Any]]:
    with transaction() as conn:
        return conn.execute(
            "select *, next_try_at - clock_timestamp() as wait from outbox where channel = %s order by 1",
            [channel],
        ).fetchall()


def make_due() -> None:
    with transaction() as conn:
        conn.execute("update outbox set next_try_at = clock_timestamp() where status = 'pending'")


def test_the_log_gets_one_line_per_incident(caplog: pytest.LogCaptureFixture) -> None:
    ids = [incident(1), incident(2, "critical"), incident(1)]
    assert due()

    with caplog.at_level("INFO", logger="vigil.alerts"):
        assert deliver() == counts(sent=2)
    assert deliver() == counts()

    assert not due()
    lines = [json.loads(line) for line in alerts_file().read_text().splitlines()]
    assert [line["incident_id"] for line in lines] == sorted(set(ids))
    assert [(record.name, record.levelname) for record in caplog.records] == [
        ("vigil.alerts", "WARNING"),
        ("vigil.alerts", "CRITICAL"),
    ]
    assert [json.loads(record.getMessage()) for record in caplog.records] == lines


def test_a_line_that_was_written_before_a_kill_is_not_written_again() -> None:
    incident()
    deliver()
    with transaction() as conn:
        conn.execute("update outbox set status = 'pending', sent_at = null")

    assert deliver()["sent"] == 1

    assert len(alerts_file().read_text().splitlines()) == 1


def test_a_refused_post_is_tried_again_with_the_same_key(configure: Any) -> None:
    with receiving(503, 302, 202) as receiver:
        configure(webhook_url=receiver.url)
        incident()

        assert deliver() == counts(sent=1, failed=1)  # sent: to the log
        assert deliver() == counts()  # not due yet
        make_due()
        assert deliver()["failed"] == 1
        (row,) = outbox("webhook")
        assert row["last_error"].startswith("the webhook answered 302")
        assert 2 < row["wait"].total_seconds() <= 4
        make_due()
        assert deliver()["sent"] == 1

    (row,) = outbox("webhook")
    assert (row["status"], row["tries"], row["last_error"]) == ("sent", 3, None)
    assert receiver.keys == [str(row["idempotency_key"])] * 3
    message = receiver.messages[-1]
    assert (message["title"], message["severity"], message["body"]) == (
        "incident 1",
        "warning",
        {"error": "broken"},
    )


def test_silence_and_a_closed_port_count_as_failures(configure: Any) -> None:
    with receiving(None) as receiver:
        configure(webhook_url=receiver.url, alert_timeout=0.2)
        incident()
        deliver()
        assert "Timeout" in outbox("webhook")[0]["last_error"]
    make_due()

    assert deliver() == counts(failed=1)

    assert "ConnectionError" in outbox("webhook")[0]["last_error"]


@pytest.mark.parametrize(("tries", "status"), [(2, "dead"), (3, "pending")])
def test_a_delivery_is_given_up_after_its_last_try(configure: Any, tries: int, status: str) -> None:
    with receiving(500) as receiver:
        configure(webhook_url=receiver.url, alert_tries=tries)
        incident()
        deliver()
        make_due()
        deliver()

    assert outbox("webhook")[0]["status"] == status
    assert len(receiver.keys) == 2


def test_an_answer_that_postgres_cannot_keep_is_a_failure_like_any_other(configure: Any) -> None:
    with receiving(500, 200, text=b"no\0pe") as receiver:
        configure(webhook_url=receiver.url)
        incident(1)
        incident(2)

        assert deliver() == counts(sent=3, failed=1)

    assert [row["last_error"] for row in outbox("webhook")] == ["the webhook answered 500: no\ufffdpe", None]


def test_a_delivery_that_breaks_its_channel_leaves_the_others_theirs(
    configure: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    incident(1)
    incident(2)
    write = channels.write

    def breaks(message: dict[str, Any], key: UUID) -> None:
        if message["title"] == "incident 1":
            raise TypeError("not JSON")
        write(message, key)

    monkeypatch.setattr(channels, "write", breaks)

    assert deliver() == counts(sent=1, failed=1)

    assert [row["last_error"] for row in outbox("log")] == ["TypeError: not JSON", None]
    assert "TypeError: not JSON" in caplog.text


def test_an_incident_with_text_that_postgres_cannot_keep_is_told_all_the_same() -> None:
    with transaction() as conn:
        open_incident(
            conn,
            kind="task_failed",
            dataset="transactions",
            severity="critical",
            fingerprint="test:nul",
            title="a\0b",
            body={"error": "\0 \ud800 \\u0000", "held": [{"reason": "c\0"}], "rows": 3},
            run_id=None,
        )
        (row,) = conn.execute("select title, body from incidents").fetchall()

    assert row["title"] == "a\ufffdb"
    assert row["body"] == {"error": "\ufffd ? \\u0000", "held": [{"reason": "c\ufffd"}], "rows": 3}


def test_rival_senders_deliver_each_once(configure: Any) -> None:
    with receiving(200) as receiver:
        configure(webhook_url=receiver.url)
        for number in range(12):
            incident(number)
        with ThreadPoolExecutor(4) as pool:
            sent = [one.result()["sent"] for one in [pool.submit(deliver) for _ in range(4)]]

    assert sum(sent) == 24
    assert len(receiver.keys) == len(set(receiver.keys)) == 12
    assert len(alerts_file().read_text().splitlines()) == 12


def test_a_sender_killed_before_its_mark_sends_the_same_key_again(configure: Any) -> None:
    with receiving(None, 200) as receiver:
        settings = configure(webhook_url=receiver.url)
        incident()
        sender = subprocess.Popen([sys.executable, "-c", SENDER], cwd=ROOT)
        assert receiver.arrived.wait(30)
        assert not due(), "the claimed delivery is nobody else's"
        os.kill(sender.pid, signal.SIGKILL)
        sender.wait()

        while not due():  # until the server notices the closed connection
            pass
        assert deliver()["sent"] == 1

    (row,) = outbox("webhook")
    assert receiver.keys == [str(row["idempotency_key"])] * 2
    assert (row["status"], row["tries"]) == ("sent", 1)
    assert len((settings.home / "logs" / "alerts.jsonl").read_text().splitlines()) == 1


def test_a_resolution_follows_its_opening_and_never_overtakes_it(configure: Any) -> None:
    with receiving(503, 200) as receiver:
        configure(webhook_url=receiver.url)
        incident()
        deliver()
        with transaction() as conn:
            resolve_incidents(conn, fingerprint="test:1", body={"reason": "over"}, run_id=None)

        assert deliver() == counts(sent=1), "to the log alone: the opening is not through to the webhook"
        assert not due()
        make_due()
        assert deliver() == counts(sent=2)

    assert [message["event"] for message in receiver.messages] == ["opened", "opened", "resolved"]


def test_dead_letters_come_back_in_their_order(configure: Any) -> None:
    with receiving(500, 200) as receiver:
        configure(webhook_url=receiver.url, alert_tries=1)
        incident()
        with transaction() as conn:
            resolve_incidents(conn, fingerprint="test:1", body={"reason": "over"}, run_id=None)
        assert deliver() == counts(sent=2, dead=2), "a resolution of what nobody heard of is told to nobody"
        assert len(receiver.messages) == 1

        with transaction() as conn:
            assert redeliver(conn, "slack") == {}
            assert redeliver(conn, "webhook") == {"webhook": 2}
        assert deliver() == counts(sent=2)
        with transaction() as conn:
            assert redeliver(conn) == {}

    assert [message["event"] for message in receiver.accepted] == ["opened", "resolved"]
    assert {row["status"] for row in outbox("webhook")} == {"sent"}


def test_a_channel_that_just_failed_has_the_last_turn() -> None:
    """Else one that times out would hold up all others for as long as it has messages."""
    order = []

    def down(message: Message) -> None:
        order.append("down")
        raise DeliveryError("down")

    with transaction() as conn:
        for number in (1, 2):
            open_incident(
                conn,
                kind="held",
                dataset="transactions",
                severity="critical",
                fingerprint=f"test:{number}",
                title="held",
                body={},
                run_id=None,
            )
        for channel in ("slack", "email"):
            conn.execute(
                "insert into outbox (incident_id, channel, event, idempotency_key) "
                "select incident_id, %s, 'opened', gen_random_uuid() from incidents order by 1",
                [channel],
            )
        conn.execute("update outbox set next_try_at = now() - interval '1 hour' where channel = 'slack'")

    assert deliver_by({"slack": down, "email": lambda message: order.append("up")}) == counts(
        sent=4, failed=2
    )

    assert order == ["down", "up", "up", "down"]
