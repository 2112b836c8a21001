"""The connection of a channel, and the errors of its hook in words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException
from math import ceil
from typing import TYPE_CHECKING

from airflow.sdk.exceptions import AirflowException, AirflowNotFoundException

from include.errors import DeliveryError
from include.settings import get_settings

if TYPE_CHECKING:
    from airflow.sdk import Connection


def connection(setting: str, kind: str) -> Connection:
    """The connection that this setting names. Raises DeliveryError if there is none: how to make it."""
    from airflow.sdk.bases.hook import BaseHook

    variable = f"VIGIL_{setting.upper()}"
    name = getattr(get_settings(), setting)
    if not name:
        raise DeliveryError(f"the channel is off: {variable} is empty")
    try:
        return BaseHook.get_connection(name)
    except AirflowNotFoundException as error:
        raise DeliveryError(
            f"{variable} names the connection {name!r}, which Airflow does not have: make it under Admin, "
            f"Connections, or by `airflow connections add {name} --conn-type {kind} ...`"
        ) from error


def seconds() -> int:
    """What a channel has to accept a message, for hooks that take whole seconds."""
    return ceil(get_settings().alert_timeout)


@contextmanager
def refusals(channel: str, *more: type[Exception], secret: str = "") -> Iterator[None]:
    """Turns what a hook raises when it is refused, or gets no answer, into a DeliveryError.

    `secret`: what its text must not hold.
    """
    expected: tuple[type[Exception], ...] = (AirflowException, OSError, HTTPException, *more)
    try:
        yield
    except expected as error:
        text = f"{type(error).__name__}: {error}"
        hidden = text.replace(secret, "/…") if secret else text
        raise DeliveryError(f"{channel} did not accept it: {hidden}") from error
