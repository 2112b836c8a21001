"""How the bytes of JSON become texts: each element in one place, whatever is wrong with its neighbours."""

from __future__ import annotations

import csv
import gzip
import io
import json
import tracemalloc
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from include.datasets.contract import JSON_REASONS, LINE_REASONS
from include.spark_jobs import csv_lines
from include.spark_jobs.csv_lines import LONGEST_LINE, Unreadable
from include.spark_jobs.json_events import DEEPEST, WRAPPINGS, Events
from include.spark_jobs.json_layout import column_order, layout
from include.spark_jobs.json_lines import BATCH_BYTES, find_form, parse, parse_blocks

COLUMNS = ("who", "amount", "note")
ALIASES = {"who": ("user", "userId"), "note": ("comment",)}
WRAPPERS = ("payload", "data")
BOM = b"\xef\xbb\xbf"


def read(blocks: Iterable[bytes]) -> list[dict[str, Any]]:
    found = parse_blocks("c", blocks, COLUMNS, Events(COLUMNS, ALIASES, WRAPPERS))
    return [row for batch in found for row in batch.to_pylist()]


def rows(data: bytes, block: int = 1 << 20) -> list[dict[str, Any]]:
    return read(data[i : i + block] for i in range(0, len(data), block))


def fields(row: dict[str, Any]) -> list[str]:
    return [row[f"raw_{name}"] for name in COLUMNS]


def told(data: bytes) -> list[tuple[int, Any]]:
    """Of each row its number, and its first text or its reason."""
    return [(row["line"], row["reason"] or row["raw_who"]) for row in rows(data)]


def one(element: bytes) -> dict[str, Any]:
    """The element on a line of its own, and the same alone in an array: read alike."""
    (row,) = rows(b'{"who":"first"}\n' + element + b"\n")[1:]
    (other,) = rows(b"[" + element + b"]")
    assert (row["reason"], fields(row)) == (other["reason"], fields(other))
    assert row["raw"] == other["raw"] == element
    return row


def nested(levels: int) -> bytes:
    return b'{"note":' + b"[" * (levels - 1) + b"]" * (levels - 1) + b"}"


def wrapped(times: int) -> bytes:
    text = '{"who":"a"}'
    for _ in range(times):
        text = json.dumps(text)
    return text.encode()


@pytest.mark.parametrize(
    ("element", "expected"),
    [
        (b'{"who":"a","amount":1,"note":"x"}', ["a", "1", "x"]),
        (b'{ "note" : "x" , "who" : "a" , "amount" : 2.50 }', ["a", "2.50", "x"]),
        (
            b'{"who":1e3,"amount":-0.10,"note":12345678901234567890123}',
            ["1e3", "-0.10", "1" + "2345678901234567890123"],
        ),
        (b'{"who":NaN,"amount":-Infinity,"note":1E400}', ["NaN", "-Infinity", "1E400"]),
        (b'{"who":"a","amount":true,"note":false}', ["a", "true", "false"]),
        (b'{"who":"a","amount":null}', ["a", "", ""]),
        (b"{}", ["", "", ""]),
        (b'{"who":" a\\t","amount":" 1 "}', ["a", "1", ""]),
        (b'{"who":{"id": 1.0, "x": [1, null, true]},"note":[]}', ['{"id":1.0,"x":[1,null,true]}', "", "[]"]),
        ('{"who":"۰۹۱۲","note":"آب"}'.encode(), ["۰۹۱۲", "", "آب"]),
        (b'{"who":"\\u06f0","note":"\\ud83d\\ude00"}', ["۰", "", "\U0001f600"]),
        (b'{"WHO":"a","Amount ":1}', ["a", "1", ""]),
        (b'{"USERID":"a","Comment":"x"}', ["a", "", "x"]),
        (b'{"who":"a","user":"a","userId":"","extra":{"who":"b"}}', ["a", "", ""]),
        (b'{"who":null,"user":"a"}', ["a", "", ""]),
        (b'{"amount":1,"payload":{"who":"a"}}', ["a", "1", ""]),
        (b'{"amount":1,"Payload":"{\\"who\\":\\"a\\"}"}', ["a", "1", ""]),
        (b'{"payload":"","data":null,"who":"a"}', ["a", "", ""]),
        (wrapped(1), ["a", "", ""]),
        (wrapped(2), ["a", "", ""]),
        (wrapped(WRAPPINGS), ["a", "", ""]),
        (nested(DEEPEST), ["", "", "[" * (DEEPEST - 1) + "]" * (DEEPEST - 1)]),
        (b'{"extra":"' + b"x" * (LONGEST_LINE - 12) + b'"}', ["", "", ""]),
    ],
)
def test_an_element_gives_its_texts(element: bytes, expected: list[str]) -> None:
    row = one(element)
    assert (row["reason"], fields(row)) == (None, expected)


