"""When an event was: every way of writing it, the bounds, and what changes of clocks do."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from include.datasets.instants import instant
from tests.spark.reading import texts

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

# In UTC unless the text says otherwise.
NOON = datetime(2026, 3, 1, 12, 0)
TAKEN = [
    ("2026-03-01T12:00:00Z", NOON),
    ("2026-03-01t12:00:00z", NOON),
    ("2026-03-01 12:00:00", NOON),
    ("2026-03-01T12:00", NOON),
    ("2026-03-01T12:00Z", NOON),
    ("2026-03-01 12:00:00 Z", NOON),
    ("2026-03-01T12:00:00.000000", NOON),
    ("2026-03-01T12:00:00,5", NOON.replace(microsecond=500_000)),
    ("2026-03-01T12:00:00.05Z", NOON.replace(microsecond=50_000)),
    ("2026-03-01T12:00:00.000001Z", NOON.replace(microsecond=1)),
    ("2026-03-01T12:00:59.999999", NOON.replace(second=59, microsecond=999_999)),
    ("2026-03-01T15:30:00+03:30", NOON),
    ("2026-03-01T15:30:00 +0330", NOON),
    ("2026-03-01T15:00+03", NOON),
    ("2026-03-01T07:15:00-04:45", NOON),
    ("2026-03-02T02:00:00+14:00", NOON),
    ("2026-02-28T22:00:00-14:00", NOON),
    ("2024-02-29T00:00:00Z", datetime(2024, 2, 29)),
    ("۲۰۲۶-۰۳-۰۱ ۱۲:۰۰:۰۰", NOON),
    ("٢٠٢٦-٠٣-٠١T١٢:٠٠:٠٠Z", NOON),
    ("1772366400", NOON),
    ("۱۷۷۲۳۶۶۴۰۰", NOON),
    ("1772366400123", NOON.replace(microsecond=123_000)),
    ("1772366400123456", NOON.replace(microsecond=123_456)),
    ("946684800", datetime(2000, 1, 1)),
    ("2035-12-31T23:59:59.999999", datetime(2035, 12, 31, 23, 59, 59, 999_999)),
]
REFUSED = [
    ("", "missing_date"),
    ("2026-03-01", "bad_date"),
    ("2026-02-29T12:00:00", "bad_date"),
    ("2026-02-30T12:00:00", "bad_date"),
    ("2026-13-01T12:00:00", "bad_date"),
    ("2026-00-10T12:00:00", "bad_date"),
    ("2026-03-01T24:00:00", "bad_date"),
    ("2026-03-01T12:60:00", "bad_date"),
    ("2026-03-01T23:59:60Z", "bad_date"),
    ("2026-03-01T12:00:00.0000001", "bad_date"),
    ("2026-03-01T12:00:00.", "bad_date"),
    ("2026-03-01T12:00:00+15:00", "bad_date"),
    ("2026-03-01T12:00:00+03:60", "bad_date"),
    ("2026-03-01T12:00:00+3", "bad_date"),
    ("2026-03-01T12:00:00+03:", "bad_date"),
    ("2026-03-01T12:00:00 Asia/Tehran", "bad_date"),
    ("2026-03-01T12", "bad_date"),
    ("2026-3-1T12:00:00", "bad_date"),
    ("26-03-01T12:00:00", "bad_date"),
    ("20260301T120000Z", "bad_date"),
    ("01/03/2026 12:00", "bad_date"),
    ("1 March 2026", "bad_date"),
    ("yesterday", "bad_date"),
    ("1772366400.5", "bad_date"),
    ("1.7e9", "bad_date"),
    ("-1772366400", "bad_date"),
    ("01772366400", "bad_date"),
    ("1" * 18, "bad_date"),
    ("9" * 40, "bad_date"),
    ("0", "date_out_of_range"),
    ("946684799", "date_out_of_range"),
    ("946684799999", "date_out_of_range"),
    ("1404-12-10T12:00:00", "date_out_of_range"),
    ("1999-12-31T23:59:59.999999Z", "date_out_of_range"),
    ("2036-01-01T00:00:00Z", "date_out_of_range"),
    ("9" * 11, "date_out_of_range"),
    ("9" * 14, "date_out_of_range"),
    ("9" * 17, "date_out_of_range"),
    ("9999-12-31T23:59:59-14:00", "date_out_of_range"),
    ("0001-01-01T00:00:00+14:00", "date_out_of_range"),
]
UTC_FIELDS = instant("date", "when", zone="UTC")


def test_every_way_of_writing_gives_the_exact_instant(spark: SparkSession) -> None:
    rows = texts(spark, UTC_FIELDS, [text for text, _ in TAKEN])
    for row, (text, expected) in zip(rows, TAKEN, strict=True):
        assert (row["reason"], utc(row["event_time"])) == (None, expected), text
        assert row["event_day"] == expected.date(), text


def test_anything_else_has_its_reason(spark: SparkSession) -> None:
    rows = texts(spark, UTC_FIELDS, [text for text, _ in REFUSED])
    assert [(text, row["reason"]) for (text, _), row in zip(REFUSED, rows, strict=True)] == REFUSED


def utc(found: Any) -> datetime:
    """The client gives instants as local times of the process; here as those of UTC."""
    assert isinstance(found, datetime)
    return found.astimezone(UTC).replace(tzinfo=None)


def test_a_day_ends_at_midnight_of_the_datasets_zone(spark: SparkSession) -> None:
    cases = [
        ("2026-03-01T20:29:59.999999Z", date(2026, 3, 1)),
        ("2026-03-01T20:30:00Z", date(2026, 3, 2)),
        ("2026-03-01T23:59:59", date(2026, 3, 1)),
        ("1772397000", date(2026, 3, 2)),
        # the bound is one of days in that zone
        ("1999-12-31T20:30:00Z", date(2000, 1, 1)),
        ("2035-12-31T20:29:59Z", date(2035, 12, 31)),
    ]
    beyond = ["1999-12-31T20:29:59Z", "2035-12-31T20:30:00Z"]
    fields = instant("date", "when", zone="Asia/Tehran")
    rows = texts(spark, fields, [*(text for text, _ in cases), *beyond])
    assert [row["event_day"] for row in rows[: len(cases)]] == [day for _, day in cases]
    assert [row["reason"] for row in rows] == [None] * len(cases) + ["date_out_of_range"] * 2


def test_a_skipped_local_time_moves_on_and_a_repeated_one_is_the_first(spark: SparkSession) -> None:
    cases = [
        # Berlin goes from 02:00 to 03:00 on 2026-03-29, and from 03:00 back to 02:00 on 2026-10-25
        ("Europe/Berlin", "2026-03-29T01:59:59", datetime(2026, 3, 29, 0, 59, 59)),
        ("Europe/Berlin", "2026-03-29T02:30:00", datetime(2026, 3, 29, 1, 30)),
        ("Europe/Berlin", "2026-03-29T03:30:00", datetime(2026, 3, 29, 1, 30)),
        ("Europe/Berlin", "2026-10-25T02:30:00", datetime(2026, 10, 25, 0, 30)),
        ("Europe/Berlin", "2026-10-25T02:30:00+01:00", datetime(2026, 10, 25, 1, 30)),
        ("Europe/Berlin", "2026-10-25T03:00:00", datetime(2026, 10, 25, 2, 0)),
        # Tehran had summer time until 2022: midnight of 2022-03-22 was skipped
        ("Asia/Tehran", "2022-03-22T00:30:00", datetime(2022, 3, 21, 21, 0)),
        ("Asia/Tehran", "2022-07-01T00:00:00", datetime(2022, 6, 30, 19, 30)),
        ("Asia/Tehran", "2026-07-01T00:00:00", datetime(2026, 6, 30, 20, 30)),
    ]
    for zone in ("Europe/Berlin", "Asia/Tehran"):
        mine = [(text, expected) for where, text, expected in cases if where == zone]
        rows = texts(spark, instant("date", "when", zone=zone), [text for text, _ in mine])
        assert [(text, utc(row["event_time"])) for (text, _), row in zip(mine, rows, strict=True)] == mine


def test_the_last_day_is_a_setting(spark: SparkSession, configure: Any) -> None:
    configure(last_event_day="2026-03-01")
    rows = texts(spark, UTC_FIELDS, ["2026-03-01T23:59:59Z", "2026-03-02T00:00:00Z"])
    assert [row["reason"] for row in rows] == [None, "date_out_of_range"]
