"""Finding the things of a folder: one module each, declared at module level under a fixed name."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from typing import TypeVar

from include.errors import ContractError

T = TypeVar("T")


def discover(package: str, attribute: str, kind: type[T], identity: Callable[[T], str]) -> dict[str, T]:
    """The `attribute` of every module of `package` that has one, by `identity` and in its order.

    Raises ContractError if an attribute is not a `kind`, or if two files declare the same identity.
    """
    found: dict[str, T] = {}
    files: dict[str, str | None] = {}
    folder = importlib.import_module(package)
    for info in pkgutil.iter_modules(folder.__path__):
        module = importlib.import_module(f"{package}.{info.name}")
        thing = getattr(module, attribute, None)
        if thing is None:
            continue
        if not isinstance(thing, kind):
            raise ContractError(
                f"{module.__file__}: {attribute} must be of type {kind.__name__}, not {type(thing).__name__}"
            )
        name = identity(thing)
        if name in found:
            raise ContractError(
                f"{attribute} {name!r} is declared twice: in {files[name]} and in {module.__file__}"
            )
        found[name], files[name] = thing, module.__file__
    return dict(sorted(found.items()))
