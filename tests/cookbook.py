"""The steps of a cookbook, in their order: what is typed into a shell, and the files that are written."""

from __future__ import annotations

import re
from dataclasses import dataclass

from include.settings import ROOT

FOLDER = ROOT / "docs" / "cookbooks"
_BLOCK = re.compile(r"(?:`([\w./]+)`:\n\n)?```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class Step:
    """A shell script, or the text of the file at `path`."""

    path: str | None
    text: str


def steps(page: str) -> list[Step]:
    """The steps of a page. Raises ValueError for a block that is neither for the shell nor for a file."""
    found = []
    for path, language, text in _BLOCK.findall((FOLDER / page).read_text()):
        if bool(path) == (language == "sh"):
            raise ValueError(f"{page}: a block of {language} {path or 'without a path'}")
        found.append(Step(path or None, text))
    return found
