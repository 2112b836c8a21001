"""What the good rows of a chunk are made of, by event day: how many, and how their values are mixed.

Kept beside the chunk's verdict, so that days can be compared without reading any events again. It holds
counts only, and of no personal field.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING

from include.datasets.contract import Contract
from include.health.days import ChunkDay

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

# Values of one mix that are counted by name; the rarest of more are counted together.
MOST_VALUES = 100
OTHERS = "(others)"

# What a mix says beside the values of a field: its name is the field's, and one of these.
GIVEN = "given"
DIGITS = "digits"
LAYOUT = "chunk.layout"


def profile(contract: Contract, rows: pd.DataFrame, layout: str) -> tuple[ChunkDay, ...]:
    """The profile of one chunk's rows, as CheckedRows gives them; `layout` in words, see its parser.

    The mixes: the values of the contract's `mix`, whether each optional field is given, how many digits each
    integer of minor units has (a new unit shows there), and the layout. Nothing for reference data.
    """
    import numpy as np
    import pandas as pd

    if contract.kind != "events":
        return ()
    good = rows["reason"].isna().to_numpy()
    place, days = pd.factorize(rows["event_day"].to_numpy()[good], sort=True)
    mixes: list[dict[str, Counter[str]]] = [defaultdict(Counter) for _ in days]
    for name, codes, values in _columns(contract, rows):
        # One pass over whole numbers, whose pairs are as many as occur: any label may be in any chunk.
        found = pd.Series(place * len(values) + codes[good]).value_counts(sort=False)
        for pair, count in zip(found.index.tolist(), found.tolist(), strict=True):
            mixes[pair // len(values)][name][values[pair % len(values)]] = count
    totals = np.bincount(place, minlength=len(days)).tolist()
    return tuple(
        ChunkDay(day, total, {name: _named(mix[name]) for name in mix} | {LAYOUT: {layout: total}})
        for day, total, mix in zip(pd.DatetimeIndex(days).date, totals, mixes, strict=True)
    )


def _columns(contract: Contract, rows: pd.DataFrame) -> Iterator[tuple[str, np.ndarray, list[str]]]:
    """Name, each row's place in the values, and the values of every mix."""
    import numpy as np

    for name in contract.mix:
        column = rows[name].cat
        yield name, column.codes.to_numpy(), [str(value) for value in column.categories]
    for field in contract.fields:
        if field.personal:
            continue
        if field.optional:
            yield f"{field.name}.{GIVEN}", rows[field.name].notna().to_numpy().astype(int), ["no", "yes"]
        if field.type == "bigint":
            steps = 10 ** np.arange(19, dtype=np.int64)
            digits = np.searchsorted(steps, rows[field.name].fillna(0).to_numpy(np.int64), side="right")
            yield f"{field.name}.{DIGITS}", digits, [str(n) for n in range(len(steps) + 1)]


def _named(counts: Counter[str]) -> dict[str, int]:
    """The commonest values and their counts; the others in one."""
    order = sorted(counts, key=lambda value: (-counts[value], value))
    named = {value: counts[value] for value in order[:MOST_VALUES]}
    if rest := sum(counts[value] for value in order[MOST_VALUES:]):
        named[OTHERS] = rest
    return named
