"""Which port each server listens on: the one set, else the last one, else the default, else a free one."""

from __future__ import annotations

import json
import socket
from collections.abc import Mapping
from pathlib import Path

from include.errors import StackError
from stack.config import DEFAULT_PORTS
from stack.process import free_port


def is_free(port: int) -> bool:
    """Whether a server could listen on this port of loopback now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # connections that linger do not count
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def choose_ports(fixed: Mapping[str, int], last: Mapping[str, int]) -> dict[str, int]:
    """A port for every name in DEFAULT_PORTS.

    `fixed`: ports that were set; `last`: those of the last start. Raises StackError naming port and setting
    when a set port is taken, or set twice.
    """
    chosen: dict[str, int] = {}
    for name, port in fixed.items():
        for other, taken in chosen.items():
            if taken == port:
                raise StackError(f"VIGIL_PORT_{name.upper()} and VIGIL_PORT_{other.upper()} are both {port}")
        if not is_free(port):
            raise StackError(
                f"port {port} (VIGIL_PORT_{name.upper()}) is taken by another program; "
                "set another port, or none to have a free one chosen"
            )
        chosen[name] = port
    for name, default in DEFAULT_PORTS.items():
        if name in chosen:
            continue
        wishes = [port for port in (last.get(name), default) if port and port not in chosen.values()]
        chosen[name] = next((port for port in wishes if is_free(port)), 0)
    while 0 in chosen.values():
        name = next(name for name, port in chosen.items() if port == 0)
        port = free_port()
        if port not in chosen.values():
            chosen[name] = port
    return chosen


def read_ports(file: Path) -> dict[str, int]:
    """The ports of the last start; none if there was no start."""
    if not file.exists():
        return {}
    ports = json.loads(file.read_text())
    return {name: int(port) for name, port in ports.items() if name in DEFAULT_PORTS}


def write_ports(file: Path, ports: Mapping[str, int]) -> None:
    """Keep the ports for the next start."""
    file.write_text(json.dumps(dict(ports), indent=2) + "\n")
