"""What a suite looks at: all rows of one chunk, good and bad, each with its verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING

from include.datasets.contract import CORRECTED, Contract
from include.lake import Lake

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

# A suite has no use for it: the instant follows from the day.
_LEFT_OUT = ("event_time",)


class CheckedRows:
    """The rows that one check wrote: the lake's folders of good events and of quarantined lines."""

    def __init__(self, contract: Contract, lake: Lake, events_path: str, quarantine_path: str) -> None:
        import pyarrow as pa
        import pyarrow.dataset as ds

        self.fields = [field for field in contract.fields if field.name not in _LEFT_OUT]
        texts = [field.name for field in self.fields if field.type == "string"]
        # as dictionaries a large chunk's texts take a few bytes each
        reading = ds.ParquetReadOptions(dictionary_columns={*texts, "chunk_id", "reason"})
        parquet = ds.ParquetFileFormat(read_options=reading)
        filesystem = lake.filesystem()
        days = ds.partitioning(pa.schema([("event_day", pa.date32())]), flavor="hive")
        self._events = ds.dataset(
            lake.path(events_path).split("://")[-1],
            filesystem=filesystem,
            format=parquet,
            partitioning=days if contract.kind == "events" else None,
            schema=self._events_schema(),
        )
        self._quarantine = ds.dataset(
            lake.path(quarantine_path).split("://")[-1],
            filesystem=filesystem,
            format=parquet,
            schema=pa.schema([("chunk_id", pa.string()), ("reason", _dictionary())]),
        )

    def _events_schema(self) -> pa.Schema:
        import pyarrow as pa

        types = {"int": pa.int32(), "bigint": pa.int64(), "boolean": pa.bool_(), "date": pa.date32()}
        columns = [(field.name, types.get(field.type) or _dictionary()) for field in self.fields]
        return pa.schema([("chunk_id", pa.string()), *columns])

    def of_chunk(self, chunk_id: str) -> pd.DataFrame:
        """A row per line: `reason`, missing where good, and the contract's fields, missing where quarantined.

        Lines that were corrected are left out: they must not stop what is left of their chunk. Texts are
        categories, days datetime64, booleans 0 and 1.
        """
        import pyarrow as pa
        import pyarrow.dataset as ds

        mine = ds.field("chunk_id") == chunk_id
        numbers = {"boolean": pa.int8()}
        columns = {
            field.name: ds.field(field.name).cast(numbers[field.type])
            if field.type in numbers
            else ds.field(field.name)
            for field in self.fields
        }
        good = self._events.to_table(columns=columns, filter=mine)
        bad = self._quarantine.to_table(columns=["reason"], filter=mine & (ds.field("reason") != CORRECTED))
        rows = pa.concat_tables([good, bad], promote_options="default").unify_dictionaries()
        frame: pd.DataFrame = rows.to_pandas(date_as_object=False)
        return frame


def _dictionary() -> pa.DataType:
    import pyarrow as pa

    return pa.dictionary(pa.int32(), pa.string())
