"""What the cookbooks tell people to run and to open exists."""

from __future__ import annotations

import re

import pytest

from include.settings import ROOT
from tests.cookbook import FOLDER, steps
from tests.makefile import unknown

PAGES = sorted(page.name for page in FOLDER.glob("*.md"))

each_page = pytest.mark.parametrize("page", PAGES)


def test_there_are_pages() -> None:
    assert PAGES == ["add-a-dataset.md", "add-a-rule.md"]


@each_page
def test_targets_of_make_and_their_variables_exist(page: str) -> None:
    shell = "\n".join(step.text for step in steps(page) if step.path is None)
    used = re.findall(r"^(?:for .* do )?(make [a-z][^;\n]*)", shell, flags=re.MULTILINE)
    used += re.findall(r"`(make [a-z][^`]*)`", (FOLDER / page).read_text())
    assert {command: missing for command in used if (missing := unknown(command))} == {}
    assert used


@each_page
def test_links_lead_somewhere(page: str) -> None:
    """But those of a file that is to be written somewhere else."""
    written = "".join(step.text for step in steps(page) if step.path)
    links = set(re.findall(r"\]\(([^)#]+)[^)]*\)", (FOLDER / page).read_text()))
    links -= set(re.findall(r"\]\(([^)#]+)[^)]*\)", written)) | {"hurried_day.md"}
    assert [link for link in links if not (FOLDER / link).exists()] == []
    assert links


def test_other_pages_lead_to_them() -> None:
    pages = "".join((ROOT / name).read_text() for name in ("CONTRIBUTING.md", "docs/datasets.md"))
    assert {page for page in PAGES if f"cookbooks/{page}" in pages} == set(PAGES)
