"""Where settings come from, and that the stack and the platform read the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from include.settings import ROOT, env_file, get_settings, home_dir
from stack.config import stack_settings


@pytest.fixture(autouse=True)
def no_home_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VIGIL_HOME")
    get_settings.cache_clear()


def test_a_home_in_the_env_file_is_everyones(tmp_path: Path) -> None:
    home = tmp_path / "a home"
    home.mkdir()
    (home / "stack.env").write_text("VIGIL_DOCS_URL='http://127.0.0.1:1'\n")
    env_file().write_text(f"VIGIL_HOME='{home}'\n")
    assert (home_dir(), stack_settings().home, get_settings().home) == (home, home, home)
    assert get_settings().docs_url == "http://127.0.0.1:1"


def test_the_environments_home_goes_before_the_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    env_file().write_text(f"VIGIL_HOME={tmp_path / 'file'}\n")
    monkeypatch.setenv("VIGIL_HOME", str(tmp_path / "shell"))
    homes = home_dir(), stack_settings().home, get_settings().home
    assert homes == (tmp_path / "shell",) * 3


def test_without_a_home_it_is_beside_the_code() -> None:
    env_file().write_text("VIGIL_HOME=\n")
    assert (home_dir(), stack_settings().home) == (ROOT / ".vigil",) * 2


def test_an_empty_setting_is_none(tmp_path: Path) -> None:
    (tmp_path / "stack.env").write_text("VIGIL_S3_ENDPOINT='http://127.0.0.1:9010'\n")
    env_file().write_text(f"VIGIL_HOME={tmp_path}\nVIGIL_S3_ENDPOINT=\nVIGIL_MAX_CHUNKS=\n")
    assert stack_settings().embeds_s3
    assert get_settings().s3_endpoint == "http://127.0.0.1:9010"
    assert get_settings().max_chunks == 50
