"""Phones, IP addresses, places and other kinds of text: what is taken, as what, and what is refused."""

from __future__ import annotations

import random
from ipaddress import IPv6Address, ip_address
from typing import TYPE_CHECKING, Any

import pytest

from include.datasets.fields import fixed_point, text, truth, whole_number
from include.datasets.people import device, ip, location, phone
from include.datasets.places import coordinate, country
from tests.spark.reading import texts

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

LONG = "x" * 65
HERE = "+989121234567"

# Field -> text -> the value, or a reason; None: empty and good.
CASES: list[tuple[Any, dict[str, Any]]] = [
    (
        phone("phone", "who"),
        {
            "+989121234567": HERE,
            "00989121234567": HERE,
            "989121234567": HERE,
            "09121234567": HERE,
            "9121234567": HERE,
            "+9809121234567": HERE,
            "+98 (0) 912 123-45-67": HERE,
            "0912.123.4567": HERE,
            "0912 123 4567": HERE,
            "0912\u00a0123\u20114567": HERE,
            "\u200e+98 912 123 4567\u202c": HERE,
            "۰۹۱۲۱۲۳۴۵۶۷": HERE,
            "+٩٨٩١٢١٢٣٤٥٦٧": HERE,
            "۰۹۱۲ 123 ۴۵٦٧": HERE,
            "+98 21 8888 0000": "+982188880000",
            "00982188880000": "+982188880000",
            "+44 20 7946 0958": "+442079460958",
            "0049 30 123456": "+4930123456",
            "+1234567": "+1234567",
            "+123456789012345": "+123456789012345",
            "": "missing_phone",
            "unknown": "bad_phone",
            "+": "bad_phone",
            "0912123456": "bad_phone",
            "091212345678": "bad_phone",
            "+98912123456": "bad_phone",
            "+9891212345678": "bad_phone",
            "02188880000": "bad_phone",
            "442079460958": "bad_phone",
            "+0442079460958": "bad_phone",
            "+123456": "bad_phone",
            "+1234567890123456": "bad_phone",
            "+98+9121234567": "bad_phone",
            "0912123456x": "bad_phone",
            "9.121234567e9": "bad_phone",
        },
    ),
    (
        phone("phone", "who", optional=True),
        {"": None, " ".strip(): None, "1": "bad_phone", "09121234567": HERE},
    ),
    (
        ip("ip", "where"),
        {
            "10.0.0.1": "10.0.0.1",
            "255.255.255.255": "255.255.255.255",
            "0.0.0.0": "0.0.0.0",
            "::": "0000:0000:0000:0000:0000:0000:0000:0000",
            "::1": "0000:0000:0000:0000:0000:0000:0000:0001",
            "2001:DB8::A0": "2001:0db8:0000:0000:0000:0000:0000:00a0",
            "2001:db8:0:0:0:0:0:a0": "2001:0db8:0000:0000:0000:0000:0000:00a0",
            "::ffff:10.0.0.1": "10.0.0.1",
            "::FFFF:a00:1": "10.0.0.1",
            "0:0:0:0:0:ffff:10.0.0.1": "10.0.0.1",
            "": "missing_ip",
            "10.0.0": "bad_ip",
            "10.0.0.256": "bad_ip",
            "10.0.0.01": "bad_ip",
            "10.0.0.1:80": "bad_ip",
            "10.0.0.1/8": "bad_ip",
            "10.0.0.1, 10.0.0.2": "bad_ip",
            "fe80::1%eth0": "bad_ip",
            "[::1]": "bad_ip",
            "::1.2.3.4": "bad_ip",
            "64:ff9b::10.0.0.1": "bad_ip",
            "localhost": "bad_ip",
            "-": "bad_ip",
        },
    ),
    (ip("ip", "where", optional=True), {"": None, "x": "bad_ip", "10.0.0.1": "10.0.0.1"}),
    (
        location("ip_location", "where"),
        {
            "Tehran, IR": "Tehran, IR",
            "10.0.0.1": "10.0.0.1",
            "::1": "0000:0000:0000:0000:0000:0000:0000:0001",
            "x" * 64: "x" * 64,
            "": "missing_ip_location",
            LONG: "bad_ip_location",
        },
    ),
    (device("device_id", "on what"), {"a-1": "a-1", "": "missing_device_id", LONG: "bad_device_id"}),
    (device("device_id", "on what", optional=True), {"": None, LONG: "bad_device_id"}),
    (
        coordinate("latitude_micro", "north", of="latitude", most=90),
        {
            "0": 0,
            "-0.0": 0,
            "52.520008": 52_520_008,
            "-33.8688": -33_868_800,
            "35.6891975": 35_689_197,
            "-35.6891979": -35_689_197,
            "0.000001": 1,
            "-0.000001": -1,
            "0.0000001": 0,
            "007": 7_000_000,
            "90": 90_000_000,
            "-90.000": -90_000_000,
            "": None,
            "90.0000001": "latitude_out_of_range",
            "-90.000001": "latitude_out_of_range",
            "91": "latitude_out_of_range",
            "999.999999": "latitude_out_of_range",
            "1000": "bad_latitude",
            "+51": "bad_latitude",
            "1e-5": "bad_latitude",
            "NaN": "bad_latitude",
            "48° 51'": "bad_latitude",
            "48,8": "bad_latitude",
            "1.": "bad_latitude",
            ".5": "bad_latitude",
            "--1": "bad_latitude",
            "5-": "bad_latitude",
        },
    ),
    (
        coordinate("longitude_micro", "east", of="longitude", most=180),
        {
            "180": 180_000_000,
            "-179.999999": -179_999_999,
            "180.000001": "longitude_out_of_range",
            "-181": "longitude_out_of_range",
            "x": "bad_longitude",
        },
    ),
    (
        country("country", "which"),
        {"IR": "IR", "de": "DE", "": None, "DEU": "bad_country", "1R": "bad_country"},
    ),
    (
        whole_number("age", "in years", most=lambda: 150, bound="150", source="Age (full)", optional=True),
        {"": None, "150": 150, "007": 7, "151": "age_out_of_range", "-1": "bad_age", "1.0": "bad_age"},
    ),
    (
        truth("success", "whether"),
        {
            "true": True,
            "True": True,
            "1": True,
            "YES": True,
            "false": False,
            "0": False,
            "no": False,
            "": "missing_success",
            "2": "bad_success",
            "ok": "bad_success",
        },
    ),
    (truth("success", "whether", optional=True), {"": None, "true": True, "y": "bad_success"}),
    (text("status_msg", "words", longest=70), {LONG: LONG, "x" * 71: "bad_status_msg"}),
    (
        fixed_point(
            "amount_minor", "worth", decimals=2, whole=8, of="amount", source="amount", optional=True
        ),
        {
            "": None,
            "0": 0,
            "12.5": 1250,
            "-1": "negative_amount",
            "1e3": "bad_amount",
            "NaN": "bad_amount",
            "1.005": "amount_precision",
            "123456789": "amount_out_of_range",
        },
    ),
]


