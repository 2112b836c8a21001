"""Every rule, aggregate and dataset is complete: said what it is, owned, documented, tested."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from include.datasets import contracts
from include.datasets.contract import Contract
from include.settings import Settings
from include.spark_jobs.aggregates import aggregates
from include.spark_jobs.aggregates.aggregate import Aggregate
from include.spark_jobs.rules import rules
from include.spark_jobs.rules.rule import Rule
from include.spark_jobs.sequences import sequences
from include.spark_jobs.sequences.sequence import Sequence
from include.spark_jobs.summaries import summaries
from include.spark_jobs.summaries.summary import Summary
from include.stages.health import SEVERITIES
from include.state.kinds import states

ROOT = Path(__file__).resolve().parents[2]
RULES = list(rules().values())
AGGREGATES = list(aggregates().values())
SEQUENCES = list(sequences().values())
SUMMARIES = list(summaries().values())
CONTRACTS = list(contracts().values())
TESTS = "\n".join(path.read_text() for path in sorted((ROOT / "tests").rglob("test_*.py")))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
class TestRules:
    def test_its_file_says_what_people_need(self, rule: Rule[Any]) -> None:
        assert rule.judge.__module__.endswith(f".{rule.id}")
        assert rule.pattern_id in rule.doc
        for part in (
            "What it flags:",
            "Why it matters:",
            "Known false positives:",
            "What on-call should do:",
        ):
            assert part in rule.doc.replace("\n", " ")
        assert rule.owner

    def test_it_has_a_runbook(self, rule: Rule[Any]) -> None:
        runbook = ROOT / "docs" / "runbooks" / f"{rule.id}.md"
        assert rule.pattern_id in runbook.read_text()

    def test_it_has_tests_and_an_oracle(self, rule: Rule[Any]) -> None:
        if rule.model:  # all that were learned have one test, in which scikit-learn itself is the oracle
            assert (ROOT / "tests" / "spark" / "test_learned.py").is_file()
            return
        assert (ROOT / "tests" / "spark" / f"test_{rule.id}.py").is_file()
        assert (ROOT / "tests" / "oracle" / f"{rule.id}.sql").is_file()

    def test_its_parameters_are_described_and_bounded(self, rule: Rule[Any]) -> None:
        for name, field in rule.parameters.model_fields.items():
            assert field.description, f"{rule.id}.{name} has no description"
            assert not field.is_required(), f"{rule.id}.{name} has no default"
            assert field.annotation is not float
        assert rule.parameters.model_config["extra"] == "forbid"
        for parameters in rule.profiles.values():
            assert rule.parameters.model_validate(parameters) != rule.parameters()

    def test_what_it_reads_exists(self, rule: Rule[Any]) -> None:
        assert rule.dataset in contracts()
        assert set(rule.inputs) <= states(rule.dataset).keys()
        for name in rule.reference:
            assert contracts()[name].kind == "reference"
        windows = [sequences()[name].days for name in rule.inputs if name in sequences()]
        assert len(windows) in (0, len(rule.inputs)), "its reach would leave out what its aggregates count"
        assert rule.reach == max(windows, default=None), "late events within it would leave its cut as it was"
        assert rule.entity
        assert not set(rule.entity) & {*rule.evidence, "first_day", "last_day"}


@pytest.mark.parametrize("aggregate", AGGREGATES, ids=lambda aggregate: aggregate.name)
class TestAggregates:
    def test_it_says_what_it_is(self, aggregate: Aggregate) -> None:
        assert aggregate.build.__module__.endswith(f".{aggregate.name}")
        assert aggregate.doc
        assert aggregate.owner
        assert all(measure.doc for measure in aggregate.measures.values())
        assert aggregate.dataset in contracts()

    def test_it_has_tests(self, aggregate: Aggregate) -> None:
        assert (ROOT / "tests" / "spark" / f"test_{aggregate.name}.py").is_file()

    def test_only_exact_types_are_summed(self, aggregate: Aggregate) -> None:
        summed = {measure.type for measure in aggregate.measures.values() if measure.merge == "sum"}
        assert summed <= {"bigint"}


@pytest.mark.parametrize("sequence", SEQUENCES, ids=lambda sequence: sequence.name)
class TestSequences:
    def test_it_says_what_it_is(self, sequence: Sequence) -> None:
        assert sequence.build.__module__.endswith(f".{sequence.name}")
        assert sequence.doc
        assert sequence.owner
        assert sequence.days > 0
        assert all(fact.doc for fact in sequence.facts.values())
        assert sequence.dataset in contracts()

    def test_what_reads_it_tests_its_facts(self, sequence: Sequence) -> None:
        assert [one for one in [*RULES, *SUMMARIES] if sequence.name in one.inputs]


@pytest.mark.parametrize("summary", SUMMARIES, ids=lambda summary: summary.name)
class TestSummaries:
    def test_it_says_what_it_is(self, summary: Summary) -> None:
        assert summary.doc
        assert summary.owner
        assert all(column.doc for column in summary.columns.values())
        assert set(summary.key) <= set(summary.columns)
        assert summary.name not in rules(), "evaluations of both are kept by name"

    def test_what_it_reads_exists(self, summary: Summary) -> None:
        found = sequences(summary.dataset)
        assert summary.reach == max(found[name].days for name in summary.inputs)

    def test_a_table_of_events_expires_as_events_do(self, summary: Summary) -> None:
        assert summary.of_events is ("event_time" in summary.columns)

    def test_it_has_an_oracle(self, summary: Summary) -> None:
        assert (ROOT / "tests" / "oracle" / f"{summary.name}.sql").is_file()


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: contract.name)
class TestDatasets:
    def test_it_says_what_it_is(self, contract: Contract) -> None:
        assert contract.owner
        assert contract.doc
        assert all(field.doc for field in contract.fields)
        assert contract.prefix.endswith("/")
        assert contract.owner in contract.as_markdown()

    def test_it_has_a_suite(self, contract: Contract) -> None:
        suite = json.loads((ROOT / "expectations" / f"{contract.name}.json").read_text())
        assert suite["expectations"]
        for expectation in suite["expectations"]:
            assert expectation["meta"]["notes"], f"{expectation['type']} does not say why"

    def test_events_say_whose_mix_is_watched(self, contract: Contract) -> None:
        assert bool(contract.mix) is (contract.kind == "events")
        assert all(name in contract.as_markdown() for name in contract.mix)

    def test_its_reasons_are_tested(self, contract: Contract) -> None:
        assert [reason for reason in contract.reasons if reason not in TESTS] == []


@pytest.mark.parametrize("kind", SEVERITIES)
def test_what_the_platform_finds_wrong_with_itself_has_a_runbook(kind: str) -> None:
    text = (ROOT / "docs" / "runbooks" / f"{kind}.md").read_text()
    for part in (f"kind `{kind}`", "## Look at", "## False positives", f"make silence PATTERN='{kind}:"):
        assert part in text


def test_every_setting_is_described() -> None:
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []
