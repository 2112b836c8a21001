"""Slicing a source: every byte once, in order; and which addresses are downloads."""

from __future__ import annotations

import gzip
import hashlib
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
