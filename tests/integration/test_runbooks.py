"""What a runbook tells people to ask Postgres can be asked."""

from __future__ import annotations

import re

import pytest

from include.settings import ROOT
from include.store.connection import transaction

QUERIES = [
    pytest.param(query, id=f"{path.stem}-{number}")
    for path in sorted((ROOT / "docs" / "runbooks").glob("*.md"))
    for number, query in enumerate(re.findall(r'psql -c "([^"]+)"', path.read_text()))
]


@pytest.mark.parametrize("query", QUERIES)
def test_a_query_of_a_runbook_runs(database: str, query: str) -> None:
    with transaction() as conn:
        assert conn.execute(query).description
