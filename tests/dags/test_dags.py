"""Every DAG carries what on-call people need, and the flows are wired as designed."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from importlib import import_module
from inspect import signature
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from include.datasets import contracts
from tests.airflow_home import ROOT

if TYPE_CHECKING:
    from airflow.sdk import DAG

HEAVY = ("pyspark", "great_expectations", "pandas", "pyarrow", "sklearn", "duckdb", "boto3")


def tasks(dags: dict[str, DAG]) -> Iterator[tuple[DAG, Any]]:
    return ((dag, task) for dag in dags.values() for task in dag.tasks)


def test_each_dataset_has_its_dags(dags: dict[str, DAG]) -> None:
    """A flow and a watch each, and where there are events, a daily run."""
    flows = {name for dataset in contracts() for name in (dataset, f"{dataset}_watch")}
    daily = {f"{name}_daily" for name, about in contracts().items() if about.kind == "events"}
    assert set(dags) == flows | daily | {
        "alert_delivery",
        "platform_health",
        "redrive",
        "replay",
        "retention",
        "train",
    }


def test_a_daily_dag_cuts_days_in_the_datasets_zone_and_can_be_backfilled(dags: dict[str, DAG]) -> None:
    for name, about in contracts().items():
        if about.kind == "events":
            daily = dags[f"{name}_daily"]
            timetable: Any = daily.timetable
            assert type(timetable).__name__ == "CronDataIntervalTimetable"
            assert (timetable.expression, str(timetable.timezone)) == ("0 0 * * *", about.zone)
            assert not daily.catchup
            # Airflow makes no tasks for a hand-triggered run of an earlier day, as of an old event's.
            assert daily.start_date == datetime(2000, 1, 1, tzinfo=ZoneInfo(about.zone))


def test_each_file_that_is_parsed_has_a_dag(dags: dict[str, DAG]) -> None:
    folder = ROOT / "dags"
    parsed = {path.stem for path in folder.glob("*.py")}
    values = {stem: vars(import_module(f"dags.{stem}")).values() for stem in parsed}
    assert {
        stem for stem, found in values.items() if not any(type(v).__name__ == "DAG" for v in found)
    } == set()


def test_the_wiring_is_not_parsed_for_dags_and_every_file_is_short() -> None:
    folder = ROOT / "dags"
    assert (folder / ".airflowignore").read_text().split() == ["flows/"]
    assert {path.name for path in folder.rglob("*.py") if len(path.read_text().splitlines()) >= 100} == set()


def test_each_dag_has_owner_tags_and_a_manual(dags: dict[str, DAG]) -> None:
    for dag in dags.values():
        assert dag.owner not in ("", "airflow"), dag.dag_id
        assert "vigil" in dag.tags, dag.dag_id
        assert dag.description, dag.dag_id
        assert "**When it" in str(dag.doc_md), dag.dag_id
        assert dag.max_active_runs == (3 if dag.dag_id.endswith("_daily") else 1), dag.dag_id


def test_each_manual_says_how_runs_are_bounded_and_why(dags: dict[str, DAG]) -> None:
    for dag in dags.values():
        bounds = str(dag.doc_md).partition("## How the runs are bounded\n\n")[2]
        stated = dict(re.findall(r"^- \*\*([\w -]+)\*\*(.*(?:\n  .*)*)$", bounds, flags=re.MULTILINE))
        expected = {"Retries", "Time-out", "Active runs"}
        if dag.timetable.can_be_scheduled:
            expected.add("Catch-up")
        flow = dag.dag_id.removesuffix("_watch")
        if any(task.pool == "spark" for task in dags[flow].tasks):
            expected.add("Pool")
        assert expected <= set(stated) <= expected | {"Catch-up"}, dag.dag_id
        # More than its value: a sentence that says why.
        assert {name for name, text in stated.items() if len(text.split()) < 10} == set(), dag.dag_id
        assert {task.retries for task in dag.tasks} == {5}
        assert stated["Retries"].startswith(": five, "), dag.dag_id


def test_the_manuals_of_flows_speak_of_their_own_dags(dags: dict[str, DAG]) -> None:
    """A dataset of reference data has no daily DAG and nothing to detect."""
    for name, about in contracts().items():
        bounds = str(dags[name].doc_md).partition("## How the runs are bounded\n\n")[2]
        assert ("daily DAG" in bounds) == ("detect" in bounds) == (about.kind == "events"), name
        assert dags[f"{name}_watch"].get_task("run_flow").execution_timeout == timedelta(days=1)
        assert "its `run_flow` a day" in " ".join(bounds.split())


def test_each_manual_reads_well_in_the_ui(dags: dict[str, DAG]) -> None:
    """Airflow shows a block of code as one line, with its line breaks gone."""
    for dag in dags.values():
        lines = str(dag.doc_md).split("\n")
        blocks = [pair for pair in pairwise(lines) if all(line.startswith("    ") for line in pair)]
        assert blocks == [], dag.dag_id
        assert "```" not in str(dag.doc_md), dag.dag_id


def test_each_task_retries_with_back_off_times_out_and_alerts(dags: dict[str, DAG]) -> None:
    from plugins.notifiers import IncidentNotifier, RecoveryNotifier
    from plugins.sensors import TriggererSensor

    for dag, task in tasks(dags):
        where = f"{dag.dag_id}.{task.task_id}"
        assert task.retries >= 2, where
        assert task.retry_exponential_backoff, where
        assert task.max_retry_delay == timedelta(minutes=2), where
        assert [type(one) for one in task.on_failure_callback] == [IncidentNotifier], where
        assert [type(one) for one in task.on_success_callback] == [RecoveryNotifier], where
        assert task.doc_md, where
        # A sensor may wait for days; it holds no process.
        assert (task.execution_timeout is None) == isinstance(task, TriggererSensor), where


def test_each_parameter_is_typed_and_described(dags: dict[str, DAG]) -> None:
    from airflow.sdk import Param

    for dag in dags.values():
        for name in dag.params:
            param = dag.params.get_param(name)
            assert isinstance(param, Param)
            assert param.description, f"{dag.dag_id}.{name}"
            assert {"type", "title"} <= set(param.schema), f"{dag.dag_id}.{name}"


EVENTS = {
    "land": {"check"},
    "check": {"aggregate", "check_verdict"},
    "aggregate": {"detect"},
    "detect": {"load"},
    "load": {"alert"},
}


@pytest.mark.parametrize(
    ("dataset", "edges"),
    [
        ("transactions_daily", EVENTS),
        *((name, EVENTS) for name, about in contracts().items() if about.kind == "events"),
        ("importance", {"land": {"check"}, "check": {"aggregate", "check_verdict"}}),
    ],
)
def test_the_stages_follow_one_another_and_the_verdict_stands_aside(
    dags: dict[str, DAG], dataset: str, edges: dict[str, set[str]]
) -> None:
    dag = dags[dataset]
    found = {task.task_id: task.downstream_task_ids for task in dag.tasks if task.downstream_task_ids}
    assert found == edges
    assert {task.trigger_rule.value for task in dag.tasks} == {"all_success"}
    assert dag.on_success_callback
    assert dag.on_failure_callback


def test_no_argument_of_a_task_is_named_like_airflows_own(dags: dict[str, DAG]) -> None:
    """Airflow refuses that only when the task runs."""
    from airflow.sdk.definitions.context import KNOWN_CONTEXT_KEYS

    for dag, task in tasks(dags):
        names = set(signature(getattr(task, "python_callable", lambda: None)).parameters)
        assert names.isdisjoint(KNOWN_CONTEXT_KEYS), f"{dag.dag_id}.{task.task_id}"


def test_work_on_spark_waits_for_its_slot(dags: dict[str, DAG]) -> None:
    from dags.flows.tasks import SPARK_STAGES

    for dag, task in tasks(dags):
        on_spark = task.task_id in SPARK_STAGES | {"replay", "train"}
        assert task.pool == ("spark" if on_spark else "default_pool"), dag.dag_id


def test_no_task_outlives_its_lease(dags: dict[str, DAG]) -> None:
    from dags.flows.tasks import STAGES
    from include.settings import Settings

    lease = timedelta(seconds=Settings.model_fields["run_lease_seconds"].default)
    stages = {"land", *STAGES, "replay", "train"}
    at_work = [(dag, task) for dag, task in tasks(dags) if task.task_id in stages]
    without = {"alert_delivery", "platform_health", "redrive", "retention"}
    assert {dag.dag_id for dag, _ in at_work} == {
        name for name in dags if not name.endswith("_watch")
    } - without
    for dag, task in at_work:
        assert task.execution_timeout <= lease, f"{dag.dag_id}.{task.task_id}"


def test_parsing_is_light() -> None:
    """Each task's process parses its DAG file again: a fresh one must load nothing heavy for it."""
    code = (
        "import sys, dags.transactions, dags.importance, dags.alert_delivery, dags.redrive\n"
        "import dags.clickstream, dags.contact_requests, dags.user_activity\n"
        "import dags.platform_health, dags.replay, dags.retention, dags.train\n"
        f"print('loaded', *[m for m in {HEAVY!r} if m in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "loaded"


@pytest.mark.parametrize("error", ["ConfigError", "ContractError", "ChunksHeld", "Expired"])
def test_errors_that_last_are_not_tried_again(error: str) -> None:
    from airflow.sdk.exceptions import AirflowFailException

    import include.errors
    from dags.flows.defaults import lasting_errors

    cause = getattr(include.errors, error)("no use")
    with pytest.raises(AirflowFailException, match="no use") as raised, lasting_errors():
        raise cause
    assert raised.value.__cause__ is cause


@pytest.mark.parametrize("error", ["Superseded", "MissingReference", "LandError"])
def test_other_errors_are_tried_again(error: str) -> None:
    import include.errors
    from dags.flows.defaults import lasting_errors

    cause = getattr(include.errors, error)
    with pytest.raises(cause), lasting_errors():
        raise cause("later")


def test_reference_data_goes_first(dags: dict[str, DAG]) -> None:
    weights = {
        name: {task.priority_weight for task in dags[name].tasks} for name in ("importance", "transactions")
    }
    assert min(weights["importance"]) > max(weights["transactions"])
