"""A webhook's receiver: a real HTTP server on loopback that answers as it is told and remembers what came."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Receiver:
    """Answers each POST with the next of `answers`, then with the last: a status, or None for silence.

    `text` is the body of every answer. `accepted`: the messages that it answered with a 2xx.
    """

    def __init__(
        self, answers: Sequence[int | None], text: bytes = b"", tls: ssl.SSLContext | None = None
    ) -> None:
        self.answers = list(answers)
        self.keys: list[str] = []
        self.headers: list[Mapping[str, str]] = []
        self.bodies: list[bytes] = []
        self.messages: list[dict[str, Any]] = []
        self.accepted: list[dict[str, Any]] = []
        self.arrived = threading.Event()
        self.release = threading.Event()
        self.scheme = "https" if tls else "http"
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.keys.append(self.headers["Idempotency-Key"])
                receiver.headers.append(dict(self.headers))
                receiver.bodies.append(body)
                receiver.messages.append(json.loads(body))
                answer = receiver.answers.pop(0) if len(receiver.answers) > 1 else receiver.answers[0]
                receiver.arrived.set()
                if answer is None:
                    receiver.release.wait(30)
                    return
                if 200 <= answer < 300:
                    receiver.accepted.append(json.loads(body))
                self.send_response(answer)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, format: str, *args: object) -> None:
                """Nothing: the test's output is not this server's log."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        if tls:
            self.server.socket = tls.wrap_socket(self.server.socket, server_side=True)

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.server.server_port}/alerts"


@contextmanager
def receiving(
    *answers: int | None, text: bytes = b"", tls: ssl.SSLContext | None = None
) -> Iterator[Receiver]:
    """A receiver that serves for the length of a `with`."""
    receiver = Receiver(answers, text, tls)
    thread = threading.Thread(target=receiver.server.serve_forever)
    thread.start()
    try:
        yield receiver
    finally:
        receiver.release.set()
        receiver.server.shutdown()
        thread.join()
        receiver.server.server_close()
