"""Pseudonyms: the same value and key give the same word for ever; keys go by event day, and stay unseen."""

from __future__ import annotations

import json
from datetime import date

import pyarrow as pa
import pytest

from include.errors import ConfigError
from include.spark_jobs.pseudonyms import PSEUDONYM, Keys, parse_keys, pseudonym, replaced

OLD, NEW = "0123456789abcdef0123456789abcdef", "fedcba9876543210fedcba9876543210"
ROTATED = json.dumps({"2026-03-01": OLD, "2026-03-10": NEW})

# By `printf 'kind\000value' | openssl dgst -sha256 -mac HMAC -macopt key:… -binary | base32`.
VECTORS = [
    (OLD, "phone", "+989121234567", "6xgjejfyzcdzvwt45iadojkpmf"),
    (NEW, "phone", "+989121234567", "pbqfatmeqerxun6f46hov5dkak"),
    (OLD, "ip", "192.0.2.7", "lgiweaefzjiwswdhx3wi4nt6pk"),
    (OLD, "place", "تهران", "6inoged7xm3cqwgkml4m324ih6"),
]


@pytest.mark.parametrize(("secret", "kind", "value", "word"), VECTORS, ids=["phone", "new key", "ip", "text"])
def test_what_stands_for_a_value_never_changes(secret: str, kind: str, value: str, word: str) -> None:
    made = pseudonym(secret.encode(), kind, value)
    assert made == f"{kind}_{word}"
    assert PSEUDONYM.fullmatch(made)


def test_kinds_and_values_are_told_apart() -> None:
    made = [
        pseudonym(OLD.encode(), kind, value)
        for kind, value in [
            ("phone", "1"),
            ("device", "1"),
            ("phone", "2"),
            ("phone", "\u00e9"),
            ("phone", "e\u0301"),
        ]
    ]
    assert len({one.partition("_")[2] for one in made}) == len(made)


@pytest.mark.parametrize(
    ("day", "key"),
    [
        (date(1999, 12, 31), 0),
        (date(2026, 3, 1), 0),
        (date(2026, 3, 9), 0),
        (date(2026, 3, 10), 1),
        (date(2030, 1, 1), 1),
    ],
)
def test_an_event_has_the_newest_key_of_its_day(day: date, key: int) -> None:
    keys = parse_keys(ROTATED)
    assert keys is not None
    assert keys.of_day(day) == key
    (row,) = made_of([(day, "a phone", "x")], keys).to_pylist()
    assert row["phone"] == pseudonym(keys.secrets[key], "phone", "a phone")


def made_of(rows: list[tuple[date, str | None, str | None]], keys: Keys) -> pa.RecordBatch:
    days, phones, others = zip(*rows, strict=True)
    columns = {
        "phone": pa.array(phones, pa.string()),
        "other": pa.array(others, pa.string()),
        "event_day": pa.array(days, pa.date32()),
    }
    return replaced(pa.RecordBatch.from_pydict(columns), {"phone": "phone"}, keys.days, keys.secrets)


def test_rows_of_a_batch_keep_their_place_and_nothing_else_changes() -> None:
    keys = parse_keys(ROTATED)
    assert keys is not None
    early, late = date(2026, 3, 5), date(2026, 3, 15)
    rows = [(early, "a", "a"), (late, "a", None), (early, None, "c"), (late, "b", "d"), (early, "a", "e")]
    made = made_of(rows, keys)
    old, new = keys.secrets
    assert made["phone"].to_pylist() == [
        pseudonym(old, "phone", "a"),
        pseudonym(new, "phone", "a"),
        None,
        pseudonym(new, "phone", "b"),
        pseudonym(old, "phone", "a"),
    ]
    assert made["other"].to_pylist() == ["a", None, "c", "d", "e"]
    assert made.schema.names == ["phone", "other", "event_day"]
    assert made_of([(early, None, None)], keys)["phone"].to_pylist() == [None]


def test_no_key_and_an_empty_setting_are_none() -> None:
    assert parse_keys("") is None
    assert parse_keys("{}") is None


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("a secret of my own", "is something else"),
        (f'["{OLD}"]', "is something else"),
        (json.dumps({"March": OLD}), "is something else"),
        (json.dumps({"2026-03-01": "a secret"}), "secret of 2026-03-01 is shorter"),
        (json.dumps({"2026-03-01": OLD, "2026-04-01": OLD}), "same secret under two days"),
    ],
)
def test_wrong_keys_are_refused_without_being_shown(text: str, complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint) as refused:
        parse_keys(text)
    assert "VIGIL_PSEUDONYM_KEYS" in str(refused.value)
    assert not {"a secret of my own", "March", OLD} & set(str(refused.value).split())
    assert OLD not in str(refused.value)
    assert refused.value.__cause__ is None


def test_keys_do_not_show_and_are_known_by_their_fingerprints() -> None:
    keys, other = parse_keys(ROTATED), parse_keys(json.dumps({"2026-03-01": NEW}))
    assert keys is not None
    assert other is not None
    assert repr(keys) == "Keys from 2026-03-01, 2026-03-10"
    marks = keys.fingerprints()
    assert list(marks) == [date(2026, 3, 1), date(2026, 3, 10)]
    assert len(set(marks.values())) == 2
    assert other.fingerprints()[date(2026, 3, 1)] == marks[date(2026, 3, 10)]
