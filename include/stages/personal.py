"""Personal data in check: which keys it works with, what of it goes to the vault, what an error may say."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from include.datasets import contracts
from include.datasets.contract import Contract
from include.errors import ConfigError, VigilError
from include.settings import get_settings
from include.spark_jobs.pseudonyms import NO_KEYS, Keys, parse_keys, personal
from include.store.connection import transaction
from include.store.vault import add_keys

T = TypeVar("T")


def datasets_of(kind: str | None = None) -> dict[str, Contract]:
    """The datasets with personal fields, or with such of this kind, by name."""
    return {
        name: one
        for name, one in contracts().items()
        if (kinds := set(personal(one).values())) and kind in (None, *kinds)
    }


def configured_keys() -> Keys:
    """The keys of the settings. Raises ConfigError for none."""
    keys = parse_keys(get_settings().pseudonym_keys.get_secret_value())
    if keys is None:
        raise ConfigError(NO_KEYS)
    return keys


def keys_for(kind: Contract, *, dry_run: bool) -> Keys | None:
    """The keys by which a check of this dataset makes pseudonyms, on record from now on; None: it has none.

    Raises ConfigError for no keys, and for such as would change pseudonyms that are published.
    """
    if not personal(kind):
        return None
    keys = configured_keys()
    with transaction() as conn:
        add_keys(conn, keys, datasets_of(), dry_run=dry_run)
    return keys


def without_values(kind: Contract, work: Callable[[], T]) -> T:
    """What the work gives; where the dataset has personal fields, errors of Spark's quote none of its rows.

    Raises VigilError in their place, with their condition alone and where the rest is.
    """
    if not personal(kind):
        return work()
    from pyspark.errors import PySparkException

    try:
        with _spark_is_quiet():
            return work()
    except PySparkException as error:
        name = error.getCondition() or type(error).__name__
    # outside of the handler, so that Spark's error is not kept as the context of this one either
    raise VigilError(
        f"check of {kind.name} failed in Spark ({name}); what it says may quote personal values, and is in "
        "Spark's own log only"
    )


@contextmanager
def _spark_is_quiet() -> Iterator[None]:
    """Spark's client would write an error's text to this process's log, whatever becomes of the error."""
    from pyspark.logger import PySparkLogger

    loggers = [PySparkLogger.getLogger(f"{kind}QueryContextLogger") for kind in ("DataFrame", "SQL")]
    before = [one.disabled for one in loggers]
    try:
        for one in loggers:
            one.disabled = True
        yield
    finally:
        for one, was in zip(loggers, before, strict=True):
            one.disabled = was
