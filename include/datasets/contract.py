"""What a dataset is: one frozen, typed description from which schemas, checks, landing and docs are derived."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from pyspark.sql import Column

FieldType = Literal["string", "int", "bigint", "boolean", "date", "timestamp"]


class Field(BaseModel):
    """One field of a good event.

    `source` is the raw column it is read from (its own name if absent). `cast` turns the raw text column into the
    typed column, NULL where the text is not valid. `rejects` are (reason code, condition on the raw text) pairs,
    tried in order; the first that is true quarantines the row. A NULL cast with no reason before it is
    `bad_<name>`.
    """

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)

    name: str
    type: FieldType
    doc: str
    source: str | None = None
    personal: bool = False
    cast: Callable[[Column], Column]
    rejects: tuple[tuple[str, Callable[[Column], Column]], ...] = ()


class Contract(BaseModel):
    """One dataset. `event_day` is derived from the field named `event_time_field` in `zone`."""

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)

    name: str
    owner: str
    doc: str
    zone: str
    prefix_setting: str
    parser: Literal["csv"]
    columns: tuple[str, ...]
    fields: tuple[Field, ...]
    event_key: tuple[str, ...] | None = None
    kind: Literal["events", "reference"] = "events"
