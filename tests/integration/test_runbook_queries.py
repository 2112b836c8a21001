"""What a runbook tells people to ask Postgres can be asked."""

from __future__ import annotations

import re

import pytest

from include.settings import ROOT
from include.store.connection import transaction

PATTERN = r'psql -c "([^"]+)"|`((?:select|update|delete) [^`]+)`'
QUERIES = [
    pytest.param("".join(query), id=f"{path.stem}-{number}")
    for path in sorted((ROOT / "docs" / "runbooks").glob("*.md"))
    for number, query in enumerate(re.findall(PATTERN, path.read_text()))
]


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize("query", QUERIES)
def test_a_query_of_a_runbook_runs(query: str) -> None:
    with transaction() as conn:
        conn.execute(query)
