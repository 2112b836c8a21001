"""What is drafted from samples: kinds of columns, the files, and what is refused."""

from __future__ import annotations

import gzip
import json
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from include.datasets.contract import Contract
from include.errors import ConfigError
from include.settings import ROOT
from stack.draft.choose import event_time, watched, with_event_time
from stack.draft.files import files_of
from stack.draft.guess import Guess, guesses
from stack.draft.sample import Sample, read_sample
from stack.new_dataset import refuse_name
from tests.samples import KINDS, logins, orders


def drafted(folder: Path, data: bytes, asked: str = "") -> tuple[Sample, list[Guess], str]:
    file = folder / "sample"
    file.write_bytes(data)
    sample = read_sample(file)
    found = guesses(sample, asked)
    found, mix = watched(with_event_time(found, event_time(found, asked), sample), sample)
    return sample, found, mix


def contract_of(folder: Path, data: bytes, asked: str = "") -> Contract:
    """The contract that the drafted file declares."""
    sample, found, mix = drafted(folder, data, asked)
    file = folder / "contract.py"
    file.write_text(files_of("sample", found, mix, sample)["include/datasets/sample.py"])
    made = runpy.run_path(str(file))["CONTRACT"]
    assert isinstance(made, Contract)
    return made


def test_each_kind_is_guessed_from_messy_csv(tmp_path: Path) -> None:
    sample, found, mix = drafted(tmp_path, orders())
    assert (sample.form, sample.rows, sample.unread) == ("csv", 200, 2)
    assert {one.column: one.kind for one in found} == KINDS
    assert mix == "type"
    optional = {one.column for one in found if one.optional}
    assert optional == {"latitude", "lon", "note", "tip"}
    assert [one.field for one in found if one.kind in ("amount", "coordinate")] == [
        "price_minor",
        "latitude_micro",
        "lon_micro",
        "tip_milli",
    ]


def test_what_people_must_choose_is_marked_where_it_is(tmp_path: Path) -> None:
    sample, found, mix = drafted(tmp_path, orders())
    text = files_of("orders", found, mix, sample)["include/datasets/orders.py"]
    above = {
        line.strip().partition('"')[2].partition('"')[0]: text.splitlines()[number - 1].strip()
        for number, line in enumerate(text.splitlines())
    }
    assert above["customer_phone"].startswith("# decide: a phone number is personal")
    assert above["type"].startswith("# decide: are these all?")
    assert above["price_minor"].startswith("# decide: of which unit? 2 decimals are kept")
    assert "# decide: E-Mail: personal, and of no kind that has pseudonyms" in text
    assert "somebody" not in text
    assert not above["paid"].startswith("# decide")
    assert "# decide: the zone in which days begin" in text


def test_columns_that_name_people_are_not_read_unless_they_have_pseudonyms(tmp_path: Path) -> None:
    data = b"at,what,ip_address,home_address,Birth Date,family name,email,discard,birthplaces\n"
    data += b"2026-03-01T12:00:00Z,x,10.0.0.1,1 High St,2000-01-01,Doe,d,e,f\n" * 9
    _, found, _ = drafted(tmp_path, data)
    unread = [one.column for one in found if one.kind == "unread"]
    assert unread == ["home_address", "Birth Date", "family name", "email"]
    assert [one.kind for one in found if one.column == "ip_address"] == ["ip"]


def test_personal_columns_are_personal(tmp_path: Path) -> None:
    made = contract_of(tmp_path, orders())
    assert {field.name: field.personal for field in made.fields if field.personal} == {
        "customer_phone": "phone",
        "client_ip": "ip",
        "device_id": "device",
        "seen_from": "place",
    }


@pytest.mark.parametrize("packed", [bytes, gzip.compress])
def test_messy_json_lines_are_unwrapped(tmp_path: Path, packed: Any) -> None:
    sample, found, mix = drafted(tmp_path, packed(logins()))
    assert (sample.form, sample.rows, sample.unread) == ("lines", 40, 1)
    assert (sample.wrappers, sample.nested) == (("payload",), {"agent"})
    assert {one.column: (one.field, one.kind) for one in found} == {
        "ok": ("ok", "truth"),
        "via": ("via", "one_of"),
        "userId": ("user_id", "text"),
        "when": ("when", "instant"),
        "agent": ("agent", "unread"),
    }
    assert mix == "via"
    assert contract_of(tmp_path, packed(logins())).wrappers == ("payload",)


def test_an_array_printed_over_many_lines_is_read(tmp_path: Path) -> None:
    rows = [{"at": f"2026-03-01T12:00:{i:02}Z", "what": "walk", "steps": i} for i in range(30)]
    made = contract_of(tmp_path, json.dumps(rows, indent=2).encode())
    assert (made.parser, made.columns, made.mix) == ("json", ("at", "what", "steps"), ("what",))


def test_a_sample_without_a_header_has_columns_by_number(tmp_path: Path) -> None:
    data = b"u1,2026-03-01T12:00:00Z,7\nu2,2026-03-01T12:00:01Z,8\n"
    made = contract_of(tmp_path, data)
    assert made.columns == ("column_1", "column_2", "column_3")
    assert "# decide: the columns' names" in (tmp_path / "contract.py").read_text()


