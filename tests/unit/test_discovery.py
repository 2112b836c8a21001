"""Discovery finds what a folder's modules declare, and fails loudly."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from include.discovery import discover
from include.errors import ContractError


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty package `things`, importable during the test."""
    folder = tmp_path / "things"
    folder.mkdir()
    (folder / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    for name in [name for name in sys.modules if name.split(".")[0] == "things"]:
        monkeypatch.delitem(sys.modules, name)
    return folder


def _found() -> dict[str, str]:
    return discover("things", "THING", str, lambda thing: thing.split()[0])


def test_modules_without_the_attribute_are_left_out(package: Path) -> None:
    (package / "two.py").write_text("THING = 'b two'")
    (package / "one.py").write_text("THING = 'a one'")
    (package / "other.py").write_text("OTHER = 'c'")
    assert list(_found().items()) == [("a", "a one"), ("b", "b two")]


def test_a_duplicate_names_both_files(package: Path) -> None:
    (package / "one.py").write_text("THING = 'a one'")
    (package / "two.py").write_text("THING = 'a two'")
    with pytest.raises(ContractError, match=r"'a' is declared twice: in .*one\.py and in .*two\.py"):
        _found()


def test_a_thing_of_another_type_is_refused(package: Path) -> None:
    (package / "one.py").write_text("THING = 1")
    with pytest.raises(ContractError, match=r"one\.py: THING must be of type str, not int"):
        _found()
