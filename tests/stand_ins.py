"""Stand-ins for the services behind the channels: real servers on loopback that Airflow's real hooks talk to.

Each fails as it is told and remembers what it accepted. The connection that leads to it, and the settings
that turn the channel on, come with it.
"""

from __future__ import annotations

import datetime
import email
import email.message
import email.policy
import ipaddress
import json
import logging
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from tests.integration.receiver import receiving

Answer = Literal["refuse", "silence", "accept"]

KEY = "a key that both sides know"


@dataclass(frozen=True)
class StandIn:
    """`accepted` messages in the service's own form, in order; `tries` there were so far.

    `environment` holds the connection and what else the hook needs; `settings` turn the channel on.
    """

    accepted: list[Any]
    tries: Callable[[], int]
    settings: dict[str, str]
    environment: dict[str, str] = field(default_factory=dict)
    headers: Sequence[Any] = ()
    bodies: Sequence[bytes] = ()


def _connection(name: str, **parts: Any) -> dict[str, str]:
    return {f"AIRFLOW_CONN_{name.upper()}": json.dumps(parts)}


def _statuses(answers: Sequence[Answer], accepted: int) -> list[int | None]:
    return [{"refuse": 503, "silence": None, "accept": accepted}[answer] for answer in answers]


@contextmanager
def slack(folder: Path, *answers: Answer) -> Iterator[StandIn]:
    """An incoming webhook: 200, ok."""
    with receiving(*_statuses(answers, 200), text=b"ok") as receiver:
        token = f"{receiver.url}/T0/B0/secret"
        yield StandIn(
            receiver.accepted,
            lambda: len(receiver.bodies),
            {"slack_conn_id": "on_call_slack"},
            _connection("on_call_slack", conn_type="slackwebhook", password=token),
        )


@contextmanager
def pagerduty(folder: Path, *answers: Answer) -> Iterator[StandIn]:
    """The Events API, which its client reaches by HTTPS only: 202 and the dedup_key."""
    certificate, tls = certified(folder)
    accepted = b'{"status": "success", "message": "Event processed", "dedup_key": "known"}'
    with receiving(*_statuses(answers, 202), text=accepted, tls=tls) as receiver:
        host = receiver.url.removesuffix("/alerts")
        made = _connection("on_call_pager", conn_type="pagerduty_events", password="routing", host=host)
        yield StandIn(
            receiver.accepted,
            lambda: len(receiver.bodies),
            {"pagerduty_conn_id": "on_call_pager"},
            made | {"SSL_CERT_FILE": str(certificate)},
        )


@contextmanager
def webhook(folder: Path, *answers: Answer) -> Iterator[StandIn]:
    """A webhook that shares a key."""
    with receiving(*_statuses(answers, 204)) as receiver:
        yield StandIn(
            receiver.accepted,
            lambda: len(receiver.bodies),
            {"webhook_conn_id": "on_call_webhook"},
            _connection("on_call_webhook", conn_type="http", password=KEY, host=receiver.url),
            receiver.headers,
            receiver.bodies,
        )


@contextmanager
def mail(folder: Path, *answers: Answer) -> Iterator[StandIn]:
    """A mail server, which is silent, or not, when it was given the whole mail."""
    from aiosmtpd.controller import Controller

    # It logs every line of every conversation.
    logging.getLogger("mail.log").setLevel(logging.WARNING)
    left = list(answers)
    accepted: list[email.message.EmailMessage] = []
    tries: list[str] = []
    release = threading.Event()

    class Handler:
        async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
            import asyncio

            answer = left.pop(0) if len(left) > 1 else left[0]
            tries.append(answer)
            if answer == "silence":
                await asyncio.to_thread(release.wait, 30)
            if answer != "accept":
                return "451 try again later"
            accepted.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
            return "250 accepted"

    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = Controller(Handler(), hostname="127.0.0.1", port=port)
    server.start()
    try:
        extra = {"from_email": "vigil@example.org", "disable_tls": True, "disable_ssl": True}
        made = _connection("on_call_mail", conn_type="smtp", host="127.0.0.1", port=port, extra=extra)
        yield StandIn(
            accepted,
            lambda: len(tries),
            {"email_conn_id": "on_call_mail", "email_to": "a@example.org, b@example.org"},
            made,
        )
    finally:
        release.set()
        server.stop()


STAND_INS: dict[str, Callable[..., AbstractContextManager[StandIn]]] = {
    "slack": slack,
    "pagerduty": pagerduty,
    "email": mail,
    "webhook": webhook,
}


def certified(folder: Path) -> tuple[Path, ssl.SSLContext]:
    """A certificate for 127.0.0.1, signed by itself, and a server's context with it."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, private = folder / "certificate.pem", folder / "key.pem"
    pem.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(pem, private)
    return pem, tls
