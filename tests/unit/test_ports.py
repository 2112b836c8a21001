"""Ports: what is set, what was used last, what is taken."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from include.errors import StackError
from stack.config import DEFAULT_PORTS
from stack.ports import choose_ports, is_free, read_ports, write_ports
from stack.process import free_port


@contextmanager
def taken(port: int = 0) -> Iterator[int]:
    """A port on which something listens."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", port))
        listener.listen()
        yield int(listener.getsockname()[1])


def free_ports() -> dict[str, int]:
    """A distinct free port for every name."""
    found: set[int] = set()
    while len(found) < len(DEFAULT_PORTS):
        found.add(free_port())
    return dict(zip(DEFAULT_PORTS, found, strict=True))


def test_a_listened_port_is_taken_and_free_afterwards() -> None:
    with taken() as port:
        assert not is_free(port)
    assert is_free(port)


def test_defaults_are_distinct() -> None:
    assert len(set(DEFAULT_PORTS.values())) == len(DEFAULT_PORTS)


def test_set_ports_win_over_last_ones() -> None:
    fixed, last = free_ports(), free_ports()
    assert choose_ports(fixed, last) == fixed


def test_last_ports_are_kept_while_free() -> None:
    last = free_ports()
    assert choose_ports({}, last) == last


def test_a_set_port_that_is_taken_is_named_with_its_setting() -> None:
    with taken() as port, pytest.raises(StackError, match=rf"port {port} \(VIGIL_PORT_SPARK\) is taken"):
        choose_ports({"spark": port}, {})


def test_a_port_set_twice_names_both_settings() -> None:
    port = free_port()
    with pytest.raises(StackError, match=f"VIGIL_PORT_SPARK and VIGIL_PORT_S3 are both {port}"):
        choose_ports({"s3": port, "spark": port}, {})


def test_a_last_port_that_is_taken_gives_way() -> None:
    last = free_ports()
    with taken() as port:
        chosen = choose_ports({}, {**last, "s3": port})
        assert chosen["s3"] != port
        assert is_free(chosen["s3"])
        assert {name: chosen[name] for name in last if name != "s3"} == {
            name: last[name] for name in last if name != "s3"
        }


def test_a_default_does_not_take_the_port_that_another_was_set_to() -> None:
    chosen = choose_ports({"docs": DEFAULT_PORTS["airflow"]} if is_free(DEFAULT_PORTS["airflow"]) else {}, {})
    assert len(set(chosen.values())) == len(DEFAULT_PORTS)


def test_ports_survive_a_restart(tmp_path: Path) -> None:
    ports = free_ports()
    file = tmp_path / "ports.json"
    assert read_ports(file) == {}
    write_ports(file, ports)
    assert read_ports(file) == ports
