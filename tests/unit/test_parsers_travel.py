"""Parsers reach Spark's workers whole: there is no platform to import there."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from include.datasets.contract import Contract
from include.spark_jobs.check import PARSERS, _parser
from tests.unit.test_contract import declared

CHUNKS = {
    "csv": b"word,known\na,1\nbad\n",
    "json": b'[{"term":"a","known":1},\n{"payload":"{\\"word\\":\\"b\\"}"},\n{"word":nope},\n{"word":"c"},\n',
    "json lines": b'{"word":"a"}\n{"word":\n',
    "csv of json": b'word,known\na,1\n{"term":"b"}\n',
    "damaged": b"\x1f\x8b",
}
EXPECTED = {
    "csv": [(2, None, "a"), (3, "wrong_field_count", None)],
    "json": [(1, None, "a"), (2, None, "b"), (3, "bad_json", None), (4, None, "c"), (5, "cut_off", None)],
    "json lines": [(1, None, "a"), (2, "bad_json", None)],
    "csv of json": [(2, None, "a"), (3, None, "b")],
    "damaged": [(0, "bad_gzip", None)],
}


def contract_of(parser: str) -> Contract:
    names = {"aliases": {"word": ("term",)}, "wrappers": ("payload",)} if parser == "json" else {}
    return declared(parser=parser, **names)


@pytest.mark.parametrize("name", CHUNKS)
def test_a_parser_needs_nothing_of_the_platform(name: str, tmp_path: Path) -> None:
    from pyspark import cloudpickle

    parser = "csv" if name == "csv" else "json"
    (tmp_path / "chunk").write_bytes(CHUNKS[name])
    (tmp_path / "parser").write_bytes(cloudpickle.dumps(_parser(contract_of(parser))))
    code = (
        "import pickle, sys, pyarrow as pa\n"
        "parse = pickle.loads(open('parser', 'rb').read())\n"
        "batches = parse([pa.RecordBatch.from_pylist([{'chunk_id': 'c', 'path': 'chunk'}])])\n"
        "rows = [row for batch in batches for row in batch.to_pylist()]\n"
        "print([(row['line'], row['reason'], row['raw_word']) for row in rows])\n"
        "print([name for name in sys.modules if name.startswith('include')])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines() == [str(EXPECTED[name]), "[]"]


def test_every_parser_is_tried() -> None:
    assert set(PARSERS) == {"csv", "json"}
