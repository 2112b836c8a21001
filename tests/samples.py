"""Samples of datasets that there are none of, made up: what `make new-dataset` drafts from."""

from __future__ import annotations

import json
import random

# One header as people write them, two bad lines, gaps; every kind of field at least once.
COLUMNS = (
    "Order ID,ordered at,Customer Phone,client_ip,event_type,Price,cups,latitude,lon,deviceId,paid,E-Mail,"
    "seen_from,created_at,note,tip"
)
KINDS = {
    "Order ID": "text",
    "ordered at": "instant",
    "Customer Phone": "phone",
    "client_ip": "ip",
    "event_type": "one_of",
    "Price": "amount",
    "cups": "number",
    "latitude": "coordinate",
    "lon": "coordinate",
    "deviceId": "device",
    "paid": "truth",
    "E-Mail": "unread",
    "seen_from": "location",
    "created_at": "text",  # the second instant
    "note": "text",
    "tip": "amount",
}


def orders(rows: int = 200) -> bytes:
    """Coffee that was ordered: CSV of `rows` good rows, and two lines that cannot be read."""
    rng = random.Random(5)
    lines = [COLUMNS]
    for i in range(rows):
        cells = [
            f"o-{i}",
            f"2026-03-{1 + i % 9:02} 12:{i % 60:02}:00",
            f"+1 202 555 {i % 40:04}",
            f"198.51.100.{i % 40}",
            rng.choice(["order", "refund", "gift"]),
            f"{rng.randint(1, 900)}.{rng.randint(0, 99):02}",
            str(rng.randint(1, 12)),
            f"{rng.uniform(-60, 60):.7f}",
            f"{rng.uniform(-170, 170):.4f}",
            f"device-{i % 30}",
            rng.choice(["true", "false"]),
            f"somebody{i}@example.org",
            f"198.51.100.{i % 40}" if i % 4 else "Tehran",
            f"17723{i % 10}6400",
            '"with milk, please"' if i % 3 else "",
            rng.choice(["", "0.125", "2"]),
        ]
        lines.append(",".join(cells))
    lines[50:50] = ["broken,row", 'o-x,"never closed' + "," * 14]
    return ("\n".join(lines) + "\n").encode()


def logins(rows: int = 40) -> bytes:
    """Log-ins as messy JSON lines: wrapped, as JSON in strings, keys in other cases, one line cut off."""
    lines = []
    for i in range(rows):
        inner = {"userId": f"u{i % 7}", "WHEN" if i % 2 else "when": 1772366400 + i, "agent": {"os": "x"}}
        wrapped = {
            "payload": json.dumps(inner) if i % 3 else inner,
            "ok": i % 5 > 0,
            "via": ["app", "web"][i % 2],
        }
        lines.append(json.dumps(json.dumps(wrapped)) if i % 4 == 0 else json.dumps(wrapped))
    return ("\n".join([*lines, '{"payload": {"userId": "u1"']) + "\n").encode()
