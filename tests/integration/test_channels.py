"""Each channel by Airflow's own hook against a stand-in of its service, and what reaches whom."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from include.store.connection import transaction
from include.store.incidents import open_incident, resolve_incidents
from tests.conftest import Configure
from tests.integration.test_delivery import counts, deliver, make_due, outbox
from tests.stand_ins import KEY, STAND_INS, StandIn

pytestmark = pytest.mark.usefixtures("database")

FINGERPRINT = "detections:transactions:child:default:2026-03-01"
ENTITY = {"customer": "C1093826151", "merchant": "M348934600"}


@pytest.fixture
def standing_in(configure: Configure, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A context manager: a stand-in for the channel, turned on and connected."""

    @contextmanager
    def stand_in(channel: str, *answers: Any) -> Iterator[StandIn]:
        with STAND_INS[channel](tmp_path, *answers) as service:
            for name, value in service.environment.items():
                monkeypatch.setenv(name, value)
            configure(alert_timeout=1, **service.settings)
            yield service

    return stand_in


def incident(severity: Any = "warning") -> int:
    with transaction() as conn:
        opened = open_incident(
            conn,
            kind="detections",
            dataset="transactions",
            severity=severity,
            fingerprint=FINGERPRINT,
            title="2 CHILD <in> transactions",
            body={
                "entities": [ENTITY],
                "airflow_run": "http://127.0.0.1:8080/dags/transactions/runs/manual__1",
                "runbook": "docs/runbooks/child.md",
                "rerun": "make rerun DAG=transactions RUN=manual__1",
            },
            run_id=None,
        )
    return opened.incident_id


def resolve() -> None:
    with transaction() as conn:
        resolve_incidents(conn, fingerprint=FINGERPRINT, body={"reason": "none holds"}, run_id=None)


@pytest.mark.parametrize("channel", STAND_INS)
def test_a_channel_that_fails_then_is_silent_then_accepts_gets_one(channel: str, standing_in: Any) -> None:
    with standing_in(channel, "refuse", "silence", "accept") as service:
        incident()
        incident()

        assert deliver() == counts(sent=1, failed=1)  # sent: to the log
        make_due()
        assert deliver() == counts(failed=1)
        make_due()
        assert deliver() == counts(sent=1)

    assert len(service.accepted) == 1
    assert service.tries() == 3
    (row,) = outbox(channel)
    assert (row["status"], row["tries"], row["last_error"]) == ("sent", 3, None)
    assert "C1093826151" not in str(service.accepted)


