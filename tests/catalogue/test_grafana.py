"""The Grafana dashboard asks for what is told, and nothing that it shows stands over another panel."""

from __future__ import annotations

import json
import re
from itertools import combinations
from typing import Any

from include.settings import ROOT
from include.store.measures import MEANINGS
from stack.metrics import prometheus_name

DASHBOARD: dict[str, Any] = json.loads((ROOT / "docs" / "grafana" / "vigil.json").read_text())
# Airflow's own that it shows; the test of the whole stack sees them arrive.
AIRFLOWS = {
    "airflow_ti_finish_total",
    "airflow_pool_running_slots",
    "airflow_pool_queued_slots",
    "airflow_pool_scheduled_slots",
    "airflow_scheduler_heartbeat_total",
    "airflow_dag_processor_heartbeat_total",
    "airflow_triggerer_heartbeat_total",
}
OURS = {prometheus_name(name) for name in MEANINGS}


def panels() -> list[dict[str, Any]]:
    return [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]


def queries() -> list[str]:
    shown = [target["expr"] for panel in panels() for target in panel["targets"]]
    return shown + [one["definition"] for one in DASHBOARD["templating"]["list"] if one["type"] == "query"]


def test_it_names_every_measure_and_nothing_that_nobody_tells() -> None:
    named = {name for query in queries() for name in re.findall(r"\bairflow_\w+", query)}
    assert named == OURS | AIRFLOWS


def test_it_is_of_grafanas_schema() -> None:
    assert DASHBOARD["schemaVersion"] == 42  # Grafana 12.3 to 13
    assert DASHBOARD["id"] is None
    assert DASHBOARD["uid"] == "vigil"
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(set(ids)) == len(ids)


def test_its_data_source_is_chosen_where_it_is_shown() -> None:
    variables = {one["name"]: one["type"] for one in DASHBOARD["templating"]["list"]}
    assert variables == {"datasource": "datasource", "dataset": "query", "rule": "query"}
    sources = [panel["datasource"] for panel in panels()]
    sources += [target["datasource"] for panel in panels() for target in panel["targets"]]
    assert {(source["type"], source["uid"]) for source in sources} == {("prometheus", "${datasource}")}
    used = {name for query in queries() for name in re.findall(r"\$(\w+)", query)}
    assert used == {"dataset", "rule"}


def test_each_panel_says_what_it_shows_in_a_unit() -> None:
    for panel in panels():
        assert panel["description"].endswith("."), panel["title"]
        assert panel["fieldConfig"]["defaults"]["unit"], panel["title"]
        seconds = any("_seconds" in target["expr"] for target in panel["targets"])
        assert seconds == (panel["fieldConfig"]["defaults"]["unit"] == "s"), panel["title"]


def test_no_panel_stands_over_another() -> None:
    def cells(panel: dict[str, Any]) -> set[tuple[int, int]]:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24, panel["title"]
        columns = range(place["x"], place["x"] + place["w"])
        return {(x, y) for x in columns for y in range(place["y"], place["y"] + place["h"])}

    for one, other in combinations(DASHBOARD["panels"], 2):
        assert cells(one).isdisjoint(cells(other)), (one["title"], other["title"])
