"""How bytes become lines and fields: every physical line ends in exactly one place, under its true number."""

from __future__ import annotations

import gzip
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from include.datasets.contract import CHUNK_REASONS, LINE_REASONS
from include.spark_jobs import csv_lines
from include.spark_jobs.csv_layout import layout
from include.spark_jobs.csv_lines import (
    LONGEST_LINE,
    Unreadable,
    parse,
    parse_blocks,
    split_fields,
    unpacked,
)

COLUMNS = ("step", "who", "amount")
HEADER = b"step,who,amount\n"


def rows(data: bytes, block: int = 1 << 20) -> list[dict[str, Any]]:
    blocks = (data[i : i + block] for i in range(0, len(data), block))
    return [row for batch in parse_blocks("c", blocks, COLUMNS) for row in batch.to_pylist()]


def only(data: bytes) -> dict[str, Any]:
    (row,) = rows(HEADER + data)
    return row


def fields(row: dict[str, Any]) -> list[str]:
    return [row[f"raw_{name}"] for name in COLUMNS]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"1,a,2.50", ["1", "a", "2.50"]),
        (b"1,'a','2.50'", ["1", "a", "2.50"]),
        (b'1,"a",2', ["1", "a", "2"]),
        (b"1,'a','2'\r", ["1", "a", "2"]),
        (b" 1 ,\t'a' , 2 ", ["1", "a", "2"]),
        (b"1,' a ',2", ["1", "a", "2"]),
        (b"1,'a,b',2", ["1", "a,b", "2"]),
        (b"1,'o''brien',2", ["1", "o'brien", "2"]),
        (b"1,o'brien,2", ["1", "o'brien", "2"]),
        (b"1,'say \"hi\"',2", ["1", 'say "hi"', "2"]),
        (b"1,'',", ["1", "", ""]),
        (b",,", ["", "", ""]),
        ("1,آب,2".encode(), ["1", "آب", "2"]),
        (b"1,a\tb,2", ["1", "a\tb", "2"]),
        (b"1," + b"x" * (LONGEST_LINE - 4) + b",2", ["1", "x" * (LONGEST_LINE - 4), "2"]),
    ],
)
def test_a_good_line_gives_its_fields(line: bytes, expected: list[str]) -> None:
    row = only(line + b"\n")
    assert (row["reason"], fields(row), row["line"]) == (None, expected, 2)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"1," + b"x" * (LONGEST_LINE - 3) + b",2", "line_too_long"),
        (b"1,\xff,2", "bad_encoding"),
        (b"1,\xd8,2", "bad_encoding"),
        (b"", "blank_line"),
        (b"\r", "blank_line"),
        (b"  \t ", "blank_line"),
        (b"1,a\x00,2", "control_character"),
        (b"1,a\rb,2", "control_character"),
        (b"1,a\x7f,2", "control_character"),
        (b"1,'a,2", "unbalanced_quotes"),
        (b"1,a',2", "unbalanced_quotes"),
        (b"1,'a'b,2", "unbalanced_quotes"),
        (b"1,'a\",2", "unbalanced_quotes"),
        (b"1,'a,2'", "wrong_field_count"),
        (b"1,a", "wrong_field_count"),
        (b"1,a,2,", "wrong_field_count"),
        (b"1;a;2", "wrong_field_count"),
        (b"step,who,amount", "repeated_header"),
        (b"'Amount',\"step\",who", "repeated_header"),
    ],
)
def test_a_bad_line_gives_its_reason_and_bytes(line: bytes, reason: str) -> None:
    assert reason in LINE_REASONS
    row = only(line + b"\n")
    assert (row["reason"], row["line"]) == (reason, 2)
    assert row["raw"] == line.removesuffix(b"\r")[:LONGEST_LINE]


def test_a_line_that_only_starts_like_the_header_is_data() -> None:
    assert only(b"step,who,3\n")["reason"] is None


def test_every_line_reason_can_occur() -> None:
    cases = {
        mark.args[1][i][1]
        for mark in test_a_bad_line_gives_its_reason_and_bytes.pytestmark
        for i in range(len(mark.args[1]))
    }
    assert cases == set(LINE_REASONS)


