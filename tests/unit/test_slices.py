"""Slicing a source: every byte once, in order; and which addresses are downloads."""

from __future__ import annotations

import gzip
import hashlib
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from include.errors import FeedError
from sources.download import direct_address, is_address
from sources.slices import scan, slices

COLUMNS = ("step", "customer")
HEADER = b"step,customer\r\n"


def write(path: Path, data: bytes, zipped: bool) -> Path:
    path.write_bytes(gzip.compress(data) if zipped else data)
    return path


@given(
    lines=st.lists(st.binary(max_size=12).filter(lambda b: b"\n" not in b), min_size=1, max_size=20),
    rows=st.integers(1, 7),
    header=st.booleans(),
    zipped=st.booleans(),
    last_newline=st.booleans(),
)
def test_slices_hold_every_byte_once(
    tmp_path: Path, lines: list[bytes], rows: int, header: bool, zipped: bool, last_newline: bool
) -> None:
    data = b"0," + b"\n".join(lines) + (b"\n" if last_newline else b"")
    top = HEADER if header else b""
    source = write(tmp_path / "source", top + data, zipped)
    found = scan(source, COLUMNS, rows)
    pieces = list(slices(source, found.header, rows))
    assert found.header == top and found.sha256 == hashlib.sha256(top + data).hexdigest()
    assert all(piece.startswith(top) for piece in pieces)
    bodies = [piece.removeprefix(top) for piece in pieces]
    assert b"".join(bodies) == data
    counts = [body.removesuffix(b"\n").count(b"\n") + 1 for body in bodies]
    assert counts[:-1] == [rows] * (len(bodies) - 1) and sum(counts) == found.rows
    assert found.largest == max(map(len, pieces))


@pytest.mark.parametrize(
    ("first", "is_header"),
    [
        (b"step,customer\n", True),
        (b"\xef\xbb\xbfstep,customer\n", True),
        (b"'STEP', \"customer\"\n", True),
        (b"customer,other\n", True),
        (b"0,C1\n", False),
        (b"steps,customers\n", False),
        (b"\xff\xfe\n", False),
    ],
)
def test_a_header_names_a_column(tmp_path: Path, first: bytes, is_header: bool) -> None:
    source = write(tmp_path / "source", first + b"0,C1\n", False)
    found = scan(source, COLUMNS, 10)
    assert (found.header == first, found.rows) == (is_header, 1 if is_header else 2)


def test_a_quoted_line_break_ends_a_row(tmp_path: Path) -> None:
    source = write(tmp_path / "source", HEADER + b'0,"C\n1"\n', False)
    assert [piece.removeprefix(HEADER) for piece in slices(source, HEADER, 1)] == [b'0,"C\n', b'1"\n']


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "no data rows"),
        (HEADER, "no data rows"),
        (b"\n  <!DOCTYPE html><html>", "web page"),
        (b"<!doctype HTML>\n<p>sign in", "web page"),
        (b"<html>\n", "web page"),
        (gzip.compress(HEADER + b"0,C1\n" * 9, mtime=0)[:-9], "not a whole gzip"),
        (gzip.compress(HEADER, mtime=0)[:12] + b"x" * 40, "not a whole gzip"),
    ],
)
def test_refuses_what_is_no_data(tmp_path: Path, data: bytes, message: str) -> None:
    source = write(tmp_path / "source", data, False)
    with pytest.raises(FeedError, match=message):
        scan(source, COLUMNS, 10)


def test_says_which_file_is_missing(tmp_path: Path) -> None:
    with pytest.raises(FeedError, match=r"nowhere\.csv cannot be read: No such file"):
        scan(tmp_path / "nowhere.csv", COLUMNS, 10)


DIRECT = "https://drive.usercontent.google.com/download?id=1aB_c-D&export=download&confirm=t"


@pytest.mark.parametrize(
    ("address", "direct"),
    [
        ("https://drive.google.com/file/d/1aB_c-D/view?usp=sharing", DIRECT),
        ("https://drive.google.com/file/u/0/d/1aB_c-D/view", DIRECT),
        ("https://drive.google.com/open?id=1aB_c-D", DIRECT),
        ("https://drive.google.com/uc?export=download&id=1aB_c-D", DIRECT),
        ("https://example.org/file/d/1aB_c-D/view", "https://example.org/file/d/1aB_c-D/view"),
    ],
)
def test_drive_links_become_downloads(address: str, direct: str) -> None:
    assert direct_address(address) == direct


def test_a_drive_folder_is_no_file() -> None:
    with pytest.raises(FeedError, match="not the share link of a file"):
        direct_address("https://drive.google.com/drive/folders/1aB_c-D")


@pytest.mark.parametrize(
    ("file", "expected"),
    [("http://a/b", True), ("HTTPS://a/b", True), ("a.csv", False), ("/a b.csv", False), ("C:/x", False)],
)
def test_addresses(file: str, expected: bool) -> None:
    assert is_address(file) is expected


EVENT = ("user_id", "timestamp")


