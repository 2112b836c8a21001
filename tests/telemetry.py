"""A receiver of metrics (OTLP over HTTP) and of lineage (OpenLineage): a real server that keeps what came."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest


class Point(NamedTuple):
    """One value of a metric, and its unit and kind, from which Prometheus makes its name."""

    name: str
    kind: str
    unit: str
    labels: dict[str, str]
    value: float | None

    @property
    def prometheus_name(self) -> str:
        """By OpenTelemetry's rules for Prometheus; of an exponential histogram, that of the native one."""
        name = self.name.replace(".", "_")
        if self.unit == "ms":
            name += "_milliseconds"
        return f"{name}_total" if self.kind == "sum" else name


class Telemetry:
    """What was received; the newest value of each series wins."""

    def __init__(self) -> None:
        self.points: dict[tuple[str, frozenset[tuple[str, str]]], Point] = {}
        self.events: list[dict[str, Any]] = []
        telemetry = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers["Content-Encoding"] == "gzip":
                    body = gzip.decompress(body)
                if self.path == "/v1/metrics":
                    telemetry.add_metrics(body)
                elif self.path == "/api/v1/lineage":
                    telemetry.events.append(json.loads(body))
                else:
                    self.send_error(404)
                    return
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                """Nothing: the test's output is not this server's log."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    def add_metrics(self, body: bytes) -> None:
        request = ExportMetricsServiceRequest.FromString(body)
        for resource in request.resource_metrics:
            for scope in resource.scope_metrics:
                for metric in scope.metrics:
                    kind = str(metric.WhichOneof("data"))
                    for data in getattr(metric, kind).data_points:
                        labels = {one.key: one.value.string_value for one in data.attributes}
                        value = None
                        if kind in ("gauge", "sum"):
                            value = float(getattr(data, str(data.WhichOneof("value"))))
                        point = Point(metric.name, kind, metric.unit, labels, value)
                        self.points[metric.name, frozenset(labels.items())] = point

    def value(self, name: str, **labels: str) -> float | None:
        """The newest value of a series; None if there is no such."""
        found = self.points.get((name, frozenset(labels.items())))
        return found.value if found else None


@contextmanager
def receiving_telemetry() -> Iterator[Telemetry]:
    """A receiver that serves for the length of a `with`."""
    telemetry = Telemetry()
    thread = threading.Thread(target=telemetry.server.serve_forever)
    thread.start()
    try:
        yield telemetry
    finally:
        telemetry.server.shutdown()
        thread.join()
        telemetry.server.server_close()
