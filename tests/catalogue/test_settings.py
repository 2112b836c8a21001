"""`.env.example` lists every setting that people make, with its meaning and its default."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic_settings import BaseSettings

from include.settings import ROOT, Settings
from stack.config import DEFAULT_PORTS, StackSettings
from stack.credentials import Credentials
from stack.services import Stack

LINES = (ROOT / ".env.example").read_text().splitlines()
# Name -> the comment above it.
LISTED = {
    found[1].lower(): LINES[number - 1].removeprefix("# ")
    for number, line in enumerate(LINES)
    if (found := re.match(r"#VIGIL_(\w+)=", line))
}
MEANINGS = {
    name: field.description
    for model in (StackSettings, Settings)
    for name, field in model.model_fields.items()
}


def written_by_the_stack() -> set[str]:
    """What `make up` writes for the platform even where S3 and Spark are somebody else's."""
    outside = StackSettings(s3_endpoint="https://s3.example.org", spark_remote="sc://spark.example.org")
    dotenv = Stack(outside, Credentials(), DEFAULT_PORTS).dotenv()
    return {name.lower() for name in re.findall(r"^VIGIL_(\w+)=", dotenv, re.MULTILINE)}


def test_it_lists_what_there_is_and_nothing_else() -> None:
    written = written_by_the_stack()
    assert written < MEANINGS.keys()
    assert sorted(LISTED) == sorted(MEANINGS.keys() - written)


@pytest.mark.parametrize("name", sorted(LISTED))
def test_it_says_what_a_setting_means(name: str) -> None:
    assert LISTED[name] == MEANINGS[name]


@pytest.mark.parametrize("model", [Settings, StackSettings], ids=lambda model: model.__name__)
def test_its_values_are_the_defaults(model: type[BaseSettings], tmp_path: Path) -> None:
    file = tmp_path / "uncommented"
    file.write_text("\n".join(line.removeprefix("#") for line in LINES if line.startswith("#VIGIL_")))
    ports = {f"port_{name}": port for name, port in DEFAULT_PORTS.items()}
    defaults = model().model_dump()
    expected = defaults | {name: port for name, port in ports.items() if name in defaults}
    assert model(_env_file=file).model_dump() == expected
