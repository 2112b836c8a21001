"""Airflow for tests that only parse."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.airflow_home import ROOT

if TYPE_CHECKING:
    from airflow.sdk import DAG


@pytest.fixture(scope="session")
def dags() -> dict[str, DAG]:
    """Every DAG of the project by id, parsed as the DAG processor does. Fails on import errors."""
    from airflow.dag_processing.dagbag import DagBag

    bag = DagBag(ROOT / "dags")
    assert bag.import_errors == {}
    return bag.dags
