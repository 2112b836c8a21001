"""Every rule and every kind of incident has a page for on-call people, of one form; what it names exists."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import get_args

import pytest

from include.settings import ROOT, Settings
from include.spark_jobs.rules import rules
from include.stages.links import runbook, runbook_of_rule
from include.store.incidents import Kind
from stack.config import StackSettings

FOLDER = ROOT / "docs" / "runbooks"
INDEX = (FOLDER / "README.md").read_text()
MAKEFILE = (ROOT / "Makefile").read_text()
# Detections are told rule by rule.
KINDS = [kind for kind in get_args(Kind) if kind != "detections"]
SUBJECTS = [*rules(), *KINDS]
PAGES = sorted(path for path in FOLDER.glob("*.md") if path.name != "README.md")

FORM = ("Look at", "False positives", "Silence it")

each_subject = pytest.mark.parametrize("subject", SUBJECTS)
each_page = pytest.mark.parametrize("page", [*PAGES, FOLDER / "README.md"], ids=lambda page: page.name)


def parts(text: str) -> dict[str, str]:
    """What a page says under each of its headings; under "" what it means, right below its title."""
    title, _, rest = text.partition("\n")
    assert re.match(r"# Runbook: \w", title)
    meaning, *sections = re.split(r"^## ", rest, flags=re.MULTILINE)
    return {"": meaning.strip()} | {
        heading: body.strip("\n") for heading, _, body in (section.partition("\n") for section in sections)
    }


def commands(text: str) -> list[str]:
    """The commands to run: in a block of their own, or within a line."""
    program = "make|psql|aws|airflow|dmesg"
    found = re.findall(rf"^ {{4,}}((?:{program}) .*)$|`((?:{program}) [^`]+)`", text, flags=re.MULTILINE)
    return ["".join(either) for either in found]


@each_subject
def test_it_has_a_page_of_the_form(subject: str) -> None:
    page = parts((FOLDER / f"{subject}.md").read_text())
    assert re.search(rf"`{subject}`", page[""])
    assert {heading for heading in ("", *FORM) if page.get(heading)} == {"", *FORM}
    assert re.findall(r"^(\d)\. ", page["Look at"], flags=re.MULTILINE) == ["1", "2", "3"]
    assert len(commands(page["Look at"])) >= 2


@each_subject
def test_it_says_how_to_silence_it_for_a_reason_and_until_a_date(subject: str) -> None:
    page = parts((FOLDER / f"{subject}.md").read_text())
    (silence, *_) = [line for line in commands(page["Silence it"]) if line.startswith("make silence ")]
    given = dict(word.split("=", 1) for word in shlex.split(silence)[2:])
    assert given.keys() == {"PATTERN", "REASON", "UNTIL"}
    about = f"detections:{rules()[subject].dataset}:{subject}:" if subject in rules() else f"{subject}:"
    assert given["PATTERN"].startswith(about)
    assert re.match(r"20\d\d-\d\d-\d\d", given["UNTIL"])


@each_subject
def test_the_list_leads_to_it(subject: str) -> None:
    assert re.search(rf"^\| `{subject}`.*\]\({subject}\.md\) \|$", INDEX, flags=re.MULTILINE)


def test_the_list_leads_to_every_page() -> None:
    assert {path.name for path in PAGES} <= set(re.findall(r"\((\w+\.md)\)", INDEX))
    assert "| `detections` |" in INDEX


def test_incidents_name_their_page() -> None:
    assert all((ROOT / runbook(kind)).exists() for kind in KINDS)
    assert all((ROOT / runbook_of_rule(rule)).exists() for rule in rules())


@each_page
def test_targets_of_make_and_their_variables_exist(page: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):.*##", MAKEFILE, flags=re.MULTILINE))
    exported = re.findall(r"^export (.*)", MAKEFILE, flags=re.MULTILINE)
    variables = set(" ".join(exported).split())
    used = [line for line in commands(page.read_text()) if line.startswith("make ")]
    assert {target for line in used for target in re.findall(r"(?:^|&& )make ([a-z]+)", line)} <= targets
    assert {name for line in used for name in re.findall(r"\b([A-Z_]+)=", line)} <= variables


@each_page
def test_settings_exist(page: Path) -> None:
    settings = {f"VIGIL_{name.upper()}" for name in Settings.model_fields.keys() | StackSettings.model_fields}
    assert set(re.findall(r"VIGIL_[A-Z0-9_]+", page.read_text())) <= settings


@each_page
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text())
    assert [link for link in links if "://" not in link and not (FOLDER / link).exists()] == []
