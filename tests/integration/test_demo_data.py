"""The demo compares only where nothing but its own sample has landed, on a real ledger and bucket."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import stack.sample
from include.errors import StackError
from include.lake import bucket as open_bucket
from sources.behaviours import SHAPES
from stack.demo import refuse_other_data
from stack.sample import feed_events, feed_reference
from tests.flow import close_flow, open_flow, put, stage

pytestmark = pytest.mark.usefixtures("database", "bucket")

HEADERS = {
    "importance": "Source,Target,Weight,typeTrans,fraud\n",
    "transactions": "step,customer,age,gender,zipcodeOri,merchant,zipMerchant,category,amount,fraud\n",
}


DATASETS = ["importance", "transactions", *SHAPES]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, configure: Callable[..., object]) -> Path:
    """A sample of seven rows a file, transactions in chunks of three; of the behaviours two chunks each."""
    configure(settle_seconds=0)
    monkeypatch.setattr(stack.sample, "TRANSACTIONS_ROWS", 3)
    for dataset, header in HEADERS.items():
        (tmp_path / f"{dataset}.csv").write_text(header + "".join(f"row {i}\n" for i in range(7)))
    for dataset in SHAPES:
        (tmp_path / dataset).mkdir()
        for number, suffix in enumerate(("json", "csv")):
            (tmp_path / dataset / f"chunk_{number}.{suffix}").write_text(f"{dataset} {number}\n")
    return tmp_path


def land(dataset: str, number: int) -> None:
    """Lands whatever is on S3."""
    assert stage("land")(open_flow(dataset, number=number))
    close_flow(dataset, number)


def feed(folder: Path) -> None:
    feed_reference(folder)
    feed_events(folder)


def keys() -> dict[str, str | None]:
    return {item.key: item.version for page in open_bucket().pages("") for item in page.objects}


def test_the_sample_itself_may_have_landed_before(folder: Path) -> None:
    refuse_other_data(folder)
    feed(folder)
    for number, dataset in enumerate(DATASETS):
        land(dataset, 910 + number)
    refuse_other_data(folder)
    before = keys()
    feed(folder)
    assert keys() == before, "what was fed is not put again"
    assert {f"payments/chunk_{name}" for name in ("0.json", "1.csv")} < before.keys()


@pytest.mark.parametrize("dataset", DATASETS)
def test_anything_else_is_refused(folder: Path, dataset: str) -> None:
    put(dataset, "chunk_0.csv", b"another row\n")
    refuse_other_data(folder)  # it has not landed
    land(dataset, 920)
    with pytest.raises(StackError, match=f"1 chunks of {dataset} have landed here that are not the demo's"):
        refuse_other_data(folder)


def test_before_there_is_a_sample_everything_is_something_else(folder: Path) -> None:
    refuse_other_data(folder / "empty")
    feed(folder)
    land("transactions", 930)
    with pytest.raises(StackError, match="3 chunks of transactions"):
        refuse_other_data(folder / "empty")
