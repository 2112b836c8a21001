"""Stops the embedded stack."""

from __future__ import annotations

from rich.console import Console

from stack.checkout import exclusive, load_stack, supervisor_of
from stack.config import stack_settings
from stack.leftovers import end, service_processes
from stack.ports import read_ports

# What stops together, one group after the other: first those who use, then those who are used.
STOP_WAVES = (
    ("airflow-scheduler",),
    ("airflow-triggerer", "airflow-dag-processor", "airflow-api-server"),
    ("docs", "spark", "s3"),
    ("postgres",),
)


def down(console: Console) -> bool:
    """Stop every service and keep the data; whether anything was running."""
    settings = stack_settings()
    with exclusive(settings.home, console):
        running = bool(service_processes(settings.home))
        if not running:
            return False
        if read_ports(settings.home / "run" / "ports.json"):
            supervisor_of(load_stack(settings)).stop(STOP_WAVES)
        end(service_processes(settings.home))
        return True