@pytest.mark.parametrize("channel", STAND_INS)
def test_a_connection_that_is_not_there_is_a_warning_that_says_how_to_make_it(
    channel: str, standing_in: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with standing_in(channel, "accept") as service:
        (name,) = [name for name in service.environment if name.startswith("AIRFLOW_CONN_")]
        monkeypatch.delenv(name)
        incident()

        assert deliver() == counts(sent=1, failed=1)

        assert service.tries() == 0
    assert "which Airflow does not have" in caplog.text
    assert "airflow connections add" in outbox(channel)[0]["last_error"]
    assert "Traceback" not in caplog.text


@pytest.mark.parametrize("channel", STAND_INS)
def test_a_channel_that_was_turned_off_says_which_setting_turns_it_on(
    channel: str, standing_in: Any, configure: Configure
) -> None:
    with standing_in(channel, "accept") as service:
        incident()
        configure(**dict.fromkeys(service.settings, ""))

        assert deliver() == counts(sent=1, failed=1)

    assert "is empty" in outbox(channel)[0]["last_error"]


def test_slack_reads_markup_with_links_and_nothing_else_as_markup(standing_in: Any) -> None:
    with standing_in("slack", "accept") as service:
        incident()
        deliver()

    (posted,) = service.accepted
    assert posted["text"].splitlines()[0] == "*[WARNING] 2 CHILD &lt;in&gt; transactions*"
    assert "<http://127.0.0.1:8080/dags/transactions/runs/manual__1|run>" in posted["text"]
    assert "again: `make rerun DAG=transactions RUN=manual__1`" in posted["text"]


def test_pagerduty_triggers_and_resolves_one_alert(standing_in: Any) -> None:
    with standing_in("pagerduty", "accept") as service:
        incident("critical")
        deliver()
        resolve()
        deliver()

    opened, resolved = service.accepted
    assert (opened["event_action"], resolved["event_action"]) == ("trigger", "resolve")
    assert opened["dedup_key"] == resolved["dedup_key"] == FINGERPRINT
    assert opened["routing_key"] == "routing"
    assert opened["payload"]["severity"] == "critical"
    assert opened["payload"]["custom_details"]["entities"] == "customer C1…51, merchant M3…00"
    assert opened["links"] == [
        {"href": "http://127.0.0.1:8080/dags/transactions/runs/manual__1", "text": "run"}
    ]


@pytest.mark.parametrize(
    ("base", "detail", "links"),
    [
        ("", "docs/runbooks/child.md", {}),
        ("https://example.org", None, {"runbook": "https://example.org/child.md"}),
    ],
    ids=["a path", "an address"],
)
def test_pagerduty_leads_to_the_runbook(
    standing_in: Any, configure: Configure, base: str, detail: str | None, links: dict[str, str]
) -> None:
    with standing_in("pagerduty", "accept") as service:
        configure(runbooks_url=base)
        incident()
        deliver()

    (opened,) = service.accepted
    assert opened["payload"]["custom_details"].get("runbook") == detail
    run = {"run": "http://127.0.0.1:8080/dags/transactions/runs/manual__1"}
    assert {link["text"]: link["href"] for link in opened["links"]} == run | links


def test_a_fingerprint_that_pagerduty_would_refuse_is_hashed() -> None:
    from plugins.channels.pager import dedup_key

    assert dedup_key("a" * 255) == "a" * 255
    assert dedup_key("a" * 256) == hashlib.sha256(b"a" * 256).hexdigest()


def test_mails_of_an_incident_are_one_thread_and_its_tries_one_mail(standing_in: Any) -> None:
    with standing_in("email", "accept") as service:
        incident()
        deliver()
        resolve()
        deliver()

    opened, resolved = service.accepted
    assert opened["Subject"] == "[WARNING] 2 CHILD <in> transactions"
    assert resolved["Subject"] == "[RESOLVED, warning] 2 CHILD <in> transactions"
    assert opened["To"] == "a@example.org, b@example.org"
    assert opened["References"] == resolved["References"]
    keys = {row["event"]: row["idempotency_key"] for row in outbox("email")}
    assert opened["Message-ID"] == f"<{keys['opened']}@vigil>"
    page = opened.get_payload(0).get_content()
    assert "2 CHILD &lt;in&gt; transactions" in page
    assert '<a href="http://127.0.0.1:8080/dags/transactions/runs/manual__1">' in page


def test_a_webhook_is_signed_so_that_its_receiver_can_tell(standing_in: Any) -> None:
    with standing_in("webhook", "refuse", "accept") as service:
        incident()
        deliver()
        make_due()
        deliver()

    keys = {headers["Idempotency-Key"] for headers in service.headers}
    assert keys == {str(row["idempotency_key"]) for row in outbox("webhook")}
    for headers, body in zip(service.headers, service.bodies, strict=True):
        signed = headers["Vigil-Timestamp"].encode() + b"." + body
        expected = hmac.new(KEY.encode(), signed, hashlib.sha256).hexdigest()
        assert headers["Vigil-Signature"] == f"v1={expected}"
    (posted,) = service.accepted
    assert posted["text"] == "[WARNING] 2 CHILD <in> transactions"
    assert posted["body"]["entities"] == [{"customer": "C1…51", "merchant": "M3…00"}]


def test_the_webhook_without_a_connection_is_unsigned(standing_in: Any, configure: Configure) -> None:
    with standing_in("webhook", "accept") as service:
        url = service.environment["AIRFLOW_CONN_ON_CALL_WEBHOOK"]
        configure(webhook_conn_id="", webhook_url=_host(url))
        incident()
        deliver()

    (headers,) = service.headers
    assert "Vigil-Signature" not in headers
    assert headers["Idempotency-Key"]


def _host(connection: str) -> str:
    import json

    host: str = json.loads(connection)["host"]
    return host


@pytest.mark.parametrize("channel", ["slack", "webhook"])
def test_an_address_that_is_a_key_is_in_no_error(
    channel: str, configure: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    nobody = "http://127.0.0.1:9/T0/B0/secret"
    monkeypatch.setenv("AIRFLOW_CONN_ON_CALL", f'{{"conn_type": "slackwebhook", "password": "{nobody}"}}')
    configure(**({"slack_conn_id": "on_call"} if channel == "slack" else {"webhook_url": nobody}))
    incident()

    assert deliver() == counts(sent=1, failed=1)

    error = outbox(channel)[0]["last_error"]
    assert "refused" in error
    assert "secret" not in error
