"""Chunks that break an expectation are held, by name, while the good ones of the same run go on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from include.errors import ChunksHeld
from include.stages.check import verdict
from include.store.connection import transaction
from tests.flow import close_flow, open_flow, put, run_flow, run_stages
from tests.prove.balance import expect
from tests.prove.chunks import HEADER, Row, publish_weights, rows, weights
from tests.world import shared_servers, world

SIZE = 1_000

Lines = Callable[[Sequence[Row]], list[bytes]]


def _bad(share: float) -> Lines:
    """Chunks with this share of bad amounts, spread evenly."""
    return lambda part: [
        row.line().replace(b".", b".9") if int((i + 1) * share) > int(i * share) else row.line()
        for i, row in enumerate(part)
    ]


def _column(number: int, value: bytes) -> Lines:
    """Chunks whose rows are all valid, and all alike in one column."""

    def change(part: Sequence[Row]) -> list[bytes]:
        cells = [row.line().rstrip(b"\n").split(b",") for row in part]
        return [b",".join([*c[:number], value, *c[number + 1 :]]) + b"\n" for c in cells]

    return change


HELD: dict[str, Lines] = {
    "one category only": _column(7, b"'es_food'"),
    "amounts all equal": _column(8, b"12.34"),
    "an eighth of the rows bad": _bad(0.125),
    "every payment marked as fraud": _column(9, b"1"),
    "amounts in another unit": lambda part: [
        replace(row, amount_minor=row.amount_minor * 10_000).line() for row in part
    ],
}
GOOD: dict[str, Lines] = {
    "as they come": lambda part: [row.line() for row in part],
    "a twelfth of the rows bad": _bad(1 / 12),
    "two categories": lambda part: _column(7, b"'es_food'")(part[:-1]) + _column(7, b"'es_tech'")(part[-1:]),
}
UNREADABLE = {"an HTML page": b"<html><body>quota exceeded</body></html>\n" * 20}


def prove() -> Iterator[str]:
    """What each kind of chunk came to."""
    good = rows(20_000)
    parts = {name: good[i * SIZE : (i + 1) * SIZE] for i, name in enumerate([*HELD, *GOOD])}
    with world(shared_servers(), profile="sample"):
        publish_weights(weights(good))
        keys = {
            put("transactions", f"chunk_{i}.csv", HEADER + b"".join((HELD | GOOD)[name](part))): name
            for i, (name, part) in enumerate(parts.items())
        }
        keys |= {
            put("transactions", f"chunk_9{i}.csv", data): name
            for i, (name, data) in enumerate(UNREADABLE.items())
        }
        run_id = open_flow("transactions", 1)
        figures = run_stages("transactions", run_id)
        close_flow("transactions", 1)
        held = {keys[one["key"]]: one for one in figures["check"]["held"]}
        unreadable = {keys[one["key"]]: one for one in figures["check"]["unreadable"]}
        expect("held", set(held), set(HELD))
        expect("unreadable", set(unreadable), set(UNREADABLE))
        expect("went on", len(figures["aggregate"]["chunks"]), len(GOOD))
        with transaction() as conn:
            known = conn.execute(
                "select first_key, status, rows_in, rows_held, rows_loaded from chunks"
            ).fetchall()
        fates = {keys[row["first_key"]]: row for row in known if row["first_key"] in keys}
        for name in HELD:
            expect(f"rows loaded of {name}", fates[name]["rows_loaded"], 0)
            yield f"held: {name}: {held[name]['reason']}"
        for name, one in unreadable.items():
            expect(f"rows of {name}", fates[name]["rows_in"], None)
            yield f"unreadable: {name}: {one['reason']}"
        for name in GOOD:
            expect(f"status of {name}", fates[name]["status"], "aggregated")
            yield f"went on: {name}: {fates[name]['rows_loaded']} of {fates[name]['rows_in']} rows loaded"
        yield f"the run's verdict: {_verdict(run_id, [key for key in keys if keys[key] not in GOOD])}"

        name = "one category only"
        key = next(key for key in keys if keys[key] == name).rpartition("/")[2]
        put("transactions", key, HEADER + b"".join(row.line() for row in parts[name]))
        again = run_flow("transactions", 2)
        expect("mended chunks that went on", len(again["aggregate"]["chunks"]), 1)
        yield f"mended and put again under its name: went on, {again['check']['rows']['loaded']} rows loaded"


def _verdict(run_id: int, keys: Sequence[str]) -> str:
    """Raises AssertionError unless the run fails over exactly these objects."""
    try:
        verdict(run_id)
    except ChunksHeld as stop:
        expect("objects that the verdict names", [key for key in keys if key not in str(stop)], [])
        return f"ChunksHeld, naming {len(keys)} objects"
    raise AssertionError("the verdict let held chunks pass")
