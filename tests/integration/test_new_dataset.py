"""A draft, as it is: consistent with the whole project, and it takes the sample that it was drafted from.

So is the rule that a cookbook has people add.
"""

from __future__ import annotations

import os
import re
import runpy
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from include.datasets.contract import Contract
from include.quality import suite
from include.settings import ROOT, Settings
from include.stages.check import check
from include.stages.land import land
from include.stages.quarantine import contents
from stack.draft.files import paths
from tests.cookbook import steps
from tests.flow import open_flow, put
from tests.personal import ONE_KEY, unregister, use
from tests.samples import logins, orders

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

PLACES = paths("coffee_orders")
HURRIED_DAY = "include/spark_jobs/rules/hurried_day.py"
OURS = ["bench", "dags", "docs", "expectations", "include", "plugins", "sources", "stack", "tests"]
FILES = [".env.example", "Makefile", "docker-compose.yaml", "pyproject.toml"]


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project in which two datasets were drafted, and the cookbook's rule added."""
    root = tmp_path_factory.mktemp("checkout")
    for name in OURS:
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__", "*.png"))
    for name in FILES:
        shutil.copy(ROOT / name, root / name)
    (root / "Coffee orders.csv").write_bytes(orders())
    (root / "sample.jsonl").write_bytes(logins())
    for arguments in (["Coffee orders.csv"], ["sample.jsonl", "--name", "app_logins"]):
        said = run(root, "stack", "new-dataset", "--file", *arguments)
        assert "docs/cookbooks/add-a-dataset.md" in said
    _add_a_rule(root)
    return root


def _add_a_rule(root: Path) -> None:
    """What the cookbook writes and changes, for the tests that ask whether all is complete."""
    for step in steps("add-a-rule.md"):
        if step.path:
            (root / step.path).write_text(step.text)
            continue
        for line in re.findall(r"^(?:git apply|sed -i .*runbooks).*$", step.text, re.MULTILINE):
            subprocess.run(["bash", "-ec", line], cwd=root, check=True)


def run(root: Path, *arguments: str) -> str:
    """What a module says that ends well, with the copy's own settings."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("VIGIL_")}
    done = subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=root,
        env=environment | {"VIGIL_HOME": str(root / "home")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.prove
def test_a_draft_and_the_cookbooks_rule_pass_ruff_and_mypy(checkout: Path) -> None:
    drafted = [path for name in ("coffee_orders", "app_logins") for path in paths(name).values()]
    python = [path for path in drafted if path.endswith(".py")]
    run(checkout, "ruff", "check", *python, HURRIED_DAY)
    run(checkout, "ruff", "format", "--check", *python, HURRIED_DAY)
    # The DAG's text is the same for every dataset, and its types are Airflow's, which take a minute.
    run(checkout, "mypy", HURRIED_DAY, *[path for path in python if path.startswith("include/")])


@pytest.mark.prove
def test_both_pass_the_catalogue_and_what_looks_at_every_dag(checkout: Path) -> None:
    catalogue = [
        "tests/catalogue/test_things.py",
        "tests/catalogue/test_layers.py",
        "tests/unit/test_suite.py",
    ]
    said = run(checkout, "pytest", "-q", "-p", "no:cacheprovider", *catalogue, "tests/dags/test_dags.py")
    assert " passed" in said
    assert "failed" not in said


def test_nothing_is_overwritten(checkout: Path) -> None:
    before = (checkout / PLACES["contract"]).read_bytes()
    with pytest.raises(AssertionError, match="there is a dataset coffee_orders already"):
        run(checkout, "stack", "new-dataset", "--file", "Coffee orders.csv")
    assert (checkout / PLACES["contract"]).read_bytes() == before


@pytest.fixture
def kind(
    checkout: Path,
    database: str,
    bucket: str,
    spark_remote: str,
    configure: Callable[..., Settings],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Contract]:
    """The drafted contract beside the real ones, with the drafted suite."""
    drafted: Contract = runpy.run_path(str(checkout / PLACES["contract"]))["CONTRACT"]
    with monkeypatch.context() as patch:
        patch.setattr(suite.load_suite, "__defaults__", (checkout / "expectations",))
        use(patch, drafted)
        configure(settle_seconds=0, pseudonym_keys=ONE_KEY)
        yield drafted
    unregister()


@pytest.mark.prove
def test_a_draft_takes_its_own_sample(kind: Contract) -> None:
    put("coffee_orders", "chunk_0.csv", orders())
    run_id = open_flow("coffee_orders")
    land(run_id)
    figures = check(run_id)
    assert (figures["rows"]["loaded"], figures["rows"]["quarantined"]) == (200, 2)
    assert not figures["held"]
    told = {row.reason: row.rows for row in contents("coffee_orders").rows}
    assert told == {"unbalanced_quotes": 1, "wrong_field_count": 1}


def test_its_own_test_holds(kind: Contract, checkout: Path, spark: SparkSession) -> None:
    drafted = runpy.run_path(str(checkout / PLACES["test"]))
    drafted["test_rows_are_good_or_say_why_not"](spark)
    drafted["test_every_reason_has_a_row"]()
