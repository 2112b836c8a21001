"""`make backfill`: which instants its days are, and what it refuses."""

from __future__ import annotations

import pytest

from include.errors import ConfigError
from stack.backfill import days


@pytest.mark.parametrize(
    ("dataset", "offset"),
    [("transactions", "+05:30"), ("contact_requests", "+03:30"), ("clickstream", "+00:00")],
)
def test_days_begin_at_midnight_in_the_datasets_zone(dataset: str, offset: str) -> None:
    begin, end = days(dataset, "2026-01-01", "2026-01-31")
    assert begin.isoformat() == f"2026-01-01T00:00:00{offset}"
    assert end.isoformat() == f"2026-01-31T00:00:00{offset}"


def test_a_day_alone_is_first_and_last() -> None:
    begin, end = days("transactions", "2026-01-07")
    assert begin == end
    assert begin.isoformat() == "2026-01-07T00:00:00+05:30"


def test_summer_time_counts_as_it_was_on_the_day() -> None:
    """Tehran was an hour ahead in summer until 2022."""
    begin, end = days("contact_requests", "2022-03-01", "2022-07-01")
    assert (begin.isoformat()[-6:], end.isoformat()[-6:]) == ("+03:30", "+04:30")


def test_a_last_day_before_the_first_is_refused() -> None:
    with pytest.raises(ConfigError, match="the first day, 2026-01-02, comes after the last, 2026-01-01"):
        days("transactions", "2026-01-02", "2026-01-01")


@pytest.mark.parametrize("day", ["", "1.2.2026", "2026-02-30", "yesterday", "2026-01-01T00:00:00"])
def test_what_is_no_day_is_refused(day: str) -> None:
    with pytest.raises(ConfigError, match=f"a day is written as YYYY-MM-DD, not '{day}'"):
        days("transactions", day)


def test_an_unknown_dataset_is_refused() -> None:
    with pytest.raises(ConfigError, match="there is no dataset 'transaction'; there are clickstream, "):
        days("transaction", "2026-01-01")
