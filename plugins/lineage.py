"""OpenLineage of the stages, loaded only where a setting asks for lineage: their assets as its datasets.

Airflow itself translates the addresses of few kinds of asset; ours stand for themselves, by the rules of its
naming: `s3://vigil` and `transaction_chunks`, `vigil://transactions` and `events`.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from airflow.providers.openlineage.extractors.base import BaseExtractor, OperatorLineage
from airflow.sdk import Asset
from openlineage.client.event_v2 import Dataset


class StageExtractor(BaseExtractor):
    """Inputs and outputs of a task that is a decorated function: its inlets and outlets."""

    @classmethod
    def get_operator_classnames(cls) -> list[str]:
        """The class of every `@task`."""
        return ["_PythonDecoratedOperator"]

    def _execute_extraction(self) -> OperatorLineage[Any, Any]:
        inputs, outputs = as_datasets(self.operator.inlets), as_datasets(self.operator.outlets)
        return OperatorLineage(inputs=inputs, outputs=outputs)


def as_datasets(assets: list[Asset]) -> list[Dataset]:
    """Each asset by its address."""
    parts = [urlsplit(asset.uri) for asset in assets]
    return [Dataset(namespace=f"{part.scheme}://{part.netloc}", name=part.path.strip("/")) for part in parts]
