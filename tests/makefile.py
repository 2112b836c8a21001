"""What the Makefile offers: its targets, and the variables that may follow one."""

from __future__ import annotations

import re

from include.settings import ROOT

_TEXT = (ROOT / "Makefile").read_text()
TARGETS = frozenset(re.findall(r"^([a-z-]+):.*##", _TEXT, flags=re.MULTILINE))
VARIABLES = frozenset(" ".join(re.findall(r"^export (.*)", _TEXT, flags=re.MULTILINE)).split())


def unknown(command: str) -> set[str]:
    """The targets and variables of a command line that the Makefile does not have."""
    targets = set(re.findall(r"(?:^|&& )make ([a-z-]+)", command))
    variables = set(re.findall(r"\b([A-Z_]+)=", command))
    return targets - TARGETS | variables - VARIABLES
