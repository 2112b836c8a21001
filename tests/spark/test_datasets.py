"""The datasets of JSON, from the bytes of a chunk to events and reasons: one table for each contract."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import pytest

from include.datasets import contract
from include.datasets.contract import JSON_REASONS, LINE_REASONS
from tests.spark.reading import read

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

NEW = ["clickstream", "contact_requests", "ibm_clickstream", "payments", "subscriptions", "user_activity"]
LONG = "x" * 65

# A good event of each, as an object.
GOOD: dict[str, dict[str, Any]] = {
    "clickstream": {
        "user_id": "u1",
        "timestamp": "2026-03-01T12:00:00Z",
        "action": "view",
        "category": "books",
        "amount": 12.5,
        "session_id": "s1",
    },
    "contact_requests": {
        "date": "2026-03-01 15:30:00",
        "status": 200,
        "status_msg": "OK",
        "ip": "10.0.0.1",
        "phone": "09121234567",
        "token": "AbC",
    },
    "user_activity": {
        "user_id": "u1",
        "device_id": "d1",
        "ip_location": "10.0.0.1",
        "timestamp": "2026-03-01T12:00:00Z",
        "country": "ir",
        "latitude": 35.6892,
        "longitude": 51.389,
        "success": True,
    },
    "subscriptions": {
        "subscription_id": "s1",
        "user_id": "u1",
        "device_id": "d1",
        "plan": "family",
        "kind": "trial",
        "timestamp": "2026-03-01T12:00:00Z",
    },
    "payments": {
        "payment_id": "p1",
        "user_id": "u1",
        "subscription_id": "s1",
        "amount": 9.99,
        "status": "paid",
        "timestamp": "2026-03-01T12:00:00Z",
    },
}
NOON = {"event_time": datetime(2026, 3, 1, 12), "event_day": date(2026, 3, 1)}
EVENTS: dict[str, dict[str, Any]] = {
    "clickstream": {
        "user_id": "u1",
        **NOON,
        "action": "view",
        "category": "books",
        "amount_minor": 1250,
        "session_id": "s1",
    },
    "contact_requests": {
        **NOON,
        "status": "200",
        "status_msg": "OK",
        "ip": "10.0.0.1",
        "phone": "+989121234567",
        "token": "AbC",
        "request_type": "backend",
    },
    "user_activity": {
        "user_id": "u1",
        "device_id": "d1",
        "ip_location": "10.0.0.1",
        **NOON,
        "country": "IR",
        "latitude_micro": 35_689_200,
        "longitude_micro": 51_389_000,
        "success": True,
        "outcome": "succeeded",
    },
    "subscriptions": {
        "subscription_id": "s1",
        "user_id": "u1",
        "device_id": "d1",
        "plan": "family",
        "kind": "trial",
        **NOON,
    },
    "payments": {
        "payment_id": "p1",
        "user_id": "u1",
        "subscription_id": "s1",
        "amount_minor": 999,
        "status": "paid",
        **NOON,
    },
}
# What is changed of the good event -> its reason, or what changes of what is read.
CHANGES: dict[str, list[tuple[dict[str, Any], str | dict[str, Any]]]] = {
    "clickstream": [
        ({"user_id": None}, "missing_user_id"),
        ({"user_id": LONG}, "bad_user_id"),
        ({"user_id": 15174}, {"user_id": "15174"}),
        ({"timestamp": ""}, "missing_timestamp"),
        ({"timestamp": "2026-03-01"}, "bad_timestamp"),
        ({"timestamp": "2036-01-01T00:00:00Z"}, "timestamp_out_of_range"),
        ({"timestamp": "2026-03-01T12:00:00"}, {}),
        ({"timestamp": "2026-03-01T15:30:00+03:30"}, {}),
        ({"timestamp": 1772366400}, {}),
        ({"action": ""}, "missing_action"),
        ({"action": LONG}, "bad_action"),
        ({"category": None}, {"category": None}),
        ({"category": LONG}, "bad_category"),
        ({"amount": None}, {"amount_minor": None}),
        ({"amount": "0"}, {"amount_minor": 0}),
        ({"amount": -0.01}, "negative_amount"),
        ({"amount": float("nan")}, "bad_amount"),
        ({"amount": 0.1 + 0.2}, "amount_precision"),
        ({"amount": 10**8}, "amount_out_of_range"),
        ({"session_id": None}, {"session_id": None}),
        ({"session_id": LONG}, "bad_session_id"),
    ],
    "contact_requests": [
        ({"date": None}, "missing_date"),
        ({"date": "2026-03-01"}, "bad_date"),
        ({"date": "1404-12-10 15:30:00"}, "date_out_of_range"),
        ({"date": "2026-03-01T12:00:00Z"}, {}),
        ({"date": 1772366400}, {}),
        ({"date": 1772366400000}, {}),
        ({"date": "۲۰۲۶-۰۳-۰۱ ۱۵:۳۰:۰۰"}, {}),
        ({"date": None, "createdAt": "2026-03-01 15:30"}, {}),
        ({"status": LONG}, "bad_status"),
        ({"status": None}, {"status": None, "request_type": "user"}),
        ({"status_msg": "x" * 256}, {"status_msg": "x" * 256}),
        ({"status_msg": "x" * 257}, "bad_status_msg"),
        ({"status_msg": None, "message": "Too many"}, {"status_msg": "Too many"}),
        ({"ip": "10.0.0.300"}, "bad_ip"),
        ({"ip": None}, {"ip": None}),
        ({"ip": "2001:DB8::1"}, {"ip": "2001:0db8:0000:0000:0000:0000:0000:0001"}),
        ({"phone": "0912"}, "bad_phone"),
        ({"phone": None}, {"phone": None}),
        ({"phone": "+98 912 123 4567"}, {}),
        ({"phone": "۰۰۹۸۹۱۲۱۲۳۴۵۶۷"}, {}),
        ({"phone": 9121234567}, {}),
        ({"phone": None, "MSISDN": "989121234567"}, {}),
        ({"phone": "09121234567", "mobile": "09121234568"}, "ambiguous_key"),
        ({"token": " "}, "missing_token"),
        ({"token": LONG}, "bad_token"),
        ({"token": None, "payload": '{"ad_token": "AbC"}'}, {}),
        ({"token": None, "payload": '"{\\"post_id\\": \\"AbC\\"}"'}, {}),
        ({"token": None, "data": {"body": {"token": "AbC"}}}, {}),
        ({"payload": "oops"}, "not_an_object"),
        ({"token": "a\nb"}, "control_character"),
    ],
    "user_activity": [
        ({"user_id": ""}, "missing_user_id"),
        ({"user_id": LONG}, "bad_user_id"),
        ({"device_id": ""}, "missing_device_id"),
        ({"device_id": LONG}, "bad_device_id"),
        ({"ip_location": ""}, "missing_ip_location"),
        ({"ip_location": LONG}, "bad_ip_location"),
        ({"ip_location": "Tehran"}, {"ip_location": "Tehran"}),
        ({"timestamp": ""}, "missing_timestamp"),
        ({"timestamp": "x"}, "bad_timestamp"),
        ({"timestamp": "0"}, "timestamp_out_of_range"),
        ({"country": "Iran"}, "bad_country"),
        ({"latitude": "north"}, "bad_latitude"),
        ({"latitude": 90.5}, "latitude_out_of_range"),
        ({"longitude": "east"}, "bad_longitude"),
        ({"longitude": -180.5}, "longitude_out_of_range"),
        (
            {"country": None, "latitude": None, "longitude": None},
            {"country": None, "latitude_micro": None, "longitude_micro": None},
        ),
        ({"success": False}, {"success": False, "outcome": "failed"}),
        ({"success": "No"}, {"success": False, "outcome": "failed"}),
        ({"success": None}, {"success": None, "outcome": "not told"}),
        ({"success": "maybe"}, "bad_success"),
    ],
    "subscriptions": [
        ({"subscription_id": ""}, "missing_subscription_id"),
        ({"subscription_id": LONG}, "bad_subscription_id"),
        ({"user_id": ""}, "missing_user_id"),
        ({"user_id": LONG}, "bad_user_id"),
        ({"device_id": ""}, {"device_id": None}),
        ({"device_id": LONG}, "bad_device_id"),
        ({"plan": ""}, "missing_plan"),
        ({"plan": LONG}, "bad_plan"),
        ({"kind": ""}, "missing_kind"),
        ({"kind": "Trial"}, "bad_kind"),
        ({"kind": "paid"}, {"kind": "paid"}),
        ({"timestamp": ""}, "missing_timestamp"),
        ({"timestamp": "x"}, "bad_timestamp"),
        ({"timestamp": "0"}, "timestamp_out_of_range"),
    ],
    "payments": [
        ({"payment_id": ""}, "missing_payment_id"),
        ({"payment_id": LONG}, "bad_payment_id"),
        ({"user_id": ""}, "missing_user_id"),
        ({"user_id": LONG}, "bad_user_id"),
        ({"subscription_id": ""}, {"subscription_id": None}),
        ({"subscription_id": LONG}, "bad_subscription_id"),
        ({"amount": ""}, "missing_amount"),
        ({"amount": "-9.99"}, "negative_amount"),
        ({"amount": "free"}, "bad_amount"),
        ({"amount": "9.999"}, "amount_precision"),
        ({"amount": "999999999"}, "amount_out_of_range"),
        ({"status": ""}, "missing_status"),
        ({"status": "pending"}, "bad_status"),
        ({"status": "failed"}, {"status": "failed"}),
        ({"status": "chargeback"}, {"status": "chargeback"}),
        ({"timestamp": ""}, "missing_timestamp"),
        ({"timestamp": "x"}, "bad_timestamp"),
        ({"timestamp": "0"}, "timestamp_out_of_range"),
    ],
}


def events(rows: list[dict[str, Any]], names: Any) -> list[dict[str, Any] | str]:
    """What was read, or the reason; instants in UTC, which the client gives as local times of the process."""
    found: list[dict[str, Any] | str] = []
    for row in rows:
        if row["reason"] is None:
            row["event_time"] = row["event_time"].astimezone(UTC).replace(tzinfo=None)
        found.append(row["reason"] or {name: row[name] for name in names})
    return found


@pytest.mark.parametrize("dataset", sorted(GOOD))
def test_each_change_of_a_good_event_changes_this(spark: SparkSession, dataset: str) -> None:
    kind = contract(dataset)
    changes = CHANGES[dataset]
    lines = "".join(json.dumps(GOOD[dataset] | change) + "\n" for change, _ in [({}, {}), *changes])
    found = events(read(spark, kind, lines.encode()), EVENTS[dataset])
    expected = [
        outcome if isinstance(outcome, str) else EVENTS[dataset] | outcome
        for _, outcome in [({}, {}), *changes]
    ]
    assert list(zip([{}, *(change for change, _ in changes)], found, strict=True)) == list(
        zip([{}, *(change for change, _ in changes)], expected, strict=True)
    )
    assert set(EVENTS[dataset]) == {field.name for field in kind.fields}


@pytest.mark.parametrize("dataset", sorted(GOOD))
def test_every_reason_of_a_contract_is_in_its_table(dataset: str) -> None:
    reasons = {outcome for _, outcome in CHANGES[dataset] if isinstance(outcome, str)}
    assert reasons >= set(contract(dataset).reasons) - set(LINE_REASONS) - set(JSON_REASONS)


@pytest.mark.parametrize("dataset", sorted(GOOD))
def test_csv_an_array_and_lines_are_the_same_events(spark: SparkSession, dataset: str) -> None:
    kind = contract(dataset)
    good = GOOD[dataset]
    values = [json.dumps(good[name]).strip('"') for name in kind.columns]
    for chunk in (
        ",".join(values),
        f"{','.join(kind.columns)}\n{','.join(values)}\n",
        json.dumps([good], indent=2),
        json.dumps(json.dumps(good)),
    ):
        assert events(read(spark, kind, chunk.encode()), EVENTS[dataset]) == [EVENTS[dataset]]


def test_four_lines_of_contact_requests_as_csv(spark: SparkSession) -> None:
    """The plain form, written by hand."""
    chunk = """date,status,status_msg,ip,phone,token