BAD = [
    (b"nope", "bad_json"),
    (b'{"who":a}', "bad_json"),
    (b'{"who":"a"', "bad_json"),
    (b"{'who':'a'}", "bad_json"),
    (b'{"who":"a",}', "bad_json"),
    (b'{"who":01}', "bad_json"),
    (b'{"who":"a"}}', "bad_json"),
    (b'"{\\"who\\":"', "bad_json"),
    (b'{"payload":"{\\"who\\":"}', "bad_json"),
    (b"12", "not_an_object"),
    (b"null", "not_an_object"),
    (b'"hello"', "not_an_object"),
    (b'["a"]', "not_an_object"),
    (b'{"payload":"hello"}', "not_an_object"),
    (b'{"payload":[{"who":"a"}]}', "not_an_object"),
    (nested(DEEPEST + 1), "too_deep"),
    (nested(20_000), "too_deep"),
    (b'{"extra":' + b'{"e":' * 5_000 + b"1" + b"}" * 5_001, "too_deep"),
    (wrapped(WRAPPINGS + 1), "too_deep"),
    (b'{"payload":' * (WRAPPINGS + 1) + b'{"who":"a"}' + b"}" * (WRAPPINGS + 1), "too_deep"),
    (b'{"who":"a","who":"b"}', "ambiguous_key"),
    (b'{"who":"a","user":"b"}', "ambiguous_key"),
    (b'{"who":"a","payload":{"who":"b"}}', "ambiguous_key"),
    (b'{"who":"a\\u0000"}', "control_character"),
    (b'{"who":"a\\nb"}', "control_character"),
    (b'{"who":"a\x00"}', "control_character"),
    (b'{"who":"a\x7f"}', "control_character"),
    (b'{"who":"a\tb"}', "bad_json"),
    (b'{"who":"\\ud800"}', "bad_encoding"),
    (b'{"who":"\xff"}', "bad_encoding"),
    (b'{"who":"\xed\xa0\x80"}', "bad_encoding"),
    (b'{"extra":"\xc3"}', "bad_encoding"),
]


@pytest.mark.parametrize(("element", "reason"), BAD, ids=range(len(BAD)))
def test_a_bad_element_gives_its_reason_and_bytes(element: bytes, reason: str) -> None:
    assert reason in LINE_REASONS | JSON_REASONS
    data = b'{"who":"first"}\n' + element + b'\n{"who":"last"}\n'
    found = rows(data)
    assert [(row["line"], row["reason"]) for row in found] == [(1, None), (2, reason), (3, None)]
    assert found[1]["raw"] == element


@pytest.mark.parametrize(("element", "reason"), BAD, ids=range(len(BAD)))
def test_a_bad_element_of_an_array_costs_itself_alone(element: bytes, reason: str) -> None:
    data = b'[\n{"who":"first"},\n' + element + b',\n{"who":"last"}\n]\n'
    found = {row["line"]: row for row in rows(data)}
    # what is not one value, is not one element of an array either
    assert found.pop(2)["raw_who"] == "first"
    last = found.pop(max(found))
    assert (last["reason"], last["raw_who"]) == (None, "last")
    assert {row["reason"] for row in found.values()} - {None} <= {reason, "bad_json"}
    assert any(row["reason"] for row in found.values())


def test_every_reason_of_json_can_occur() -> None:
    assert {reason for _, reason in BAD} >= set(JSON_REASONS) - {"cut_off"}


