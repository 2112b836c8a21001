"""`make replay`: how changes are written, and what is shown."""

from __future__ import annotations

from io import StringIO

import pytest
from rich.console import Console

from include.errors import ConfigError
from stack.replay import changes, show
from tests.conftest import Configure
from tests.unit.test_replay_page import figures


def test_changes_are_parameters_by_rule() -> None:
    text = "child.min_transactions=90  child.average_below_minor=-1 upgrade.weight_rank_within=merchant"
    assert changes(text) == {
        "child": {"min_transactions": 90, "average_below_minor": -1},
        "upgrade": {"weight_rank_within": "merchant"},
    }
    assert changes("") == {}


@pytest.mark.parametrize(
    "text", ["child", "child.min_transactions", "min_transactions=9", "child.=9", "a.b="]
)
def test_what_is_no_change_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match=r"is no change; write rule\.parameter=value"):
        changes(text)


def test_the_counts_and_the_page_are_shown(configure: Configure) -> None:
    configure(docs_url="http://docs/")
    out = StringIO()
    show(figures() | {"page": "replays/x/index.html"}, Console(file=out, width=120))
    (row,) = [line for line in out.getvalue().splitlines() if "child" in line]
    assert [cell.strip() for cell in row.strip("│").split("│")] == ["child", "21", "1", "0", "0", "1"]
    assert "http://docs/replays/x/index.html" in out.getvalue()
