"""Contracts: found by their files, consistent in themselves, and described for people."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from include.datasets import contract, contracts
from include.datasets.contract import CHUNK_REASONS, JSON_REASONS, LINE_REASONS, Contract
from include.datasets.fields import flag, text
from include.errors import ConfigError, ContractError
from include.settings import ROOT, Settings

HIDDEN = text("word", "a word").model_copy(update={"personal": "phone"})


def declared(**changes: Any) -> Contract:
    """A small reference dataset, changed."""
    values = {
        "name": "words",
        "owner": "somebody",
        "doc": "Words.",
        "zone": "UTC",
        "prefix_setting": "importance_prefix",
        "parser": "csv",
        "kind": "reference",
        "columns": ("word", "known"),
        "fields": (text("word", "a word"), flag("known", "whether we know it")),
    }
    return Contract(**(values | changes))


def test_all_datasets_are_found_under_their_names() -> None:
    known = contracts()
    assert list(known) == sorted(one.name for one in known.values())
    assert {"clickstream", "importance", "transactions"} < set(known)
    assert contract("transactions").kind == "events"


def test_an_unknown_dataset_names_the_choices() -> None:
    with pytest.raises(ConfigError, match=r"'weather'; there are clickstream, .*, user_activity$"):
        contract("weather")


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"columns": ("word",)}, r"fields read \['known'\]"),
        ({"fields": (text("word", "a"), text("word", "b"))}, "more than one field is called word"),
        ({"fields": (text("line", "a", source="word"),)}, "more than one field is called line"),
        ({"kind": "events"}, "events need event_time"),
        ({"event_key": ("weight",)}, "event_key .* names no fields"),
        ({"mix": ("known",)}, r"mix of \['known'\] cannot be watched; it can of .*\['word'\]"),
        ({"mix": ("word",), "fields": (text("word", "a", optional=True),)}, "cannot be watched"),
        ({"prefix_setting": "words_prefix"}, "no setting words_prefix"),
        ({"fields": (HIDDEN,)}, "word cannot be personal: that is for texts of events"),
        ({"zone": "Mars/Olympus"}, "not an IANA time zone"),
        ({"aliases": {"word": ("term",)}}, "keys of JSON, not of CSV"),
        ({"wrappers": ("payload",)}, "keys of JSON, not of CSV"),
        ({"parser": "json", "aliases": {"term": ("x",)}}, r"aliases of \['term'\], but the raw columns are"),
        ({"parser": "json", "aliases": {"word": ("Known",)}}, "the key known has more than one meaning"),
        ({"parser": "json", "aliases": {"word": ("x",)}, "wrappers": ("X",)}, "the key x has more than one"),
    ],
)
def test_a_contradiction_is_refused(changes: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ContractError, match=complaint):
        declared(**changes)


def test_only_texts_of_events_are_personal() -> None:
    transactions = contract("transactions")

    def with_personal(name: str) -> Contract:
        fields = [
            f.model_copy(update={"personal": "device"} if f.name == name else {}) for f in transactions.fields
        ]
        return Contract.model_validate(dict(transactions) | {"fields": tuple(fields)})

    assert "who pays (personal)" in with_personal("customer").as_markdown()
    with pytest.raises(ContractError, match="step cannot be personal"):
        with_personal("step")


def test_a_consistent_contract_is_taken() -> None:
    assert declared(event_key=("word",)).event_key == ("word",)


def test_objects_land_under_the_setting_or_else_under_the_name(configure: Callable[..., Settings]) -> None:
    configure(importance_prefix="weights/")
    assert declared().prefix == "weights/"
    assert declared(prefix_setting=None).prefix == "words/"


def test_the_docs_of_json_say_its_forms_names_and_reasons() -> None:
    page = declared(parser="json", aliases={"word": ("term", "text")}, wrappers=("payload",)).as_markdown()
    assert "JSON lines, or CSV with the columns word,known" in page
    assert "Other names in JSON: word (term, text)." in page
    assert "An event may be wrapped: payload." in page
    for reason, doc in (LINE_REASONS | JSON_REASONS).items():
        assert f"| {reason} | {doc} |" in page
    assert "not_an_object" not in declared().as_markdown()


@pytest.mark.parametrize("name", sorted(contracts()))
def test_the_docs_name_every_field_and_reason(name: str) -> None:
    kind = contract(name)
    page = kind.as_markdown()
    for field in kind.fields:
        assert f"| {field.name} | {field.type} | {field.raw} |" in page
    for reason, doc in {**kind.reasons, **CHUNK_REASONS}.items():
        assert f"| {reason} | {doc} |" in page


def test_the_schema_of_events_ends_with_their_origin() -> None:
    schema = contract("transactions").spark_schema()
    assert schema.simpleString() == (
        "struct<step:int,customer:string,age:string,gender:string,zipcode_ori:string,merchant:string,"
        "zip_merchant:string,category:string,amount_minor:bigint,fraud:boolean,event_time:timestamp,"
        "event_day:date,chunk_id:string,line:int>"
    )


def test_contracts_are_light_enough_for_dag_parsing() -> None:
    heavy = ["pyspark", "pandas", "pyarrow", "great_expectations", "numpy"]
    code = "import sys; from include.datasets import contracts; contracts()['transactions'].as_markdown()\n"
    code += f"print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
