"""The form of `redrive`: what it offers and refuses, and what its task makes of it."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

import pytest

from include.datasets import contracts
from include.lake import bucket
from tests.quarantine import STEPS, corrections, quarantined

if TYPE_CHECKING:
    from airflow.sdk import DAG

CHUNK = "0a" * 32


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("dataset", "importance", "nothing"),
        ("chunk", CHUNK, "0A"),
        ("chunk", "0", CHUNK + "0"),
        ("chunk", None, ""),
        ("key", "corrections/rows.csv", ""),
        ("key", None, 7),
        ("as_is", True, "yes"),
    ],
)
def test_the_form_refuses_what_cannot_be(dags: dict[str, DAG], name: str, good: Any, bad: Any) -> None:
    from airflow.sdk.exceptions import ParamValidationError

    # A copy, since resolving keeps the value.
    param = deepcopy(dags["redrive"].params.get_param(name))
    assert param.resolve(good) == good
    with pytest.raises(ParamValidationError):
        param.resolve(bad)


def test_every_dataset_can_be_chosen(dags: dict[str, DAG]) -> None:
    assert dags["redrive"].params.get_param("dataset").schema["enum"] == sorted(contracts())


@pytest.mark.usefixtures("database")
def test_an_untouched_form_drives_every_stopped_chunk(
    dags: dict[str, DAG], monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped = [quarantined("a", STEPS, status="held"), quarantined("b", STEPS, status="unreadable")]
    quarantined("c", STEPS)
    done = run(dags, monkeypatch, {})
    assert sorted(done.pop("chunks")) == sorted(stopped)
    assert done == {"corrected": 0, "before": {}, "unchanged": 0}


@pytest.mark.usefixtures("database")
def test_a_chunk_is_driven_alone(dags: dict[str, DAG], monkeypatch: pytest.MonkeyPatch) -> None:
    held = [quarantined(name, STEPS, status="held") for name in "ab"]
    assert run(dags, monkeypatch, {"chunk": held[1][:8]})["chunks"] == [held[1]]


@pytest.mark.usefixtures("database", "bucket")
def test_a_file_of_corrections_is_driven(dags: dict[str, DAG], monkeypatch: pytest.MonkeyPatch) -> None:
    chunk = quarantined("a", STEPS)
    bucket().put("rows.csv", corrections({(chunk, 2): "1,'C1'", (chunk, 4): "y,'C2'"}))
    done = run(dags, monkeypatch, {"key": "rows.csv"})
    assert (done["corrected"], done["unchanged"]) == (1, 1)
    assert run(dags, monkeypatch, {"key": "rows.csv", "as_is": True})["before"] == {done["chunks"][0]: 1}


@pytest.mark.usefixtures("database")
def test_what_cannot_be_ends_the_task_at_once(dags: dict[str, DAG], monkeypatch: pytest.MonkeyPatch) -> None:
    from airflow.sdk.exceptions import AirflowFailException

    with pytest.raises(AirflowFailException, match="no chunk of importance whose id begins with 'ab'"):
        run(dags, monkeypatch, {"dataset": "importance", "chunk": "ab"})


def test_a_name_that_the_form_does_not_have_is_refused(
    dags: dict[str, DAG], monkeypatch: pytest.MonkeyPatch
) -> None:
    from airflow.sdk.exceptions import AirflowFailException

    with pytest.raises(
        AirflowFailException, match="redrive has no parameter chunks; there are dataset, chunk"
    ):
        run(dags, monkeypatch, {"chunks": CHUNK})


def run(dags: dict[str, DAG], monkeypatch: pytest.MonkeyPatch, form: dict[str, Any]) -> Any:
    """What the task's function gives for a form as a person leaves it who changes only this."""
    task = dags["redrive"].get_task("redrive")
    params = dags["redrive"].params.dump() | form
    call: Any = task.python_callable
    monkeypatch.setitem(call.__globals__, "get_current_context", lambda: {"params": params})
    return call()
