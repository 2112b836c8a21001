"""A dataset's suite (expectations/<dataset>.json), and what it says about a chunk.

Only expectations of severity `critical` stop a chunk. An expectation whose meta says {"min_rows": n} is left
out for chunks of fewer rows: three rows may well be of one category. An expectation that cannot be evaluated
at all (a column that does not exist) stops whatever its severity: nobody knows what it would have said.
"""

from __future__ import annotations

import json
import logging
import os
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from include.errors import ConfigError

if TYPE_CHECKING:
    import great_expectations as gx
    import pandas as pd

SUITES = Path(__file__).resolve().parent.parent.parent / "expectations"


@dataclass(frozen=True)
class Judgement:
    """What the suite says about one chunk: sentences, and Great Expectations' own result as JSON."""

    stops: tuple[str, ...]
    warnings: tuple[str, ...]
    result: dict[str, Any]


@cache
def great_expectations() -> Any:
    """The library, quiet and without usage statistics; its import takes seconds."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    logging.getLogger("great_expectations").setLevel(logging.ERROR)
    import great_expectations

    return great_expectations


def load_suite(dataset: str, folder: Path = SUITES) -> gx.ExpectationSuite:
    """The dataset's suite. Raises ConfigError naming the file if it is absent, empty or not a suite."""
    library = great_expectations()
    file = folder / f"{dataset}.json"
    if not file.exists():
        raise ConfigError(f"dataset {dataset} has no suite: write {file}")
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

    try:
        text = json.loads(file.read_text())
        # one by one: the library's own loading leaves out what it does not understand, and only logs it
        expectations = [
            ExpectationConfiguration(**one).to_domain_obj() for one in text.pop("expectations", ())
        ]
        suite: gx.ExpectationSuite = library.ExpectationSuite(**text, expectations=expectations)
    except Exception as error:
        raise ConfigError(f"{file} is not a suite that Great Expectations can load: {error}") from error
    if not suite.expectations:
        raise ConfigError(f"{file} expects nothing; a dataset without expectations would never be held")
    return suite


class Judge:
    """Judges frames by one suite; made once per run, because the library's context and models take time."""

    def __init__(self, suite: gx.ExpectationSuite) -> None:
        library = great_expectations()
        from great_expectations.data_context.types.base import ProgressBarsConfig

        self.suite = suite
        self._library = library
        context = library.get_context(mode="ephemeral")
        context.variables.progress_bars = ProgressBarsConfig(globally=False)
        source = context.data_sources.add_pandas("check")
        self._batches = source.add_dataframe_asset("chunk").add_batch_definition_whole_dataframe("rows")

    def judge(self, frame: pd.DataFrame) -> Judgement:
        """What the suite says about these rows of one chunk. No value of a row gets into the result."""
        rows = len(frame)
        chosen = [one for one in self.suite.expectations if min_rows(one.meta) <= rows]
        # copies: the library ties an expectation to the suite that it was added to
        suite = self._library.ExpectationSuite(name=self.suite.name, expectations=deepcopy(chosen))
        batch = self._batches.get_batch({"dataframe": frame})
        found = batch.validate(suite, result_format={"result_format": "BASIC", "partial_unexpected_count": 0})
        result: dict[str, Any] = json.loads(json.dumps(found.to_json_dict()))
        stops, warnings = [], []
        for one in result["results"]:
            broken = _exceptions(one["exception_info"])
            if one["success"] and not broken:
                continue
            config = one["expectation_config"]
            if broken or config.get("severity", "critical") == "critical":
                stops.append(_sentence(config, one["result"], broken))
            else:
                warnings.append(_sentence(config, one["result"], broken))
        return Judgement(tuple(stops), tuple(warnings), result)


def min_rows(meta: Any) -> int:
    """The fewest rows of a chunk that an expectation with this meta applies to."""
    return int((meta or {}).get("min_rows", 0))


def in_words(meta: Any) -> str:
    """The notes of a meta, which Great Expectations takes as text or with a format."""
    notes = (meta or {}).get("notes") or ""
    content = notes.get("content", "") if isinstance(notes, dict) else notes
    return " ".join(content) if isinstance(content, list) else str(content)


def _exceptions(info: dict[str, Any]) -> str:
    """The library's exception message: it nests the information by metric when a metric failed."""
    if "raised_exception" in info:
        return (info.get("exception_message") or "it raised") if info["raised_exception"] else ""
    return "; ".join(filter(None, (_exceptions(part) for part in info.values() if isinstance(part, dict))))


def _sentence(config: dict[str, Any], result: dict[str, Any], broken: str) -> str:
    column = config["kwargs"].get("column", "the table")
    why = in_words(config["meta"])
    if broken:
        return f"{config['type']} on {column} could not be evaluated: {broken}"
    if result.get("unexpected_percent") is not None:
        return f"{column}: {result['unexpected_percent']:.2f}% of the rows are unexpected. {why}".strip()
    return f"{column}: observed {result.get('observed_value')}. {why}".strip()
