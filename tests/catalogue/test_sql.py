"""SQL lives in files with a header, values are bound by name, and no query is left over."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SQL = ROOT / "include" / "sql"
FILES = sorted(SQL.rglob("*.sql"))
STATEMENT = re.compile(
    r"\b(select\b.+\bfrom\b|insert\s+into\b|update\s+\w+\s+set\b|delete\s+from\b|(create|alter|drop)\s+(table|index)\b)",
    re.IGNORECASE | re.DOTALL,
)


def header(text: str) -> str:
    """The comment at the top of a query, as one line."""
    lines = text.split("\n")
    end = next((i for i, line in enumerate(lines) if not line.startswith("--")), len(lines))
    return " ".join(line.lstrip("- ") for line in lines[:end])


def texts(source: str) -> Iterator[str]:
    """Every string of a module that is not a docstring."""
    tree = ast.parse(source)
    nodes = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    documented = [node.body[0] for node in ast.walk(tree) if isinstance(node, nodes) and node.body]
    docstrings = {id(first.value) for first in documented if isinstance(first, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.value


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SQL)))
def test_a_query_says_its_purpose_and_its_parameters(path: Path) -> None:
    text = path.read_text()
    assert header(text).startswith("Purpose: ")
    _, _, named = header(text).partition("Parameters: ")
    bound = set(re.findall(r"%\((\w+)\)s", text))
    missing = {name for name in bound if not re.search(rf"\b{name}\b", named)}
    assert not missing, f"{path.name} binds {sorted(missing)} without saying so"


def test_every_query_is_used() -> None:
    code = "\n".join(
        path.read_text() for folder in ("include", "stack") for path in sorted((ROOT / folder).rglob("*.py"))
    )
    names = [str(path.relative_to(SQL).with_suffix("")) for path in FILES if path.parent.name != "migrations"]
    assert [name for name in names if f'"{name}"' not in code] == []


@pytest.mark.parametrize("folder", ["include", "dags", "plugins", "sources"])
def test_no_sql_in_python(folder: str) -> None:
    found = {
        str(path.relative_to(ROOT)): text[:80]
        for path in sorted((ROOT / folder).rglob("*.py"))
        for text in texts(path.read_text())
        if STATEMENT.search(text)
    }
    assert found == {}


@pytest.mark.parametrize(
    ("source", "is_sql"),
    [
        ('x = "select a\\nfrom b"', True),
        ('x = "insert into t values (1)"', True),
        ('"""select a from b"""', False),
        ('x = "update the manifest"', False),
        ('x = "runs/select_from"', False),
    ],
)
def test_the_search_itself(source: str, is_sql: bool) -> None:
    assert any(STATEMENT.search(text) for text in texts(source)) is is_sql
