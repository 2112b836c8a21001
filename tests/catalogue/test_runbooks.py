"""Every rule and every kind of incident has a page for on-call people, of one form; what it names exists."""

from __future__ import annotations

import re
import shlex
from datetime import date
from pathlib import Path
from typing import get_args

import pytest

from include.settings import ROOT, Settings
from include.spark_jobs.rules import rules
from include.stages.links import (
    backfill_command,
    feed_command,
    redrive_command,
    rerun_command,
    runbook,
    runbook_of_rule,
    wait_command,
)
from include.store.incidents import Kind
from stack.config import StackSettings
from tests.makefile import unknown

FOLDER = ROOT / "docs" / "runbooks"
INDEX = (FOLDER / "README.md").read_text()
# Detections are told rule by rule.
KINDS = [kind for kind in get_args(Kind) if kind != "detections"]
SUBJECTS = [*rules(), *KINDS]
PAGES = sorted(path for path in FOLDER.glob("*.md") if path.name != "README.md")

# What the message of each kind has to run; that it does is held where the incidents are made.
DAY = date(2026, 3, 1)
RERUN = rerun_command("transactions", "manual__1")
COMMANDS: dict[Kind, str] = {
    "detections": RERUN,
    "task_failed": RERUN,
    "hanging_run": RERUN,
    "held": redrive_command("transactions", "0123456789abcdef"),
    "refused_object": feed_command("transactions", "transaction_chunks/a chunk.csv"),
    "stale": wait_command(),
    "missing_run": backfill_command("transactions", DAY),
    "anomaly": backfill_command("transactions", DAY),
    "schema_drift": backfill_command("transactions", DAY),
}

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
def test_it_has_a_page_of_the_form_with_a_command_for_each_first_thing_to_look_at(subject: str) -> None:
    page = parts((FOLDER / f"{subject}.md").read_text())
    assert re.search(rf"`{subject}`", page[""])
    assert {heading for heading in ("", *FORM) if page.get(heading)} == {"", *FORM}
    _, *things = re.split(r"^(?=\d\. )", page["Look at"], flags=re.MULTILINE)
    assert [thing[0] for thing in things] == ["1", "2", "3"]
    assert [thing for thing in things if not commands(thing)] == []


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
    used = [line for line in commands(page.read_text()) if line.startswith("make ")]
    assert {line: missing for line in used if (missing := unknown(line))} == {}


@pytest.mark.parametrize("kind", get_args(Kind))
def test_each_kind_of_incident_has_a_command_that_exists(kind: Kind) -> None:
    command = COMMANDS[kind]
    assert command.startswith("make ")
    assert unknown(command) == set()


@each_page
def test_settings_exist(page: Path) -> None:
    settings = {f"VIGIL_{name.upper()}" for name in Settings.model_fields.keys() | StackSettings.model_fields}
    assert set(re.findall(r"VIGIL_[A-Z0-9_]+", page.read_text())) <= settings


@each_page
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text())
    assert [link for link in links if "://" not in link and not (FOLDER / link).exists()] == []