def test_the_last_line_counts_with_and_without_its_newline() -> None:
    assert len(rows(HEADER + b"1,a,2\n3,b,4")) == len(rows(HEADER + b"1,a,2\n3,b,4\n")) == 2
    assert [row["reason"] for row in rows(HEADER + b"1,a,2\n\n")] == [None, "blank_line"]


def test_a_header_may_come_in_any_order_case_and_quotes_after_a_byte_order_mark() -> None:
    (row,) = rows(b"\xef\xbb\xbf'Amount',\"STEP\",who\r\n9,1,a\r\n")
    assert fields(row) == ["1", "a", "9"]


def test_without_a_header_the_first_line_is_data() -> None:
    first, second = rows(b"\xef\xbb\xbf1,a,2\n3,b,4\n")
    assert (first["line"], fields(first), fields(second)) == (1, ["1", "a", "2"], ["3", "b", "4"])


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"step,who\n1,a\n", "bad_header"),
        (b"step,who,amount,extra\n1,a,2,3\n", "bad_header"),
        (b"step,name,price\n1,a,2\n", "bad_header"),
        (b"step,who,who\n1,a,2\n", "bad_header"),
        (b"<html><body>quota exceeded</body></html>\n", "bad_header"),
        (b"\n" + HEADER + b"1,a,2\n", "bad_header"),
        (b"step,who,amount\r1,a,2\r", "not_text"),
        (b"\xff\xfes\x00t\x00e\x00p\x00", "not_text"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "not_text"),
        (b"PAR1\x00,\x01,\x02\n", "not_text"),
    ],
)
def test_a_first_line_that_says_nothing_makes_the_chunk_unreadable(data: bytes, reason: str) -> None:
    assert reason in CHUNK_REASONS
    with pytest.raises(Unreadable, match=f"^{reason}$"):
        rows(data)


def test_no_bytes_and_a_header_alone_have_no_rows() -> None:
    assert rows(b"") == rows(HEADER) == rows(HEADER.strip()) == []


def packed(*members: bytes) -> bytes:
    return b"".join(gzip.compress(member, mtime=0) for member in members)


def test_gzip_is_known_by_its_bytes_even_in_many_members(tmp_path: Path) -> None:
    file = tmp_path / "chunk"
    file.write_bytes(packed(HEADER + b"1,a,2\n3,", b"b,4\n", b""))
    found = [row for batch in parse("c", str(file), COLUMNS) for row in batch.to_pylist()]
    assert [fields(row) for row in found] == [["1", "a", "2"], ["3", "b", "4"]]


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[:-1],
        lambda data: data[: len(data) // 2],
        lambda data: data[:2],
        lambda data: data + b"more",
        lambda data: data[:-6] + bytes([data[-6] ^ 1]) + data[-5:],
    ],
)
def test_damaged_gzip_is_one_unreadable_chunk_and_no_row(damage: Any, tmp_path: Path) -> None:
    # long enough that rows come out before the damage is met
    whole = HEADER + b"".join(b"%d,customer %d,2.50\n" % (i, i * 7919) for i in range(400_000))
    file = tmp_path / "chunk"
    file.write_bytes(damage(packed(whole)))
    found = [row for batch in parse("c", str(file), COLUMNS) for row in batch.to_pylist()]
    assert [(row["line"], row["raw"], row["reason"]) for row in found] == [(0, None, "bad_gzip")]


def test_a_gzip_bomb_comes_out_block_by_block() -> None:
    # 200 MB of zeros in 200 kB: what comes out at once stays small
    bomb = io.BytesIO(packed(bytes(200 << 20)))
    sizes = [len(block) for block in unpacked(iter(lambda: bomb.read(1 << 16), b""))]
    assert sum(sizes) == 200 << 20
    assert max(sizes) <= csv_lines.BLOCK


