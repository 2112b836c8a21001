"""Pseudonyms: what stands for a personal value everywhere after check, made from it and a key (ADR 14).

What makes them travels to Spark's Python workers by value, keys included: so neither a plan nor a worker's
environment has a key.
"""

from __future__ import annotations

import base64
import hmac
import json
import re
import sys
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import reduce
from typing import TYPE_CHECKING, get_args

from include.datasets.contract import Contract, PersonalKind
from include.errors import ConfigError
from include.spark_jobs.by_value import travels_by_value

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import Column, DataFrame

SETTING = "VIGIL_PSEUDONYM_KEYS"
NO_KEYS = (
    f"{SETTING} is empty, while personal values are published as pseudonyms only: set it, or start the stack "
    "with `make up`, which makes a key"
)
KINDS: tuple[str, ...] = get_args(PersonalKind)

# 26 characters of base32 are 130 bits: two values never share one by chance.
LENGTH = 26
SHORTEST_SECRET = 32
PSEUDONYM = re.compile(rf"(?P<kind>{'|'.join(KINDS)})_[a-z2-7]{{{LENGTH}}}")


@dataclass(frozen=True, repr=False)
class Keys:
    """The secrets, and the event day from which each is used; the first counts for all earlier days too."""

    days: tuple[date, ...]
    secrets: tuple[bytes, ...]

    def __repr__(self) -> str:
        return f"Keys from {', '.join(map(str, self.days))}"

    def of_day(self, day: date) -> int:
        """Which key an event of this day has: the newest from that day or before."""
        return max(0, bisect_right(self.days, day) - 1)

    def fingerprints(self) -> dict[date, str]:
        """By day, what tells a key from another and gives nothing of it away."""
        named = zip(self.days, self.secrets, strict=True)
        return {day: hmac.digest(secret, b"fingerprint", "sha256").hex()[:16] for day, secret in named}


def parse_keys(text: str) -> Keys | None:
    """The keys of the setting's JSON, {"YYYY-MM-DD": secret}; None for none.

    Raises ConfigError for anything else, and never says what it was.
    """
    if not text.strip():
        return None
    form = f'{SETTING} must be JSON like {{"1970-01-01": "a secret of {SHORTEST_SECRET} characters or more"}}'
    try:
        given = json.loads(text)
        found = {date.fromisoformat(day): str(secret) for day, secret in given.items()}
    except (ValueError, AttributeError):
        # from None: the cause quotes the text
        raise ConfigError(f"{form}; what it holds is something else") from None
    if short := [day for day, secret in found.items() if len(secret) < SHORTEST_SECRET]:
        raise ConfigError(f"{form}; the secret of {short[0]} is shorter")
    if len(set(found.values())) < len(found):
        raise ConfigError(f"{SETTING} has the same secret under two days; a new key must be a new secret")
    days = tuple(sorted(found))
    return Keys(days, tuple(found[day].encode() for day in days)) if days else None


def pseudonym(secret: bytes, kind: str, value: str) -> str:
    """What stands for this value under this key."""
    digest = hmac.digest(secret, f"{kind}\0{value}".encode(), "sha256")
    return f"{kind}_{base64.b32encode(digest[:20]).decode()[:LENGTH].lower()}"


def replaced(
    batch: pa.RecordBatch, kinds: Mapping[str, str], days: tuple[date, ...], secrets: tuple[bytes, ...]
) -> pa.RecordBatch:
    """The batch with these columns (name -> kind) made pseudonyms by the key of each row's event_day.

    Computed once for each distinct value; a NULL stays one.
    """
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    starts = np.array(days, dtype="datetime64[D]")
    events = batch.column("event_day").to_numpy(zero_copy_only=False).astype("datetime64[D]")
    which = np.maximum(np.searchsorted(starts, events, side="right") - 1, 0)
    for name, kind in kinds.items():
        texts = batch.column(name)
        made = pa.nulls(len(texts), pa.string())
        for key in np.unique(which):
            encoded = texts.dictionary_encode()
            mine = pa.array(which == key)
            # only values that this key is for: a rotation would else compute every value twice
            used = pc.unique(encoded.indices.filter(mine)).drop_null().to_pylist()
            words: list[str | None] = [None] * len(encoded.dictionary)
            for place in used:
                words[place] = pseudonym(secrets[key], kind, encoded.dictionary[place].as_py())
            made = pc.if_else(mine, pa.array(words, pa.string()).take(encoded.indices), made)
        batch = batch.set_column(batch.schema.get_field_index(name), name, made)
    return batch


def personal(contract: Contract) -> dict[str, str]:
    """{field: kind} of what is personal in the dataset."""
    return {field.name: field.personal for field in contract.fields if field.personal}


def pseudonymised(contract: Contract, good: DataFrame, keys: Keys) -> DataFrame:
    """The same good events with pseudonyms in place of personal values."""
    return good.mapInArrow(_worker(personal(contract), keys), contract.spark_schema())


def originals(contract: Contract, good: DataFrame, keys: Keys) -> DataFrame:
    """Each personal value of the good events once: kind, value, key_day (of its key), first_day.

    The pseudonyms are computed from it where they are kept: no key goes into this.
    """
    from pyspark.sql import functions as F

    parts = [
        good.select(F.lit(kind).alias("kind"), F.col(name).alias("value"), "event_day")
        for name, kind in personal(contract).items()
    ]
    values = reduce(lambda left, right: left.unionAll(right), parts).where(F.col("value").isNotNull())
    found = values.withColumn("key_day", _key_day(keys.days)).groupBy("kind", "value", "key_day")
    return found.agg(F.min("event_day").alias("first_day"))


def _key_day(days: tuple[date, ...]) -> Column:
    from pyspark.sql import functions as F

    chosen = F.lit(days[0])
    for day in days[1:]:
        chosen = F.when(F.col("event_day") >= F.lit(day), F.lit(day)).otherwise(chosen)
    return chosen


def _worker(
    kinds: dict[str, str], keys: Keys
) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    travels_by_value(sys.modules[__name__])
    days, secrets, work = keys.days, keys.secrets, replaced

    def replace(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            yield work(batch, kinds, days, secrets)

    return replace
