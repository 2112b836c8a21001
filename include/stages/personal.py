"""Personal data in check: which keys it works with, what of it goes to the vault, what an error may say."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from include.datasets import contracts
from include.datasets.contract import Contract
from include.errors import ConfigError, VigilError
from include.settings import get_settings
from include.spark_jobs.pseudonyms import SETTING, Keys, parse_keys, personal
from include.store.connection import transaction
from include.store.vault import add_keys


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
        raise ConfigError(
            f"{SETTING} is empty, and personal values are published as pseudonyms only: set it, or start the "
            "stack with `make up`, which makes a key"
        )
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


@contextmanager
def without_values(kind: Contract) -> Iterator[None]:
    """Errors of Spark over a dataset with personal fields, whose messages quote rows, lose their text.

    Raises VigilError with their condition alone, and where the rest is.
    """
    if not personal(kind):
        yield
        return
    from pyspark.errors import PySparkException

    try:
        yield
    except PySparkException as error:
        name = error.getCondition() or type(error).__name__
    else:
        return
    # outside of the handler, so that the message is not kept as this one's context either
    raise VigilError(
        f"check of {kind.name} failed in Spark ({name}); what it says may quote personal values, and is in "
        "Spark's own log only"
    )