2026-03-21 00:00:05,200,OK,5.160.10.1,09121234567,wXyZ1
2026-03-21 00:00:05.250,429,"Too many requests, wait",5.160.10.1,+98 912 123 4567,wXyZ2
1774038600,,,2A01:5EC0::1,۰۹۳۵۱۲۳۴۵۶۷,wXyZ1
2026-03-20T23:59:59+03:30,404,Not found,,00989121234567,gone
"""
    first = datetime(2026, 3, 20, 20, 30, 5)
    golden = [
        (first, date(2026, 3, 21), "200", "OK", "5.160.10.1", "+989121234567", "wXyZ1", "backend"),
        (
            first.replace(microsecond=250_000),
            date(2026, 3, 21),
            "429",
            "Too many requests, wait",
            "5.160.10.1",
            "+989121234567",
            "wXyZ2",
            "backend",
        ),
        (
            datetime(2026, 3, 20, 20, 30),
            date(2026, 3, 21),
            None,
            None,
            "2a01:5ec0:0000:0000:0000:0000:0000:0001",
            "+989351234567",
            "wXyZ1",
            "user",
        ),
        (
            datetime(2026, 3, 20, 20, 29, 59),
            date(2026, 3, 20),
            "404",
            "Not found",
            None,
            "+989121234567",
            "gone",
            "backend",
        ),
    ]
    rows = read(spark, contract("contact_requests"), chunk.encode())
    names = ("event_time", "event_day", "status", "status_msg", "ip", "phone", "token", "request_type")
    found = events(rows, names)
    assert found == [dict(zip(names, row, strict=True)) for row in golden]
    assert [row["line"] for row in rows] == [2, 3, 4, 5]


def test_ibms_columns_are_read_as_fields_of_clickstream(spark: SparkSession) -> None:
    chunk = (
        b'15174,"2020-07-30T23:17:36","add_to_cart","Canned Foods","Food",6.99,35.91,9,3,0\n'
        b'15235,"2020-07-30T23:17:36","login","","",0,0,0,0,0\n'
        b'10211,"2020-07-30T23:17:37","logout_without_purchase","","",0,40.9,10,3,324\n'
        b'10211,"2020-07-30","login","","",0,0,0,0,0\n'
        b'10211,"2020-07-30T23:17:37","login","","",-1,0,0,0,0\n'
    )
    ours, theirs = contract("ibm_clickstream"), contract("clickstream")
    assert ours.spark_schema() == theirs.spark_schema()
    found = events(read(spark, ours, chunk), EVENTS["clickstream"])
    first = {
        "user_id": "15174",
        "event_time": datetime(2020, 7, 30, 23, 17, 36),
        "event_day": date(2020, 7, 30),
        "action": "add_to_cart",
        "category": "Food",
        "amount_minor": 699,
        "session_id": None,
    }
    nothing = {"category": None, "amount_minor": 0}
    later = {"event_time": datetime(2020, 7, 30, 23, 17, 37)}
    assert found == [
        first,
        first | nothing | {"user_id": "15235", "action": "login"},
        first | nothing | later | {"user_id": "10211", "action": "logout_without_purchase"},
        "bad_timestamp",
        "negative_amount",
    ]


def test_personal_fields_have_their_kinds() -> None:
    kinds = {
        (name, field.name): field.personal
        for name in NEW
        for field in contract(name).fields
        if field.personal
    }
    assert kinds == {
        ("contact_requests", "ip"): "ip",
        ("contact_requests", "phone"): "phone",
        ("subscriptions", "device_id"): "device",
        ("user_activity", "device_id"): "device",
        ("user_activity", "ip_location"): "place",
    }
