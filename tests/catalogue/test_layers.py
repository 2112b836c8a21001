"""Imports run one way, downwards; and nothing that parsing a DAG reaches imports a heavy library."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BASE = {"include.settings", "include.errors"}
DATA = {"include.datasets", "include.lake"}
PLATFORM = DATA | BASE
PLATFORM |= {"include.spark_jobs", "include.state", "include.health", "include.quality", "include.store"}

# part of the house -> the other parts that it may import
MAY_IMPORT: dict[str, set[str]] = {
    "include.errors": set(),
    "include.settings": {"include.errors"},
    "include.discovery": {"include.errors"},
    "include.datasets": BASE | {"include.discovery"},
    "include.lake": BASE,
    "include.channels": BASE,
    # Pure: what they work on is handed to them.
    "include.spark_jobs": {"include.datasets", "include.discovery", "include.errors"},
    "include.state": DATA | BASE | {"include.spark_jobs"},
    "include.health": set(),
    "include.quality": DATA | BASE | {"include.health"},
    "include.store": DATA | BASE | {"include.spark_jobs", "include.state", "include.health"},
    "include.stages": PLATFORM | {"include.channels"},
    "sources": DATA | BASE,
    "plugins": PLATFORM | {"include.stages", "airflow"},
    "dags": PLATFORM | {"include.stages", "plugins", "airflow"},
    "stack": PLATFORM | {"include.stages", "sources"},
    "bench": PLATFORM | {"include.stages", "sources", "stack", "tests"},
}
OURS = {name.split(".")[0] for name in MAY_IMPORT} | {"airflow", "tests"}
HEAVY = [
    "pyspark",
    "great_expectations",
    "pandas",
    "numpy",
    "pyarrow",
    "sklearn",
    "duckdb",
    "boto3",
    "botocore",
]
# What DAG files may import, modules and whole packages.
REACHED = ["lake", "channels", "datasets", "stages", "store", "state", "health", "quality"]
REACHED += ["spark_jobs.rules", "spark_jobs.aggregates"]


def part_of(module: str) -> str:
    """`include.store` for `include.store.runs`, `stack` for `stack.cli`."""
    names = module.split(".")
    return ".".join(names[:2]) if names[0] == "include" else names[0]


def imports(source: str) -> Iterator[str]:
    """Every module that the source imports, at any depth, also for type checking only."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from names if node.module == "include" else [node.module]


def violations(part: str, source: str) -> set[str]:
    """The parts of the house that the source imports although its own part may not."""
    imported = {part_of(module) for module in imports(source) if module.split(".")[0] in OURS}
    return imported - {part} - MAY_IMPORT[part]


def files() -> list[Path]:
    """Every Python file of the house itself."""
    folders = sorted({part.split(".")[0] for part in MAY_IMPORT})
    return [
        path for folder in folders for path in sorted((ROOT / folder).rglob("*.py")) if path.stat().st_size
    ]


@pytest.mark.parametrize("path", files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_run_downwards(path: Path) -> None:
    module = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    part = part_of(module)
    if part == "include":
        assert not list(imports(path.read_text()))
        return
    assert part in MAY_IMPORT, f"{path} belongs to no known part; add {part} to MAY_IMPORT"
    assert violations(part, path.read_text()) == set()


@pytest.mark.parametrize(
    ("part", "source", "wrong"),
    [
        ("include.store", "from include.stages.load import load", {"include.stages"}),
        ("include.spark_jobs", "def f():\n    from include.store import runs", {"include.store"}),
        ("include.datasets", "import airflow.sdk", {"airflow"}),
        ("sources", "from include import store", {"include.store"}),
        ("include.stages", "from include.store.runs import Run\nimport psycopg", set()),
    ],
)
def test_the_rule_itself(part: str, source: str, wrong: set[str]) -> None:
    assert violations(part, source) == wrong


def test_nothing_heavy_is_imported_where_dags_are_parsed() -> None:
    script = f"""
import importlib, pkgutil, sys
for name in {REACHED!r}:
    module = importlib.import_module(f"include.{{name}}")
    for info in pkgutil.walk_packages(getattr(module, "__path__", []), f"include.{{name}}."):
        importlib.import_module(info.name)
print(*sorted({{name.split(".")[0] for name in sys.modules}} & set({HEAVY!r})))
"""
    ran = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout.split() == []