def test_the_event_time_is_the_first_instant_unless_another_is_asked_for(tmp_path: Path) -> None:
    data = b"id,sent_at,read_at\na,2026-03-01T12:00:00Z,2026-03-01T12:00:01Z\n"
    assert event_field(contract_of(tmp_path, data)) == "sent_at"
    assert event_field(contract_of(tmp_path, data, "read_at")) == "read_at"
    with pytest.raises(
        ConfigError, match=r"EVENT_TIME=id: its texts are no instants.* some: sent_at, read_at"
    ):
        contract_of(tmp_path, data, "id")
    with pytest.raises(ConfigError, match="no column 'at' to be EVENT_TIME; there are id, sent_at, read_at"):
        contract_of(tmp_path, data, "at")


def test_digits_are_instants_where_a_name_or_a_person_says_so(tmp_path: Path) -> None:
    data = b"id,n\n" + b"".join(b"a,17723664%02d\n" % second for second in range(20))
    with pytest.raises(ConfigError, match="no column holds instants"):
        contract_of(tmp_path, data)
    assert event_field(contract_of(tmp_path, data, "n")) == "n"
    assert event_field(contract_of(tmp_path, data.replace(b"id,n", b"id,ts"))) == "ts"


def event_field(made: Contract) -> str:
    (field,) = [field for field in made.fields if field.name == "event_time"]
    return field.raw


def test_names_that_fields_cannot_have_are_changed(tmp_path: Path) -> None:
    data = b"line,event_time,event_day,event_id,2nd,\xd9\x86\n" + b"a,2026-03-01T12:00:00Z,x,1,b,c\n" * 3
    names = [field.name for field in contract_of(tmp_path, data).fields]
    assert names == ["given_line", "event_time", "event_day", "day", "id", "given_2nd", "column_6"]


def test_without_a_label_a_number_becomes_one(tmp_path: Path) -> None:
    data = b"at,cups,ip\n" + b"2026-03-01T12:00:00Z,1,10.0.0.1\n2026-03-01T12:00:00Z,2,10.0.0.2\n"
    assert contract_of(tmp_path, data).mix == ("cups",)


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (b"", "it is empty"),
        (b" \n\n", "it is empty"),
        (b"PK\x03\x04rest", "it is a zip file, as xlsx files are"),
        (b"PAR1\x00", "it is Parquet"),
        (b"<!doctype html>", "it is a web page or XML"),
        (b"a,b\n\x00,1\n", "bytes that no text has"),
        (b"a;b\n1;2\n", "between semicolons, and commas are read"),
        (b"a\tb\n1\t2\n", "between tabs, and commas are read"),
        (b"Once upon a time\nthere was a file\n", "no two fields between commas"),
        (b"a,b\n", "of 0 lines below the first, 0 have 2 fields"),
        (b"a,b\n1\n2\n3,4\n", "of 3 lines below the first, 1 have 2 fields"),
        (b"a,A\n1,2\n", "more than one column is called 'a'"),
        (b"a,`b\n1,2\n", "'`b' cannot be the name of a column"),
        (b"[1, 2, 3]", "of its 3 lines or elements, 0 are JSON objects"),
        (b'{"a": 1}\n{"a": 2}\n', "its objects have no two keys, but a"),
        (b"\x1f\x8bno gzip at all", "is not a whole gzip file"),
        (b"who,day\na,2026-03-01\n", "no column holds instants.*a date alone is none.*there are who, day"),
        (b"at,ip\n2026-03-01T12:00:00Z,10.0.0.1\n", "no column but the event time is given in every row"),
    ],
)
def test_what_cannot_be_drafted_from_says_why(tmp_path: Path, data: bytes, complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint):
        drafted(tmp_path, data)


def test_a_file_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        read_sample(tmp_path / "nothing.csv")
    with pytest.raises(ConfigError, match="cannot be read: Is a directory"):
        read_sample(tmp_path)


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("", "'' cannot be the name"),
        ("Orders", "small letters"),
        ("2nd", "a letter first"),
        ("orders_daily", "not _daily or _watch at the end"),
        ("clickstream", "there is a dataset clickstream already, in include/datasets/clickstream.py"),
        ("people", "include/datasets/people.py exists, and is not overwritten"),
        ("replay", "dags/replay.py exists, and is not overwritten"),
        ("json", "the name of a Python module"),
        ("output_detections", "a folder in the bucket"),
        ("manifests", "a folder in the bucket"),
    ],
)
def test_a_name_that_is_taken_or_unfit_is_refused(name: str, complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint):
        refuse_name(name)


def test_the_command_says_what_is_wrong(tmp_path: Path) -> None:
    file = tmp_path / "prose.csv"
    file.write_text("Once upon a time\n")
    done = subprocess.run(
        [sys.executable, "-m", "stack", "new-dataset", "--file", str(file)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "prose.csv is no table: its first line has no two fields" in " ".join(done.stderr.split())
    assert not (ROOT / "include" / "datasets" / "prose.py").exists()