OBJECT = b'{"who":"a"}'
LONG = b'{"who":"' + b"x" * LONGEST_LINE + b'"}'


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", []),
        (b"[]", []),
        (b"[ \r\n ]\r\n", []),
        (b'[{"who":"a"},{"who":"b"}]', [(1, "a"), (2, "b")]),
        (b'[{"who":"a"},\n{"who":"b"}\n]\n', [(1, "a"), (2, "b")]),
        (b'\xef\xbb\xbf[\r\n{"who":"a"},\r\n{"who":"b"},\r\n]\r\n', [(2, "a"), (3, "b")]),
        (b'\n\n [\n  {\n    "who": "a"\n  },\n\n  {\n    "who": "b"\n  }\n]', [(4, "a"), (8, "b")]),
        (b'[,{"who":"a"},,,{"who":"b"},]', [(1, "a"), (2, "b")]),
        (b'[{"who":"a"} {"who":"b"}]', [(1, "a"), (2, "b")]),
        (b'["{\\"who\\":\\"a\\"}",\n{"payload":"{\\"who\\":\\"b\\"}"}]', [(1, "a"), (2, "b")]),
        # cut off
        (b"[", [(1, "cut_off")]),
        (b'[{"who":"a"},\n', [(1, "a"), (2, "cut_off")]),
        (b'[\n{"who":"a"},\n{"who":"b', [(2, "a"), (3, "cut_off")]),
        (b'[{"who":"a"}', [(1, "a"), (2, "cut_off")]),
        (b'[{"who":"a"},{"who":nope}]', [(1, "a"), (2, "bad_json")]),
        (b'[{"who":"a"},{"who":nope}\n]\n ', [(1, "a"), (2, "bad_json")]),
        # damage, and where the next element begins
        (b'[{"who":a},{"who":"b"}]', [(1, "bad_json"), (2, "b")]),
        (b'[{"who":"a},{"who":"b"},{"who":"c"}]', [(1, "bad_json"), (2, "b"), (3, "c")]),
        (b'[\n{"who":"a,\n{"who":"b"}\n]', [(2, "bad_json"), (3, "b")]),
        (b'[\n{"who":["a"\n,{"who":"b"}\n]', [(2, "bad_json"), (3, "b")]),
        (
            b'[{"who":"a"},null,nope nope,1,{"who":"b"}]',
            [(1, "a"), (2, "not_an_object"), (3, "bad_json"), (4, "not_an_object"), (5, "b")],
        ),
        (b'[{"who":"a"}},{"who":"b"}]', [(1, "a"), (2, "bad_json"), (3, "b")]),
        (b"[" + LONG + b",\n" + OBJECT + b"]", [(1, "line_too_long"), (2, "a")]),
        (b'["{\\"who\\":\\"a\\"", "{\\"who\\":\\"b\\"}"]', [(1, "bad_json"), (2, "b")]),
        # behind the array
        (b'[{"who":"a"}]\n[{"who":"b"}]', [(1, "a"), (2, "b")]),
        (b'[{"who":"a"}]\n{"who":"b"}\nnope\n', [(1, "a"), (2, "b"), (3, "bad_json")]),
        (b'[{"who":"a"}]]\n', [(1, "a"), (2, "bad_json")]),
        # JSON lines
        (BOM + b'{"who":"a"}\r\n\r\n{"who":"b"},\r\n', [(1, "a"), (2, "blank_line"), (3, "b")]),
        (b'\n{"who":"a"}', [(1, "blank_line"), (2, "a")]),
        (b'{"who":"a"\n{"who":"b"}\n', [(1, "bad_json"), (2, "b")]),
        (b'{"who":"a"} {"who":"b"}\n{"who":"c"}\n', [(1, "bad_json"), (2, "c")]),
        (LONG + b"\n" + OBJECT, [(1, "line_too_long"), (2, "a")]),
        (b'nope\n{"who":"b"}\n', [(1, "bad_json"), (2, "b")]),
        (b'null\n\n"{\\"who\\":\\"b\\"}"\n', [(1, "not_an_object"), (2, "blank_line"), (3, "b")]),
        # CSV
        (b"who,amount,note\na,1,\n", [(2, "a")]),
        (b"note,who,amount\n,a,1\n", [(2, "a")]),
        (b"a,1,\nb,2,x\n", [(1, "a"), (2, "b")]),
        (
            b'who,amount,note\n\n{"who":"a"}\nb,1,\n  {"who":a}\n{"who":"c',
            [(2, "blank_line"), (3, "a"), (4, "b"), (5, "bad_json"), (6, "bad_json")],
        ),
        (b'who,amount,note\n"{\\"who\\":\\"a\\"}"\n"a{",1,\n', [(2, "a"), (3, "a{")]),
        (b"who,amount,note\n" + LONG + b"\na,1,\n", [(2, "line_too_long"), (3, "a")]),
    ],
)
def test_every_form_is_read_and_damage_is_contained(data: bytes, expected: list[tuple[int, str]]) -> None:
    assert told(data) == expected


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"<html>\n</html>\n", "bad_header"),
        (b"who,amount\na,1\n", "bad_header"),
        (b"nope\n", "bad_header"),
        (b" \n\n", "bad_header"),
        (b"\xff\xfe{\x00", "not_text"),
        (b"\x89PNG\r\n\x1a\n\x00", "not_text"),
    ],
)
def test_a_chunk_that_is_neither_json_nor_csv_is_unreadable(data: bytes, reason: str) -> None:
    with pytest.raises(Unreadable, match=f"^{reason}$"):
        rows(data)