@pytest.mark.parametrize(("field", "cases"), CASES, ids=range(len(CASES)))
def test_a_kind_of_text(spark: SparkSession, field: Any, cases: dict[str, Any]) -> None:
    rows = texts(spark, [field], cases)
    found = {raw: row["reason"] or row[field.name] for raw, row in zip(cases, rows, strict=True)}
    assert found == cases


def test_addresses_are_those_that_pythons_own_reader_knows(spark: SparkSession) -> None:
    rng = random.Random(4)
    alphabet = ["0", "00", "1", "f", "ffff", "db8", "0a00", "12345", "g", "", ""]
    written = {":".join(rng.choices(alphabet, k=rng.randint(1, 10))) for _ in range(3_000)}
    written |= {str(IPv6Address(rng.getrandbits(128) & rng.getrandbits(128))) for _ in range(200)}
    written |= {
        ".".join(
            str(rng.choice([0, 1, 9, 10, 99, 100, 199, 255, 256, "01"])) for _ in range(rng.randint(3, 5))
        )
        for _ in range(300)
    }
    written = {one for one in written if one}

    def known(one: str) -> str:
        try:
            found = ip_address(one)
        except ValueError:
            return "bad_ip"
        mapped = getattr(found, "ipv4_mapped", None)
        return str(mapped or found.exploded)

    expected = {one: known(one) for one in sorted(written)}
    assert sum(one != "bad_ip" for one in expected.values()) > 300
    rows = texts(spark, [ip("ip", "where")], expected)
    assert {one: row["reason"] or row["ip"] for one, row in zip(expected, rows, strict=True)} == expected
