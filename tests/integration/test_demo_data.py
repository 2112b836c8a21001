"""The demo compares only where nothing but its own sample has landed, on a real ledger and bucket."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import stack.demo
from include.errors import StackError
from sources.feed import feed_file
from stack.demo import SLICES, refuse_other_data
from tests.flow import close_flow, open_flow, put, stage

pytestmark = pytest.mark.usefixtures("database", "bucket")

HEADERS = {
    "importance": "Source,Target,Weight,typeTrans,fraud\n",
    "transactions": "step,customer,age,gender,zipcodeOri,merchant,zipMerchant,category,amount,fraud\n",
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, configure: Callable[..., object]) -> Path:
    """A sample of seven rows a dataset, transactions in chunks of three."""
    configure(settle_seconds=0)
    monkeypatch.setitem(stack.demo.SLICES, "transactions", 3)
    for dataset, header in HEADERS.items():
        (tmp_path / f"{dataset}.csv").write_text(header + "".join(f"row {i}\n" for i in range(7)))
    return tmp_path


def land(dataset: str, number: int) -> None:
    """Lands whatever is on S3."""
    assert stage("land")(open_flow(dataset, number=number))
    close_flow(dataset, number)


def test_the_sample_itself_may_have_landed_before(folder: Path) -> None:
    refuse_other_data(folder)
    for number, (dataset, rows) in enumerate(SLICES.items()):
        feed_file(dataset, str(folder / f"{dataset}.csv"), rows=rows or 10_000, every=0)
        land(dataset, 910 + number)
        refuse_other_data(folder)


@pytest.mark.parametrize("dataset", list(SLICES))
def test_anything_else_is_refused(folder: Path, dataset: str) -> None:
    put(dataset, "chunk_0.csv", b"another row\n")
    refuse_other_data(folder)  # it has not landed
    land(dataset, 920)
    with pytest.raises(StackError, match=f"1 chunks of {dataset} have landed here that are not the demo's"):
        refuse_other_data(folder)


def test_before_there_is_a_sample_everything_is_something_else(folder: Path) -> None:
    refuse_other_data(folder / "empty")
    feed_file("transactions", str(folder / "transactions.csv"), rows=3, every=0)
    land("transactions", 930)
    with pytest.raises(StackError, match="3 chunks of transactions"):
        refuse_other_data(folder / "empty")