def test_a_cut_elements_bytes_are_kept() -> None:
    assert [row["raw"] for row in rows(b'[{"who":"a"},\n{"who": "b')] == [b'{"who":"a"}', b'{"who": "b']
    assert rows(b'[{"who":"a"}')[-1]["raw"] == b""


def test_gzip_is_unpacked_and_its_damage_is_the_whole_chunks(tmp_path: Path) -> None:
    def parsed(data: bytes) -> list[tuple[int, str | None]]:
        (tmp_path / "chunk").write_bytes(data)
        found = parse("c", str(tmp_path / "chunk"), COLUMNS, ALIASES, WRAPPERS)
        return [(row["line"], row["reason"]) for batch in found for row in batch.to_pylist()]

    packed = gzip.compress(b"[" + b",\n".join([OBJECT] * 3) + b"]", mtime=0)
    assert parsed(packed) == [(1, None), (2, None), (3, None)]
    assert parsed(packed[:-1]) == [(0, "bad_gzip")]
    assert parsed(b"<html></html>") == [(0, "bad_header")]


# What matters to the readers is likely; the rest is anything.
SOUP = st.lists(
    st.one_of(
        st.sampled_from([b"{", b"}", b"[", b"]", b",", b":", b'"', b"\\", b"\n", b"\r\n", b" ", b"1", b"a"]),
        st.sampled_from([OBJECT, b'{"who":"', b'"},', b"},{", b'{"note":[1]}', b'"{\\"who\\":1}"', b"null,"]),
        st.sampled_from([b"\x00", b"\xff", "é".encode(), b"\\ud800", b"who,amount,note\n", b"a,1,\n", BOM]),
        st.binary(max_size=3),
    ),
    max_size=60,
).map(b"".join)
BEGINNINGS = st.sampled_from([b"[", b"[\n", b'{"who":1}\n', b"who,amount,note\n", b""])


def outcome(data: bytes, block: int) -> Any:
    try:
        return rows(data, block)
    except Unreadable as damage:
        return str(damage)


@settings(max_examples=400)
@given(BEGINNINGS, SOUP, st.integers(1, 40))
def test_where_the_blocks_end_changes_nothing(beginning: bytes, soup: bytes, block: int) -> None:
    assert outcome(beginning + soup, block) == outcome(beginning + soup, 1 << 20)


@settings(max_examples=400)
@given(BEGINNINGS, SOUP)
def test_every_row_has_a_number_of_its_own_and_texts_or_a_reason(beginning: bytes, soup: bytes) -> None:
    found = outcome(beginning + soup, 1 << 20)
    if isinstance(found, str):
        return
    numbers = [row["line"] for row in found]
    assert numbers == sorted(set(numbers))
    for row in found:
        assert row["reason"] in {None, *LINE_REASONS, *JSON_REASONS}
        assert row["reason"] or None not in fields(row)


@settings(max_examples=200)
@given(SOUP)
def test_no_bytes_of_an_array_are_lost(soup: bytes) -> None:
    """But for white space, commas and the brackets between elements, every byte is in a row, in order."""
    data = b"[" + soup
    position = 0
    for row in rows(data):
        found = data.find(row["raw"], position)
        assert found >= 0
        assert data[position:found].strip(b" \t\r\n,[]") in (b"", BOM)
        position = found + len(row["raw"])
    assert data[position:].strip(b" \t\r\n,[]") in (b"", BOM)


def test_a_damaged_element_of_any_length_is_passed_over() -> None:
    """Where the windows end changes nothing for what is longer than they are."""
    junk = b'{"who": nope' + b" x" * 400_000
    data = b"[" + OBJECT + b",\n" + junk + b"},\n" + OBJECT + b"]"
    for block in (1 << 22, 100_003, 4_096):
        found = rows(data, block)
        assert [(row["line"], row["reason"]) for row in found] == [(1, None), (2, "line_too_long"), (3, None)]
        assert found[1]["raw"] == junk[:LONGEST_LINE]


TEXTS = st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=12).map(lambda text: text.strip(" "))


@given(st.lists(st.tuples(TEXTS, TEXTS, TEXTS), min_size=1, max_size=8), st.sampled_from([None, 2]))
def test_the_same_texts_as_csv_as_lines_and_as_an_array_are_the_same_rows(
    events: Sequence[tuple[str, str, str]], indent: int | None
) -> None:
    objects = [dict(zip(COLUMNS, event, strict=True)) for event in events]
    table = io.StringIO(newline="")
    csv.writer(table, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows([COLUMNS, *events])
    chunks = [
        table.getvalue(),
        "".join(json.dumps(one) + "\n" for one in objects),
        "".join(json.dumps(json.dumps(one)) + "\n" for one in objects),
        json.dumps(objects, indent=indent, ensure_ascii=False),
    ]
    for chunk in chunks:
        found = rows(chunk.encode())
        assert [row["reason"] for row in found] == [None] * len(events)
        assert [tuple(fields(row)) for row in found] == [tuple(event) for event in events]


def test_csv_is_read_as_the_reader_of_csv_does() -> None:
    data = b"amount,who,note\n1,'a,b',\nx\n\n2,\"c\",'d'\n"
    ours = rows(data)
    theirs = csv_lines.parse_blocks("c", [data], COLUMNS)
    assert ours == [row for batch in theirs for row in batch.to_pylist()]


@pytest.mark.parametrize("form", ["array", "one line", "lines", "never a quote"])
def test_memory_follows_the_window_and_not_the_chunk(form: str) -> None:
    element = b'{"who":"' + b"x" * 40_000 + b'"}'
    separator = {"array": b",\n", "one line": b",", "lines": b"\n", "never a quote": b""}[form]

    def endless() -> Iterator[bytes]:
        yield b"" if form == "lines" else b"["
        for _ in range(1_000):
            yield b"x" * 40_000 if form == "never a quote" else element + separator

    tracemalloc.start()
    found = parse_blocks("c", endless(), COLUMNS, Events(COLUMNS, {}, ()))
    count = sum(len(batch) for batch in found)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == {"array": 1_001, "one line": 1_001, "lines": 1_000, "never a quote": 1}[form]
    assert peak < 4 * BATCH_BYTES


@pytest.mark.parametrize(
    ("beginning", "form"),
    [
        (b"", "csv"),
        (b"  [", "array"),
        (BOM + b"\r\n[1]", "array"),
        (b' {"a"', "lines"),
        (b'"{\\"a\\"', "lines"),
        (b'"\\"{\\\\\\"a\\\\\\"', "lines"),
        (b'"a",1,', "csv"),
        (b"who,amount,note", "csv"),
        (b'who,amount,note\n{"who":"a"}', "csv"),
        (b'who;amount\n{"who":"a"}', "lines"),
        (b"who;amount\na;1", "csv"),
    ],
)
def test_the_beginning_tells_the_form(beginning: bytes, form: str) -> None:
    assert find_form(beginning, COLUMNS) == form


@pytest.mark.parametrize(
    ("data", "words", "order"),
    [
        (b"[" + OBJECT + b"]", "JSON array", COLUMNS),
        (OBJECT + b"\n", "JSON lines", COLUMNS),
        (
            b"note,who,amount\n,'a',1\n",
            "header in the order note,who,amount, single quotes",
            COLUMNS[2:] + COLUMNS[:2],
        ),
        (b"a,1,\n", "no header, no quotes", COLUMNS),
        (gzip.compress(b"[]", mtime=0), "JSON array", COLUMNS),
    ],
)
def test_the_layout_says_how_a_chunk_is_written(
    tmp_path: Path, data: bytes, words: str, order: tuple[str, ...]
) -> None:
    path = tmp_path / "chunk"
    path.write_bytes(data)
    assert layout(str(path), COLUMNS) == words
    assert tuple(column_order(str(path), COLUMNS)) == order
