"""What a dataset is: one frozen description from which schemas, checks, landing and docs are derived."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, model_validator

from include.errors import ContractError
from include.settings import Settings, get_settings

if TYPE_CHECKING:
    from pyspark.sql import Column
    from pyspark.sql.types import StructType
else:
    Column = Any  # pydantic looks the annotations up, and pyspark is too heavy to import here

FieldType = Literal["string", "int", "bigint", "boolean", "date", "timestamp"]

# What a personal value is of; equal values of one kind have one pseudonym in every dataset (ADR 14).
PersonalKind = Literal["phone", "ip", "device", "place"]

# Columns of every good event beside the contract's own: where it came from.
ORIGIN: dict[str, str] = {"chunk_id": "string", "line": "int"}

# Why a line is quarantined before its fields are looked at, in the order in which they are tried.
LINE_REASONS: dict[str, str] = {
    "line_too_long": "longer than 65,536 bytes",
    "bad_encoding": "not valid UTF-8",
    "blank_line": "nothing but white space",
    "control_character": "a control character (a NUL, a lone carriage return, …) other than a tab",
    "unbalanced_quotes": "a quote that is opened and not closed, or followed by more than a comma",
    "wrong_field_count": "more or fewer fields than the header has",
    "repeated_header": "the header again, inside the data",
}

# The same for what is JSON, beside those that it shares with CSV.
JSON_REASONS: dict[str, str] = {
    "bad_json": "no JSON, or more than one value on a line of JSON lines",
    "not_an_object": "JSON, but no object, and no string that holds one",
    "too_deep": "nested deeper than 32 levels, or wrapped more than 4 times",
    "ambiguous_key": "two different values of one column: a repeated key, or two of its names",
    "cut_off": "the chunk ends inside its JSON array; what should have followed is not there",
}

# Why a whole chunk cannot be read; its row count is then unknown.
CHUNK_REASONS: dict[str, str] = {
    "bad_gzip": "starts like gzip and is damaged or cut off",
    "not_text": "the first line is not UTF-8 text",
    "bad_header": "the first line neither names exactly the dataset's columns, in any order, "
    "nor is a row of as many fields that names none of them",
}

# Why a line is quarantined whatever it says, when its chunk is checked again (ADR 8).
CORRECTED = "corrected"
CORRECTED_DOC = "its correction, which landed in a chunk of its own, counts in its place"


class Reject(BaseModel):
    """One way in which a raw text is wrong: `when(raw)` is true, then the row is quarantined as `reason`."""

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)

    reason: str
    doc: str
    when: Callable[[Column], Column]


class Field(BaseModel):
    """One field of a good event.

    `source` is the raw column that it is read from (its own name if absent). `cast` turns the raw text, which
    is never NULL and empty where nothing was given, into the typed column. `rejects` are tried in order; the
    first that applies quarantines the row. Where no reject applied, `cast` gives NULL and the field is not
    `optional`, it is `bad_<name>`. What is `personal` is published as a pseudonym, of what `cast` gives.
    """

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)

    name: str
    type: FieldType
    doc: str
    source: str | None = None
    personal: PersonalKind | None = None
    optional: bool = False
    cast: Callable[[Column], Column]
    rejects: tuple[Reject, ...] = ()

    @property
    def raw(self) -> str:
        """The name of the raw column that this field is read from."""
        return self.source or self.name


class Contract(BaseModel):
    """One dataset.

    `columns`: names of the raw columns in the order of a file without a header. `parser`: `csv`, or `json`,
    which also takes CSV. Of JSON alone, without regard to case: `aliases`: column -> other keys that mean it;
    `wrappers`: keys that hold the event itself, as an object or as JSON in a string. `kind`: `events` have
    the fields `event_time` (UTC instant) and `event_day` (its day in `zone`); `reference` data has neither
    and is published complete or not at all. `event_key`: fields whose repetition makes an event a duplicate;
    None: events are a multiset. `prefix_setting`: the field of Settings that holds the S3 prefix; None: it is
    the name. `mix`: labels of few values, whose shares are watched from day to day, the one that says what
    happened first.
    Raises ContractError when any of these contradict each other.
    """

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)

    name: str
    owner: str
    doc: str
    zone: str
    prefix_setting: str | None = None
    parser: Literal["csv", "json"]
    columns: tuple[str, ...]
    aliases: Mapping[str, tuple[str, ...]] = {}
    wrappers: tuple[str, ...] = ()
    fields: tuple[Field, ...]
    event_key: tuple[str, ...] | None = None
    kind: Literal["events", "reference"] = "events"
    mix: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        names = [field.name for field in self.fields]
        repeated = [name for name, n in Counter([*names, *ORIGIN]).items() if n > 1]
        unknown = sorted({field.raw for field in self.fields} - set(self.columns))
        event_fields = {field.name: field.type for field in self.fields if field.name.startswith("event_")}
        if repeated:
            raise ContractError(f"dataset {self.name}: more than one field is called {', '.join(repeated)}")
        if unknown:
            raise ContractError(
                f"dataset {self.name}: fields read {unknown}, but the raw columns are {self.columns}"
            )
        if self.kind == "events" and event_fields != {"event_time": "timestamp", "event_day": "date"}:
            raise ContractError(
                f"dataset {self.name}: events need event_time (timestamp) and event_day (date), "
                f"not {event_fields}"
            )
        if self.event_key and set(self.event_key) - set(names):
            raise ContractError(f"dataset {self.name}: event_key {self.event_key} names no fields of {names}")
        labels = {f.name for f in self.fields if f.type == "string" and not f.optional and not f.personal}
        if unfit := sorted(set(self.mix) - labels):
            raise ContractError(
                f"dataset {self.name}: the mix of {unfit} cannot be watched; it can of labels that are "
                f"always given and not personal: {sorted(labels)}"
            )
        for field in self.fields:
            if field.personal and (field.type != "string" or self.kind != "events"):
                raise ContractError(
                    f"dataset {self.name}: {field.name} cannot be personal: that is for texts of events, "
                    "which become pseudonyms by event day"
                )
        self._check_keys()
        if self.prefix_setting is not None and self.prefix_setting not in Settings.model_fields:
            raise ContractError(f"dataset {self.name}: there is no setting {self.prefix_setting}")
        try:
            ZoneInfo(self.zone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ContractError(f"dataset {self.name}: {self.zone!r} is not an IANA time zone") from error
        return self

    def _check_keys(self) -> None:
        if self.parser != "json" and (self.aliases or self.wrappers):
            raise ContractError(f"dataset {self.name}: aliases and wrappers are keys of JSON, not of CSV")
        if unknown := sorted(set(self.aliases) - set(self.columns)):
            raise ContractError(
                f"dataset {self.name}: aliases of {unknown}, but the raw columns are {self.columns}"
            )
        keys = [*self.columns, *(key for names in self.aliases.values() for key in names), *self.wrappers]
        if repeated := [key for key, n in Counter(key.casefold() for key in keys).items() if n > 1]:
            raise ContractError(
                f"dataset {self.name}: the key {', '.join(repeated)} has more than one meaning"
            )

    @property
    def prefix(self) -> str:
        """The S3 prefix under which its objects land."""
        if self.prefix_setting is None:
            return f"{self.name}/"
        prefix: str = getattr(get_settings(), self.prefix_setting)
        return prefix

    @property
    def reasons(self) -> dict[str, str]:
        """Every reason code with which a row of this dataset can be quarantined -> its meaning, in order."""
        found = LINE_REASONS | (JSON_REASONS if self.parser == "json" else {})
        for field in self.fields:
            found.update({reject.reason: reject.doc for reject in field.rejects})
        return found

    def spark_schema(self) -> StructType:
        """The schema of good events as published: the contract's fields, chunk_id and (physical) line."""
        from pyspark.sql import types as T

        types: dict[str, T.DataType] = {
            "string": T.StringType(),
            "int": T.IntegerType(),
            "bigint": T.LongType(),
            "boolean": T.BooleanType(),
            "date": T.DateType(),
            "timestamp": T.TimestampType(),
        }
        columns = [(field.name, field.type) for field in self.fields] + list(ORIGIN.items())
        return T.StructType([T.StructField(name, types[type_name]) for name, type_name in columns])

    def _form_as_markdown(self) -> list[str]:
        if self.parser == "csv":
            return []
        columns = ",".join(self.columns)
        lines = ["", f"A JSON array, JSON lines, or CSV with the columns {columns}; gzipped or not."]
        if self.aliases:
            other = (f"{column} ({', '.join(names)})" for column, names in self.aliases.items())
            lines[-1] += f" Other names in JSON: {'; '.join(other)}."
        if self.wrappers:
            lines[-1] += f" An event may be wrapped: {', '.join(self.wrappers)}."
        return lines

    def as_markdown(self) -> str:
        """The contract for people: what it is, its fields and its reason codes, as Markdown."""
        lines = [self.doc, "", f"Owner: {self.owner}. Days are cut in {self.zone}.", ""]
        lines += ["| field | type | read from | meaning |", "|---|---|---|---|"]
        for field in self.fields:
            notes = " (personal)" if field.personal else " (may be empty)" if field.optional else ""
            lines.append(f"| {field.name} | {field.type} | {field.raw} | {field.doc}{notes} |")
        lines += self._form_as_markdown()
        if self.mix:
            lines += ["", f"Watched from day to day: the mix of {', '.join(self.mix)}."]
        lines += ["", "A row is quarantined with the first of these reasons that applies:", ""]
        lines += ["| reason | when |", "|---|---|"]
        lines += [f"| {reason} | {doc} |" for reason, doc in self.reasons.items()]
        lines += [f"| {CORRECTED} | {CORRECTED_DOC} |"]
        lines += [
            "",
            "A chunk is unreadable, and quarantined whole, when:",
            "",
            "| reason | when |",
            "|---|---|",
        ]
        lines += [f"| {reason} | {doc} |" for reason, doc in CHUNK_REASONS.items()]
        return "\n".join(lines)