def elements(count: int) -> list[bytes]:
    return [b'{"user_id": "u%d", "timestamp": %d}' % (number, number) for number in range(count)]


@given(
    lines=st.lists(st.binary(max_size=12).filter(lambda b: b"\n" not in b), max_size=20),
    rows=st.integers(1, 7),
    zipped=st.booleans(),
    last_newline=st.booleans(),
)
def test_slices_of_json_lines_hold_every_byte_once(
    tmp_path: Path, lines: list[bytes], rows: int, zipped: bool, last_newline: bool
) -> None:
    data = b"\n".join([elements(1)[0], *lines]) + (b"\n" if last_newline else b"")
    source = write(tmp_path / "source", data, zipped)
    found = scan(source, EVENT, rows, "json")
    pieces = list(slices(source, found.header, rows, found.form))
    assert (found.form, found.header) == ("lines", b"")
    assert found.sha256 == hashlib.sha256(data).hexdigest()
    assert b"".join(pieces) == data and found.largest == max(map(len, pieces))
    counts = [piece.removesuffix(b"\n").count(b"\n") + 1 for piece in pieces]
    assert counts[:-1] == [rows] * (len(pieces) - 1) and sum(counts) == found.rows


# How an array with an element a line is written around and between its elements.
ARRAYS = {
    "brackets on lines of their own": (b"[\n", b",\n", b"\n]\n"),
    "brackets beside the elements": (b"[", b",\n", b"]"),
    "Windows": (b"\xef\xbb\xbf [\r\n", b",\r\n", b"\r\n]\r\n"),
    "commas in front, and blank lines": (b"\n[\n  ", b"\n\n, ", b"\n\n]\n\n"),
}


@pytest.mark.parametrize("array", ARRAYS)
@pytest.mark.parametrize(("count", "rows"), [(2, 5), (5, 2), (6, 2), (6, 6), (7, 1)])
def test_slices_of_an_array_are_arrays(tmp_path: Path, array: str, count: int, rows: int) -> None:
    top, between, end = ARRAYS[array]
    data = top + between.join(elements(count)) + end
    source = write(tmp_path / "source", data, False)
    found = scan(source, EVENT, rows, "json")
    assert (found.form, found.rows, found.header) == ("array", count, b"")
    assert found.sha256 == hashlib.sha256(data).hexdigest()
    pieces = list(slices(source, found.header, rows, found.form))
    parts = [json.loads(piece) for piece in pieces]
    assert [event for part in parts for event in part] == [json.loads(text) for text in elements(count)]
    assert [len(part) for part in parts[:-1]] == [rows] * (len(parts) - 1)
    assert found.largest >= max(map(len, pieces))


def test_an_array_that_is_cut_off_stays_so(tmp_path: Path) -> None:
    cut = b"[\n" + b",\n".join(elements(3))[:-9]
    source = write(tmp_path / "source", cut, False)
    first, last = slices(source, b"", 2, scan(source, EVENT, 2, "json").form)
    assert len(json.loads(first)) == 2
    assert last == b"[\n" + elements(3)[2][:-9]


def test_equal_slices_of_an_array_are_seen(tmp_path: Path) -> None:
    """The last one's lines are not those of the first: it has no comma behind it."""
    same = elements(2)
    source = write(tmp_path / "source", b"[\n" + b",\n".join([*same, *same]) + b"\n]\n", False)
    first, last = slices(source, b"", 2, "array")
    assert first == last and scan(source, EVENT, 2, "json").equal == (0, 1)


@pytest.mark.parametrize(
    ("data", "form"),
    [
        (b'{"user_id": 1}\n', "lines"),
        (b'\n \xef\n{"user_id": 1}\n', "csv"),
        (b'"{\\"user_id\\": 1}"\n', "lines"),
        (b'"user_id","timestamp"\nu,1\n', "csv"),
        (b"u,1\n", "csv"),
        (b"\n\n[\n{}\n]", "array"),
    ],
)
def test_the_form_is_seen_from_the_beginning(tmp_path: Path, data: bytes, form: str) -> None:
    assert scan(write(tmp_path / "source", data, False), EVENT, 9, "json").form == form


def test_of_a_dataset_of_csv_everything_is_csv(tmp_path: Path) -> None:
    source = write(tmp_path / "source", b"[\n{}\n]\n", False)
    assert (scan(source, COLUMNS, 9).form, scan(source, COLUMNS, 9).rows) == ("csv", 3)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b'[{"user_id": 1}, {"user_id": 2}]\n', "on one line.*jq -c"),
        (b'[\n  {\n    "user_id": 1\n  }\n]\n', "over many lines.*jq -c"),
        (b"[\n]\n", "no data rows"),
        (b"[]", "no data rows"),
        (b"\n  <html>", "web page"),
    ],
)
def test_arrays_that_have_not_an_element_a_line(tmp_path: Path, data: bytes, message: str) -> None:
    source = write(tmp_path / "source", data, False)
    with pytest.raises(FeedError, match=message):
        scan(source, EVENT, 10, "json")