# Bytes that matter to the parser are likely; the rest is anything.
SOUP = st.lists(
    st.one_of(
        st.sampled_from([b",", b",", b"\n", b"\r\n", b"\r", b"'", b'"', b" ", b"\t", b"1", b"a", b"\x00"]),
        st.sampled_from([b"1,a,2\n", b"1,'a',2\n", HEADER, b"\xff", b"\xef\xbb\xbf", "é".encode(), b",,"]),
        st.binary(max_size=3),
    ),
    max_size=60,
).map(b"".join)


@given(SOUP, st.integers(1, 40))
def test_every_line_of_a_byte_soup_ends_in_exactly_one_place(soup: bytes, block: int) -> None:
    found = rows(HEADER + soup, block)
    lines = soup.split(b"\n")
    lines = lines[:-1] if lines[-1] == b"" else lines
    assert [row["line"] for row in found] == list(range(2, len(lines) + 2))
    assert [row["raw"] for row in found] == [line.removesuffix(b"\r") for line in lines]
    for row in found:
        assert row["reason"] in {None, *LINE_REASONS}
        assert row["reason"] is not None or None not in fields(row)


@given(SOUP, st.integers(1, 40), st.integers(1, 40))
def test_where_the_blocks_end_changes_nothing(soup: bytes, one: int, other: int) -> None:
    assert rows(HEADER + soup, one) == rows(HEADER + soup, other)


@given(SOUP)
def test_the_quick_way_gives_what_the_careful_way_gives(soup: bytes) -> None:
    def careful(line: bytes) -> list[str] | str:
        try:
            return split_fields(line.decode(), len(COLUMNS))
        except UnicodeDecodeError:
            return "bad_encoding"

    for row in rows(HEADER + soup):
        if row["reason"] != "repeated_header":
            assert careful(row["raw"]) == (row["reason"] or fields(row))


@given(SOUP)
def test_a_chunk_without_a_promised_header_is_read_or_refused_whole(soup: bytes) -> None:
    try:
        found = rows(soup)
    except Unreadable as damage:
        assert str(damage) in CHUNK_REASONS
    else:
        numbers = [row["line"] for row in found]
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers))) if numbers else True
        assert not numbers or numbers[0] in (1, 2)


def test_memory_follows_the_block_and_not_the_chunk() -> None:
    def endless(blocks: int) -> Iterator[bytes]:
        yield HEADER
        for _ in range(blocks):
            yield b"x" * (1 << 20)  # never a newline

    (row,) = [row for batch in parse_blocks("c", endless(300), COLUMNS) for row in batch.to_pylist()]
    assert (row["reason"], len(row["raw"])) == ("line_too_long", LONGEST_LINE)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (HEADER + b"1,a,2.50\n", "header, no quotes"),
        (b"\xef\xbb\xbf" + HEADER + b"1,a,2.50\n", "header, no quotes"),
        (b"STEP,who,'amount'\n1,a,2.50\n", "header, no quotes"),
        (HEADER + b"1,'a',2.50\n", "header, single quotes"),
        (HEADER + b"1,o'brien,2.50\n", "header, no quotes"),
        (HEADER + b"1,\"a\", '2.50'\n", "header, single and double quotes"),
        (HEADER, "header, no quotes"),
        (b"'1',a,2.50\n", "no header, single quotes"),
        (b"who,amount,step\na,2.50,1\n", "header in the order who,amount,step, no quotes"),
        (gzip.compress(HEADER + b"1,'a',2.50\n", mtime=0), "header, single quotes"),
    ],
)
def test_the_layout_says_how_a_chunk_is_written(tmp_path: Path, data: bytes, expected: str) -> None:
    (tmp_path / "chunk").write_bytes(data)
    assert layout(str(tmp_path / "chunk"), COLUMNS) == expected


def test_the_layout_needs_no_more_than_two_lines_however_long(tmp_path: Path) -> None:
    longest = b"1,'" + b"x" * (LONGEST_LINE - 5) + b"',2\n"
    (tmp_path / "chunk").write_bytes(HEADER + longest * 3)
    assert layout(str(tmp_path / "chunk"), COLUMNS) == "header, single quotes"
