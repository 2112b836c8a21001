"""The Dockerfile: what its linter says, what goes into the image, and as whom it runs."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from include.settings import ROOT
from tests.catalogue.containers import DOCKERFILE, image_environment, instructions

IMAGE = list(instructions())
COPIED = [source for name, arguments in IMAGE if name == "COPY" for source in arguments.split()[:-1]]
SENT = [
    line.removeprefix("!")
    for line in (ROOT / ".dockerignore").read_text().splitlines()
    if line.startswith("!")
]


def lint(file: Path) -> subprocess.CompletedProcess[str]:
    """What hadolint says of a Dockerfile."""
    hadolint = Path(sys.executable).parent / "hadolint"
    return subprocess.run([hadolint, "--no-color", file], capture_output=True, text=True, check=False)


def test_the_linter_finds_nothing() -> None:
    files = [path for path in ROOT.rglob("Dockerfile*") if ".venv" not in path.parts]
    assert files == [ROOT / "Dockerfile"]
    done = lint(ROOT / "Dockerfile")
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize(
    ("pattern", "wrong", "rule"),
    [
        (r"(FROM python):\S+", r"\1:latest", "DL3007"),
        (r"WORKDIR /opt", "WORKDIR opt", "DL3000"),
        (r"(?m)^USER .*", "USER root", "DL3002"),
        (r"-r requirements.txt", "pyspark", "DL3013"),
    ],
)
def test_the_linter_finds_what_is_wrong(tmp_path: Path, pattern: str, wrong: str, rule: str) -> None:
    broken = tmp_path / "Dockerfile"
    broken.write_text(re.sub(pattern, wrong, DOCKERFILE))
    assert rule in lint(broken).stdout


def test_its_base_is_pinned_to_a_python_that_is_supported() -> None:
    bases = [arguments for name, arguments in IMAGE if name == "FROM"]
    found = re.fullmatch(r"python:(3\.\d+)\.\d+-slim-bookworm", bases[0])
    assert len(bases) == 1
    # The lock is compiled for the oldest one.
    assert found
    assert f'requires-python = ">={found[1]},' in (ROOT / "pyproject.toml").read_text()


def test_it_installs_the_lock_and_nothing_else() -> None:
    installs = [arguments for name, arguments in IMAGE if name == "RUN" and "install" in arguments]
    assert [line.split(" && ")[0] for line in installs if "pip" in line] == [
        "pip install --no-cache-dir --no-deps -r requirements.txt"
    ]
    assert "apt-get" not in DOCKERFILE


def test_only_what_is_copied_is_sent_to_the_builder() -> None:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    assert lines[1] == "*"
    assert sorted(SENT) == sorted(COPIED)
    assert all((ROOT / source).exists() for source in COPIED)


def test_all_that_runs_is_copied() -> None:
    """Every folder of code whose modules the commands of the stack reach."""
    code = {path.parent.name for path in ROOT.glob("*/__init__.py")} | {"dags", "plugins", "expectations"}
    assert code - {"tests", "bench"} <= set(COPIED)


def test_it_runs_as_a_user_who_owns_only_the_folders_of_its_data() -> None:
    user = [arguments for name, arguments in IMAGE if name == "USER"]
    assert user == ["10001"]
    assert IMAGE.index(("USER", user[0])) > max(
        IMAGE.index(one) for one in IMAGE if one[0] in ("RUN", "COPY")
    )
    assert "--chown" not in DOCKERFILE


def test_paths_are_those_that_it_makes() -> None:
    environment = image_environment()
    assert ("WORKDIR", environment["PYTHONPATH"]) in IMAGE
    assert environment["VIGIL_HOME"] == "/vigil"
    assert "--home-dir /vigil" in DOCKERFILE
