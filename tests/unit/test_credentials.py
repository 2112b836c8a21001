"""Passwords and keys are generated once, and private."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path

import pytest

from include.errors import StackError
from stack.credentials import Credentials, complete, load_credentials, write_private


def test_generated_once_and_readable_by_the_owner_only(tmp_path: Path) -> None:
    file = tmp_path / "secrets.json"
    first = load_credentials(file)
    assert load_credentials(file) == first
    assert file.stat().st_mode & 0o777 == 0o600


def test_no_two_are_alike(tmp_path: Path) -> None:
    one, other = load_credentials(tmp_path / "one.json"), load_credentials(tmp_path / "other.json")
    values = [getattr(found, field.name) for found in (one, other) for field in fields(Credentials)]
    assert len(set(values)) == len(values)
    assert min(map(len, values)) >= 20


def test_they_do_not_show_when_printed(tmp_path: Path) -> None:
    credentials = load_credentials(tmp_path / "secrets.json")
    assert credentials.postgres_password not in repr(credentials)


@pytest.mark.parametrize("text", ["", "{}", '{"postgres_password": '])
def test_a_damaged_file_is_named(tmp_path: Path, text: str) -> None:
    file = tmp_path / "secrets.json"
    file.write_text(text)
    with pytest.raises(StackError, match=r"secrets\.json is damaged"):
        load_credentials(file)


def test_a_private_file_is_replaced_whole(tmp_path: Path) -> None:
    file = tmp_path / "deep" / "file"
    write_private(file, "one")
    write_private(file, "two")
    assert file.read_text() == "two"
    assert list(file.parent.iterdir()) == [file]


def test_a_home_without_a_key_of_pseudonyms_gets_one_and_keeps_it(tmp_path: Path) -> None:
    file = tmp_path / "secrets.json"
    known = json.loads(load_credentials(file) and file.read_text())
    del known["pseudonym_keys"]
    file.write_text(json.dumps(known))
    assert load_credentials(file).pseudonym_keys == ""
    complete(file)
    (secret,) = json.loads(load_credentials(file).pseudonym_keys).values()
    assert len(secret) >= 32
    complete(file)
    assert secret in load_credentials(file).pseudonym_keys
    assert load_credentials(file).spark_token == known["spark_token"]
