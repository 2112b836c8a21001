"""Files of corrections: what is read from them, what is refused, and the chunk that the rows become."""

from __future__ import annotations

import csv
import gzip
import io

import pytest

from include.errors import ConfigError
from include.spark_jobs.csv_lines import parse_blocks, unpacked
from include.spark_jobs.json_events import Events
from include.spark_jobs.json_lines import parse_blocks as parse_json
from include.stages.corrections import Place, as_chunk, corrected_line, read_corrections
from include.stages.quarantine import BadRow

A, B = "a" * 64, "b" * 64


def file(*rows: tuple[object, ...], header: str = "chunk_id,line,reason,raw") -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return f"{header}\r\n{text.getvalue()}".encode()


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (file((A, 2, "bad_step", "1,'C'")), {(A, 2): "1,'C'"}),
        (file((A, 2, "", 'say "x"'), (B, 2, "", "y")), {(A, 2): 'say "x"', (B, 2): "y"}),
        (file(("9,'C'", A.upper(), " 7 "), header="raw,chunk_id,line"), {(A, 7): "9,'C'"}),
        (b"\xef\xbb\xbf" + file((A, 2, "", "é")), {(A, 2): "é"}),
        (file((A, 2, "blank_line", "")), {(A, 2): ""}),
        (file((A, 2, "", "two\nlines")), {(A, 2): "two\nlines"}),
    ],
)
def test_rows_are_known_by_chunk_and_line(data: bytes, found: dict[Place, str]) -> None:
    assert read_corrections(data, "x.csv") == found


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", r"x\.csv has no column chunk_id, line, raw; a file of corrections is what"),
        (file((A, 2), header="chunk_id,line"), r"x\.csv has no column raw"),
        (b"chunk_id,line,raw\n", r"x\.csv holds no rows"),
        (file((A, 2, "", "x")).replace(b"x", b"\xff"), r"x\.csv is not UTF-8"),
        (
            file(("abc", 2, "", "x")),
            r"x\.csv, line 2: chunk_id must be the 64 hex digits of a chunk; are the columns shifted\?$",
        ),
        (file((A, 0, "", "x")), r"x\.csv, line 2: line must be a line number of the chunk; are"),
        (file((A, "2.0", "", "x")), r"line must be a line number of the chunk; are"),
        (file((A, 2, "", "x"), (A, 2, "", "x")), rf"x\.csv, line 3: chunk {A}, line 2 is in the file twice"),
        (file((A, 2)), r"x\.csv, line 2: more or fewer fields than the header has; quote raw"),
        (file((A, 2, "", "1", "2")), "more or fewer fields than the header has; quote raw"),
        (file((A, 2, "", "")) + b'"open', r"x\.csv, after line .: unexpected end of data"),
        (file((A, 2, "", "x" * 200_000)), r"x\.csv, after line .: field larger than field limit"),
    ],
)
def test_what_is_no_correction_is_refused_by_name(data: bytes, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        read_corrections(data, "x.csv")


def test_the_chunk_holds_each_row_as_a_line_behind_the_header() -> None:
    data = as_chunk(["one", "two"], {(A, 9): b"1,x", (B, 2): b"2,\xff"})
    assert gzip.decompress(data) == b"one,two\n1,x\n2,\xff\n"
    (batch,) = parse_blocks("c", unpacked([data]), ["one", "two"])
    rows = [(row["line"], row["raw"], row["reason"]) for row in batch.to_pylist()]
    assert rows == [(2, b"1,x", None), (3, b"2,\xff", "bad_encoding")]


def test_equal_rows_of_other_places_are_other_chunks_and_the_same_ones_are_the_same() -> None:
    chunks = [as_chunk(["one"], {place: b"x"}) for place in ((A, 2), (A, 3), (B, 2), (A, 2))]
    assert len(set(chunks)) == 3
    assert chunks[0] == chunks[3]


def test_an_object_over_many_lines_becomes_one() -> None:
    bad = BadRow(A, 4, "bad_json", b'{\r\n "one": nope\n}')
    assert corrected_line(bad, '{\r\n  "one": 1\n}', of_json=True) == b'{   "one": 1 }'
    assert corrected_line(bad, bad.text, of_json=True) == b'{  "one": nope }'
    with pytest.raises(ConfigError, match="raw has a line break"):
        corrected_line(bad, "1,\n2", of_json=True)
    with pytest.raises(ConfigError, match="raw has a line break"):
        corrected_line(bad, '{"one":\n1}')


def test_rows_of_a_json_dataset_are_corrected_as_objects_or_as_csv() -> None:
    lines = [b'{"two": 2, "one": 1}', b"1,2", b'"{\\"one\\":1}"', b"", b"{", b"nope"]
    data = as_chunk(["one", "two"], {(A, line): raw for line, raw in enumerate(lines, start=7)})
    events = Events(["one", "two"], {}, ())
    (batch,) = parse_json("c", unpacked([data]), ["one", "two"], events)
    found = [(row["line"], row["reason"] or (row["raw_one"], row["raw_two"])) for row in batch.to_pylist()]
    assert found == [
        (2, ("1", "2")),
        (3, ("1", "2")),
        (4, ("1", "")),
        (5, "blank_line"),
        (6, "bad_json"),
        (7, "wrong_field_count"),
    ]
    assert batch["raw"].to_pylist() == lines
