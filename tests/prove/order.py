"""One set of events, many histories: in other orders, twice, in more runs, in other slices: one digest."""

from __future__ import annotations

import random
from collections.abc import Iterator

from tests.flow import run_flow
from tests.prove.balance import check_balance, expect
from tests.prove.chunks import Chunks, chunks, publish_weights, rows, weights
from tests.prove.every_chunk_end import chunk_by_chunk
from tests.world import shared_servers, world


def prove() -> Iterator[str]:
    """Digests at the final cut by history."""
    good = rows()
    made, sliced = chunks(good), chunks(good, size=6_000)
    numbers = list(range(len(made.files)))
    shuffled = random.Random(1).sample(numbers, len(numbers))
    twice = random.Random(2).sample(numbers * 2, 2 * len(numbers))
    digests = {
        "in order, one run": _history(made, numbers, [50]),
        "another order, three runs": _history(made, shuffled, [7, 7, 7]),
        "each twice, two runs": _history(made, twice, [25, 25]),
        f"in order, {len(numbers)} runs": chunk_by_chunk().digests[-1],
        f"{len(sliced.files)} other slices, one run": _history(sliced, range(len(sliced.files)), [50]),
    }
    first = next(iter(digests.values()))
    for history, digest in digests.items():
        expect(f"the digest of {history}", digest, first)
        yield f"{history}: {digest}"


def _history(made: Chunks, order: list[int] | range, runs: list[int]) -> str:
    """The digest after landing the files in this order and taking so many of them by run."""
    with world(shared_servers()):
        publish_weights(weights(rows()))
        made.put(order)
        for most in runs:
            figures = run_flow(max_chunks=most)
        expect("unseen objects left", figures["land"]["more"], False)
        check_balance(made)
        digest: str = figures["detect"]["digest"]
        return digest
